import * as v from 'valibot';
import * as vscode from 'vscode';
import { parseWith } from '../../shared/common/parse';
import { openHeatmap } from '../panels/open';
import { reportError } from '../window/reportError';
import { revealFolder } from '../window/revealFolder';
import type { Services } from '../services/services';

/** What a click on an item of a view runs; not in the palette, which has no item to run it on. */
export const OPEN_ANALYSIS = 'adept.internal.openAnalysis';
export const OPEN_EXPORT = 'adept.internal.openExport';

export function registerItemCommands(services: Services): vscode.Disposable[] {
  const register = (id: string, open: (path: string) => Promise<void>): vscode.Disposable =>
    vscode.commands.registerCommand(id, async (path: unknown) => {
      try {
        await open(parseWith(v.string(), path, id));
      } catch (error) {
        await reportError(services.log, vscode.l10n.t('Open'), error);
      }
    });
  return [
    register(OPEN_ANALYSIS, (file) => openHeatmap(services, file)),
    register(OPEN_EXPORT, revealFolder),
  ];
}
