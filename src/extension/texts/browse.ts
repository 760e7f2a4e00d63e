import * as vscode from 'vscode';
import { CORPUS_ENDINGS } from '../../node/texts/corpusForm';
import { pickItem } from '../window/questions';

/** Texts that the person chooses in a dialog. @param folder where it opens */
export async function browseForFiles(folder?: string): Promise<string[]> {
  return browse(folder, {
    filters: { [vscode.l10n.t('Text')]: CORPUS_ENDINGS.map((ending) => ending.slice(1)) },
  });
}

/** Folders of texts: most systems have no dialog for both. */
export async function browseForFolders(folder?: string): Promise<string[]> {
  return browse(folder, { canSelectFiles: false, canSelectFolders: true });
}

/** Files or a folder, whichever the person wants. */
export async function browseForTexts(folder?: string): Promise<string[]> {
  const { l10n } = vscode;
  const items = [
    { label: l10n.t('$(file-add) Files…'), choose: browseForFiles },
    { label: l10n.t('$(folder-opened) Folders…'), choose: browseForFolders },
  ];
  const picked = await pickItem(items, {
    placeHolder: l10n.t('Single files, or a folder whose files are one text'),
  });
  return picked === undefined ? [] : picked.choose(folder);
}

async function browse(folder: string | undefined, options: vscode.OpenDialogOptions): Promise<string[]> {
  const picked = await vscode.window.showOpenDialog({
    canSelectMany: true,
    openLabel: vscode.l10n.t('Add'),
    ...(folder === undefined ? {} : { defaultUri: vscode.Uri.file(folder) }),
    ...options,
  });
  return (picked ?? []).map(({ fsPath }) => fsPath);
}
