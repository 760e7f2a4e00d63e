import type * as vscode from 'vscode';
import type { Services } from '../services';
import { COMPARISON_PANEL } from './comparisonPanel';
import { HEATMAP_PANEL } from './heatmapPanel';
import { runPanel } from './open';
import { registerPanel } from './panel';

/** One for each kind of panel: `(services) => registerPanel(KIND, services)`. */
const REGISTRATIONS: readonly ((services: Services) => vscode.Disposable)[] = [
  (services) => registerPanel(HEATMAP_PANEL, services),
  (services) => registerPanel(COMPARISON_PANEL, services),
  (services) => registerPanel(runPanel(services), services),
];

/** Lets VS Code restore the panels after a reload. */
export function registerPanels(services: Services): vscode.Disposable[] {
  return REGISTRATIONS.map((register) => register(services));
}
