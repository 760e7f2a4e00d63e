import * as vscode from 'vscode';
import { modelName } from '../../shared/model/modelName';
import type { ModelFolder } from '../models/models';
import { parametersText } from '../models/modelText';
import type { StepInput } from '../window/multiStep';
import { shortPath } from '../window/folders';
import type { Services } from '../services/services';

type PathItem = vscode.QuickPickItem & { readonly path?: string };

/** Asks for a model's folder: one of the workspace, or another. */
export async function askForModel(
  services: Services,
  input: StepInput,
  before: string | undefined,
): Promise<string> {
  const { l10n } = vscode;
  const browse: PathItem = { label: l10n.t('$(folder-opened) Browse…'), alwaysShow: true };
  const found = services.models.found().then((models) => models.map(itemOfModel));
  const [picked] = await input.pick<PathItem>({
    placeholder: l10n.t('The model: a folder with config.json and .safetensors files'),
    items: found.then((items) => [...items, browse]),
    isChosen: ({ path }) => path !== undefined && path === before,
  });
  const path = picked === browse ? await browseForModel() : picked?.path;
  return path ?? askForModel(services, input, before);
}

function itemOfModel({ path, summary, problem, analyses }: ModelFolder): PathItem {
  const item = { path, label: modelName(path), detail: shortPath(path) };
  if (summary === undefined) {
    return { ...item, description: problem ?? '' };
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
