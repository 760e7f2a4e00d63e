import { basename, dirname, isAbsolute, join } from 'node:path';
import * as vscode from 'vscode';
import { freePath, isFree } from '../window/freePath';

/**
 * Asks where a new folder is to be, with a free name proposed; a button finds the folder around it.
 * @throws vscode.CancellationError when the person left.
 */
export async function askForNewFolder(title: string, proposal: string): Promise<string> {
  const box = vscode.window.createInputBox();
  const browse: vscode.QuickInputButton = {
    iconPath: new vscode.ThemeIcon('folder-opened'),
    tooltip: vscode.l10n.t('Browse…'),
  };
  box.title = title;
  box.prompt = vscode.l10n.t('The absolute path of a folder that does not exist or is empty');
  box.value = freePath(proposal);
  box.ignoreFocusOut = true;
  box.buttons = [browse];
  try {
    return await answer(box, proposal);
  } finally {
    box.dispose();
  }
}

function answer(box: vscode.InputBox, proposal: string): Promise<string> {
  return new Promise((resolve, reject) => {
    /** The dialog covers the box. */
    let isAway = false;
    const check = (): void => {
      box.validationMessage = folderProblem(box.value);
    };
    box.onDidChangeValue(check);
    box.onDidAccept(() => {
      check();
      if (folderProblem(box.value) === undefined) {
        resolve(box.value);
      }
    });
    box.onDidTriggerButton(() => {
      isAway = true;
      inChosenFolder(box.value, proposal).then((path) => {
        isAway = false;
        box.value = path;
        check();
        box.show();
      }, reject);
    });
    box.onDidHide(() => {
      if (!isAway) {
        reject(new vscode.CancellationError());
      }
    });
    box.show();
  });
}

/** The same name in a folder that the person chooses; where they choose none, what stood there. */
async function inChosenFolder(path: string, proposal: string): Promise<string> {
  const around = dirname(isAbsolute(path) ? path : proposal);
  const [chosen] =
    (await vscode.window.showOpenDialog({
      canSelectFiles: false,
      canSelectFolders: true,
      openLabel: vscode.l10n.t('Choose'),
      title: vscode.l10n.t('The folder in which the new one is made'),
      defaultUri: vscode.Uri.file(around),
    })) ?? [];
  return chosen === undefined ? path : freePath(join(chosen.fsPath, basename(path) || basename(proposal)));
}

function folderProblem(path: string): string | undefined {
  if (!isAbsolute(path)) {
    return vscode.l10n.t('Give an absolute path.');
  }
  return isFree(path) ? undefined : vscode.l10n.t('{0} exists and is not empty: name another folder.', path);
}
