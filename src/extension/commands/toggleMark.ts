import { HeatmapPanel } from '../panels/heatmapPanel';
import type { Services } from '../services/services';
import { heatCellOf } from './heatCell';

/** Marks the layer that a menu was opened on for expansion, or no longer. */
export async function run(_services: Services, argument?: unknown): Promise<void> {
  const { layer } = heatCellOf(argument);
  await HeatmapPanel.active?.toggleMark(layer);
}
