import * as v from 'valibot';
import * as vscode from 'vscode';
import { parseWith } from '../../shared/common/parse';
import { openHeatmap } from '../panels/open';
import { reportError } from '../window/reportError';
import type { Services } from '../services/services';

/** What a click on an item of a view runs; not in the palette, which has no item to run it on. */
export const OPEN_ANALYSIS = 'adept.internal.openAnalysis';

export function registerItemCommands(services: Services): vscode.Disposable[] {
  return [
    vscode.commands.registerCommand(OPEN_ANALYSIS, async (file: unknown) => {
      try {
        await openHeatmap(services, parseWith(v.string(), file, OPEN_ANALYSIS));
      } catch (error) {
        await reportError(services.log, vscode.l10n.t('Open'), error);
      }
    }),
  ];
}
