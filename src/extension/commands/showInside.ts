import { HeatmapPanel } from '../panels/heatmapPanel';
import type { Services } from '../services/services';
import { heatCellOf } from './heatCell';

/** Shows what was measured inside the unit that a menu was opened on. */
export async function run(_services: Services, argument?: unknown): Promise<void> {
  const { unit } = heatCellOf(argument);
  if (unit !== undefined) {
    await HeatmapPanel.active?.showInside(unit);
  }
}
