import type * as vscode from 'vscode';
import type { Services } from '../services/services';
import { VIEW_TYPES } from '../window/viewTypes';
import { registerPanel } from './panel';

/** Lets VS Code restore the panels after a reload. A kind of panel is loaded when there is one to restore. */
export function registerPanels(services: Services): vscode.Disposable[] {
  const { heatmap, comparison, run, runs, study, preview, playground } = VIEW_TYPES;
  return [
    registerPanel(heatmap, async () => (await import('./heatmapPanel')).HEATMAP_PANEL, services),
    registerPanel(comparison, async () => (await import('./comparisonPanel')).COMPARISON_PANEL, services),
    registerPanel(study, async () => (await import('./studyPanel')).STUDY_PANEL, services),
    registerPanel(preview, async () => (await import('./previewPanel')).PREVIEW_PANEL, services),
    registerPanel(playground, async () => (await import('./playgroundPanel')).PLAYGROUND_PANEL, services),
    registerPanel(runs, async () => (await import('./runsPanel')).RUNS_PANEL, services),
    registerPanel(run, async () => (await import('./windowRunPanel')).runPanel(services), services),
  ];
}
