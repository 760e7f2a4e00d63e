import * as vscode from 'vscode';
import { readModelSummary } from '../../node/model/modelFolder';
import { messageOf } from '../../shared/common/errors';
import { modelName } from '../../shared/model/modelName';
import type { ModelFolder } from '../models/models';
import { parametersText } from '../models/modelText';
import type { StepInput } from '../window/multiStep';
import { shortPath } from '../window/folders';
import type { Services } from '../services/services';

interface PathItem extends vscode.QuickPickItem {
  readonly path?: string;
  /** Why it cannot be analyzed. */
  readonly problem?: string | undefined;
}

/** Asks for a model's folder: one of the workspace, or another. */
export async function askForModel(
  services: Services,
  input: StepInput,
  before: string | undefined,
): Promise<string> {
  const { l10n } = vscode;
  const browse: PathItem = {
    label: l10n.t('Browse…'),
    iconPath: new vscode.ThemeIcon('folder-opened'),
    alwaysShow: true,
  };
  const found = services.models.foundNow().then((models) => {
    // What cannot be used stands last, with the reason.
    const usable = models.filter(({ summary }) => summary !== undefined);
    const others = models.filter(({ summary }) => summary === undefined);
    return [...usable.map(itemOfModel), browse, ...others.map(itemOfModel)];
  });
  const [picked] = await input.pick<PathItem>({
    placeholder: l10n.t('The model: a folder with config.json and .safetensors files'),
    items: found,
    isChosen: ({ path }) => path !== undefined && path === before,
    refuse: ({ problem }) => problem,
  });
  if (picked !== browse) {
    return picked?.path ?? askForModel(services, input, before);
  }
  const folder = await browseForModel();
  const problem = folder === undefined ? undefined : problemOf(folder);
  if (problem !== undefined) {
    void vscode.window.showErrorMessage(problem);
  }
  return folder === undefined || problem !== undefined ? askForModel(services, input, before) : folder;
}

/** Before anything else is asked. */
function problemOf(folder: string): string | undefined {
  try {
    readModelSummary(folder);
    return undefined;
  } catch (error) {
    return messageOf(error);
  }
}

function itemOfModel({ path, summary, problem, analyses }: ModelFolder): PathItem {
  const item = { path, label: modelName(path), detail: shortPath(path) };
  if (summary === undefined) {
    const { l10n } = vscode;
    const reason = problem ?? l10n.t('it cannot be read');
    return { ...item, iconPath: new vscode.ThemeIcon('error'), description: reason, problem: reason };
  }
  const { l10n } = vscode;
  const facts = [
    l10n.t('{0} layers', summary.layers),
    parametersText(summary.parameters),
    ...(analyses.length > 0 ? [l10n.t('analyzed')] : []),
  ];
  return { ...item, description: facts.join(' · ') };
}

async function browseForModel(): Promise<string | undefined> {
  const [folder] =
    (await vscode.window.showOpenDialog({
      canSelectFiles: false,
      canSelectFolders: true,
      openLabel: vscode.l10n.t('Choose'),
    })) ?? [];
  return folder?.fsPath;
}
