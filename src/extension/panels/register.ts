import type * as vscode from 'vscode';
import type { Services } from '../services';

/** One for each kind of panel: `(services) => registerPanel(KIND, services)`. */
const REGISTRATIONS: readonly ((services: Services) => vscode.Disposable)[] = [];

/** Lets VS Code restore the panels after a reload. */
export function registerPanels(services: Services): vscode.Disposable[] {
  return REGISTRATIONS.map((register) => register(services));
}
