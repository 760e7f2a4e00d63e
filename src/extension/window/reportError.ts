import * as vscode from 'vscode';
import { AdeptError, messageOf } from '../../shared/common/errors';

const REMEMBERED = 10;
const recent: string[] = [];

/** The errors that were reported last, for a bug report. */
export function recentErrors(): readonly string[] {
  return recent;
}

/** Shows an error to the person, with a way to the log, and writes all of it there. Cancelling is no error. */
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
  const showLog = vscode.l10n.t('Show Log');
  if ((await vscode.window.showErrorMessage(message, showLog)) === showLog) {
    log.show();
  }
}
