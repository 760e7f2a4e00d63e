import { dirname } from 'node:path';
import * as vscode from 'vscode';
import { makeReport } from '../../node/report/writeReport';
import { RunFolder } from '../../node/run/runFolder';
import { pickRun } from '../control/pickRun';
import { nameOf } from '../runs/runEntry';
import type { Services } from '../services/services';
import { reportError } from '../window/reportError';
import { revealFile } from '../window/revealFolder';
import { saveAs } from '../window/saveAs';

/**
 * Writes a run as one page, where the person wants it, and offers to look at it.
 * @returns the file; undefined when the person changed their mind
 */
export async function run(services: Services, argument?: unknown): Promise<string | undefined> {
  const { l10n } = vscode;
  const chosen = await pickRun(services, argument, {
    prompt: l10n.t('Select the run to share'),
    fits: ({ state }) => state !== 'starting',
    none: l10n.t('No run has begun yet, so there is nothing to share.'),
  });
  const name = nameOf(chosen);
  const page = await vscode.window.withProgress(
    { location: vscode.ProgressLocation.Window, title: l10n.t('Making the report of {0}', name) },
    () => makeReport(RunFolder.at(chosen.path)),
  );
  const file = await saveAs(dirname(chosen.path), `${name}-report.html`, page);
  if (file !== undefined) {
    // The command has done its work: nobody waits until the message is gone.
    void offerToLook(file).catch((error: unknown) =>
      reportError(services.log, l10n.t('Share Report'), error),
    );
  }
  return file;
}

async function offerToLook(file: string): Promise<void> {
  const { l10n } = vscode;
  const [open, reveal] = [l10n.t('Open'), l10n.t('Reveal')];
  // A file of another machine is not for the browser of this one.
  const isHere = vscode.env.remoteName === undefined && vscode.env.uiKind === vscode.UIKind.Desktop;
  const chosen = await vscode.window.showInformationMessage(
    l10n.t('The report is in {0}. It needs no network, and names no folder of this machine.', file),
    ...(isHere ? [open] : []),
    reveal,
  );
  if (chosen === open) {
    await vscode.env.openExternal(vscode.Uri.file(file));
  } else if (chosen === reveal) {
    await revealFile(file);
  }
}
