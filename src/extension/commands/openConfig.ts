import * as vscode from 'vscode';
import { inputError } from '../../shared/common/errors';
import { shortPath } from '../window/folders';
import { pickItem } from '../window/questions';

const CONFIG_ENDING = '.adept.json';

/** The *.adept.json in the active editor. */
export function activeConfig(): string | undefined {
  const path = vscode.window.activeTextEditor?.document.uri.fsPath;
  return path !== undefined && isConfig(path) ? path : undefined;
}

export function isConfig(path: string): boolean {
  return path.endsWith(CONFIG_ENDING);
}

/** The *.adept.json files of the workspace. */
export async function findConfigs(): Promise<string[]> {
  const found = await vscode.workspace.findFiles(`**/*${CONFIG_ENDING}`, '**/{node_modules,.git}/**', 200);
  return found.map(({ fsPath }) => fsPath);
}

/** A *.adept.json of the workspace, as the person picks it. @throws AdeptError (input) when there is none. */
export async function pickConfig(title: string): Promise<string> {
  const { l10n } = vscode;
  const found = await findConfigs();
  if (found.length === 0) {
    throw inputError(
      l10n.t(
        'There is no *.adept.json in this workspace: analyze a model and launch from its heatmap, or write one.',
      ),
    );
  }
  const items = found.map((path) => ({ path, label: shortPath(path) }));
  const picked = await pickItem(items, {
    title,
    placeHolder: l10n.t('The configuration of the job'),
  });
  if (picked === undefined) {
    throw new vscode.CancellationError();
  }
  return picked.path;
}

/** What is on the screen is what runs. @throws AdeptError (input) when it cannot be saved. */
export async function saveOpen(path: string): Promise<void> {
  const document = vscode.workspace.textDocuments.find(({ uri }) => uri.fsPath === path);
  if (document?.isDirty === true && !(await document.save())) {
    throw inputError(vscode.l10n.t('{0} could not be saved: save it and try again.', shortPath(path)));
  }
}
