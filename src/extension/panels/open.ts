import { windowController } from '../runs/windowController';
import type { Services } from '../services';
import { HeatmapPanel } from './heatmapPanel';
import { openPanel } from './panel';
import { noteFront } from './runInFront';
import { runPanelKind, type RunPanelKind } from './runPanel';

/** Shows a saved analysis. */
export function openHeatmap(services: Services, file: string): void {
  HeatmapPanel.show(file, services);
}

/** Shows a run from its folder, living or not. */
export function openRun(services: Services, run: string): void {
  openPanel(runPanel(services), { folder: run }, services);
}

/** Shows a run's checkpoints. */
export async function openCheckpoints({ checkpoints }: Services, run: string): Promise<void> {
  await checkpoints.show(run);
}

/** The run panel as this window has it: commands act upon the run that is in front. */
export function runPanel(services: Services): RunPanelKind {
  const kind = runPanelKind(windowController(services));
  return {
    ...kind,
    connect: (host, source, given, panel) => {
      noteFront(panel, source.folder);
      return kind.connect(host, source, given, panel);
    },
  };
}
