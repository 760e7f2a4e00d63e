import { VIEW_TYPES } from '../window/viewTypes';
import type { RunTab } from '../../shared/webview/run';
import type { Services } from '../services/services';

// Panels are loaded when one is opened: what only offers to open them is loaded with the extension.

/** Shows a saved analysis. */
export async function openHeatmap(services: Services, file: string): Promise<void> {
  const { HeatmapPanel } = await import('./heatmapPanel');
  HeatmapPanel.show(file, services);
}

/** Shows a run from its folder, living or not. @param tab of the panel; the one that is open when left out */
export async function openRun(services: Services, run: string, tab?: RunTab): Promise<void> {
  const { openPanel } = await import('./panel');
  const { runPanel } = await import('./windowRunPanel');
  const { RunPanel } = await import('./runPanel');
  openPanel(runPanel(services), { folder: run }, services);
  if (tab !== undefined) {
    RunPanel.showTab(run, tab);
  }
}

/** Shows a tab of a run's panel where the panel is in sight, and takes no focus. @returns whether it is */
export async function showTabInSight(run: string, tab: RunTab): Promise<boolean> {
  const { isVisible } = await import('./panel');
  if (!isVisible(VIEW_TYPES.run, { folder: run })) {
    return false;
  }
  const { RunPanel } = await import('./runPanel');
  RunPanel.showTab(run, tab);
  return true;
}

/** Shows the table of all runs. @param ticked the runs to tick; those that are when left out */
export async function openRuns(services: Services, ticked?: readonly string[]): Promise<void> {
  const { showRuns } = await import('./runsPanel');
  await showRuns(services, ticked);
}

/** Shows a run whose folder has another name in the place where its panel was; does nothing where it had none. */
export async function followRun(services: Services, from: string, to: string): Promise<void> {
  const { closePanel, columnOf, openPanel } = await import('./panel');
  const column = columnOf(VIEW_TYPES.run, { folder: from });
  if (column !== undefined) {
    const { runPanel } = await import('./windowRunPanel');
    closePanel(VIEW_TYPES.run, { folder: from });
    openPanel(runPanel(services), { folder: to }, services, column);
  }
}

/** Closes the panel of a run that is not there any more. */
export async function closeRun(run: string): Promise<void> {
  const { closePanel } = await import('./panel');
  closePanel(VIEW_TYPES.run, { folder: run });
}

/** Shows a run's checkpoints. */
export async function openCheckpoints({ checkpoints }: Services, run: string): Promise<void> {
  await checkpoints.show(run);
}
