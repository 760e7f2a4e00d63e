import * as vscode from 'vscode';
import { inputError } from '../../shared/common/errors';
import { openStudy } from '../panels/studyPanel';
import { shortPath } from '../window/folders';
import type { Services } from '../services/services';
import { pathOf } from '../control/arguments';
import { pickItem } from '../window/questions';

const ELSEWHERE = '**/{node_modules,.git}/**';
const LARGEST_COUNT = 50;

/** Shows what the runs of a study came to: the study.json that is named, or one of the workspace. */
export async function run(services: Services, argument?: unknown): Promise<void> {
  openStudy(services, pathOf(argument) ?? (await pickStudy()));
}

async function pickStudy(): Promise<string> {
  const { l10n } = vscode;
  const found = await vscode.workspace.findFiles('**/study.json', ELSEWHERE, LARGEST_COUNT);
  const files = found.map(({ fsPath }) => fsPath).sort();
  const [first, second] = files;
  if (first === undefined) {
    throw inputError(l10n.t('There is no study.json in the workspace: “Run Study” makes one.'));
  }
  if (second === undefined) {
    return first;
  }
  const items = files.map((path) => ({ path, label: shortPath(path) }));
  const picked = await pickItem(items, {
    placeHolder: l10n.t('Select the study to open'),
  });
  if (picked === undefined) {
    throw new vscode.CancellationError();
  }
  return picked.path;
}
