import * as vscode from 'vscode';
import { openRun } from '../panels/open';
import type { RunEntry } from '../runs/runEntry';
import type { Services } from '../services/services';
import { runItem, findRun } from '../control/pickRun';
import { pathOf } from '../control/arguments';
import { pickItem } from '../window/questions';

export async function run(services: Services, argument?: unknown): Promise<void> {
  const folder = pathOf(argument) ?? (await pickFolder(services));
  const chosen = await findRun(services, folder);
  await openRun(services, chosen.path);
}

/** A run of the list, or one that lies elsewhere. */
async function pickFolder({ runs }: Services): Promise<string> {
  const { l10n } = vscode;
  const items: (vscode.QuickPickItem & { readonly run?: RunEntry })[] = [
    ...runs.list.entries.map(runItem),
    { label: l10n.t('$(folder-opened) Browse…') },
  ];
  const picked = await pickItem(items, {
    placeHolder: l10n.t('Select the run to open'),
  });
  if (picked === undefined) {
    throw new vscode.CancellationError();
  }
  if (picked.run !== undefined) {
    return picked.run.path;
  }
  const [folder] =
    (await vscode.window.showOpenDialog({
      canSelectFiles: false,
      canSelectFolders: true,
      openLabel: l10n.t('Open Run'),
    })) ?? [];
  if (folder === undefined) {
    throw new vscode.CancellationError();
  }
  return folder.fsPath;
}
