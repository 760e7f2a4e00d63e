import * as vscode from 'vscode';
import { AdeptError, messageOf } from '../../shared/common/errors';
import { EngineMissing, engineOffers } from '../engines/engineMissing';

const REMEMBERED = 10;
const recent: string[] = [];

/** The errors that were reported last, for a bug report. */
export function recentErrors(): readonly string[] {
  return recent;
}

/** Shows an error to the person, with a way to the log and to what is missing, and writes all of it there. Cancelling is no error. */
export async function reportError(
  log: vscode.LogOutputChannel,
  doing: string,
  error: unknown,
): Promise<void> {
  if (error instanceof vscode.CancellationError) {
    log.info(`${doing}: cancelled.`);
    return;
  }
  log.error(error instanceof Error ? error : messageOf(error));
  recent.push(`${new Date().toISOString()} ${doing}: ${messageOf(error)}`);
  recent.splice(0, recent.length - REMEMBERED);
  const message =
    error instanceof AdeptError
      ? error.message
      : vscode.l10n.t('{0} failed unexpectedly: {1}', doing, messageOf(error));
  const offers = error instanceof EngineMissing ? engineOffers(error.engine) : [];
  const showLog = vscode.l10n.t('Show Log');
  const titles = [...offers.map(({ title }) => title), showLog];
  const chosen = await vscode.window.showErrorMessage(message, ...titles);
  const offer = offers.find(({ title }) => title === chosen);
  if (offer !== undefined) {
    await vscode.commands.executeCommand(offer.command);
  } else if (chosen === showLog) {
    log.show();
  }
}
