import { resolve } from 'node:path';
import * as vscode from 'vscode';
import { suggestedTexts, SUGGESTED_ENDINGS } from '../../node/texts/suggestedTexts';
import type { StepInput } from '../window/multiStep';
import { shortPath } from '../window/folders';
import type { Services } from '../services/services';
import { browseForFiles, browseForFolders } from '../texts/browse';
import { TextFacts } from '../texts/textFacts';

const NO_CORPORA = '**/{node_modules,.*}/**';
/** Folders of more are offered as a whole anyway. */
const LARGEST_COUNT = 2000;
/** Of so many the size is looked up. */
const DESCRIBED = 200;

export interface TextQuestion {
  readonly placeholder: string;
  /** Those of the last time. */
  readonly before: readonly string[];
  readonly optional?: boolean;
}

type PathItem = vscode.QuickPickItem & { readonly path?: string };

/** Asks for texts of the workspace, or others: files, folders and globs. */
export async function askForTexts(
  services: Services,
  input: StepInput,
  question: TextQuestion,
): Promise<string[]> {
  const { placeholder, before, optional = false } = question;
  const { l10n } = vscode;
  const files: PathItem = { label: l10n.t('$(file-add) Browse for Files…'), alwaysShow: true };
  const folders: PathItem = { label: l10n.t('$(folder-opened) Browse for Folders…'), alwaysShow: true };
  const picked = await input.pick<PathItem>({
    placeholder,
    items: offered(services, before).then((items) => [...items, files, folders]),
    isChosen: ({ path }) => path !== undefined && before.includes(path),
    many: true,
    optional,
  });
  const paths = picked.flatMap(({ path }) => path ?? []);
  if (!picked.includes(files) && !picked.includes(folders)) {
    return paths;
  }
  // Asked again, so that what was found is seen before it is used.
  const more = [
    ...(picked.includes(files) ? await browseForFiles() : []),
    ...(picked.includes(folders) ? await browseForFolders() : []),
  ];
  return askForTexts(services, input, { ...question, before: [...new Set([...paths, ...more])] });
}

async function offered(services: Services, before: readonly string[]): Promise<PathItem[]> {
  const facts = TextFacts.now();
  const paths = [...new Set([...before, ...(await textsOfWorkspace(services))])];
  return paths.map((path, index) => ({
    path,
    label: shortPath(path),
    ...(index < DESCRIBED ? { description: facts.textOf([path]) } : {}),
  }));
}

/** Texts of the workspace; a model's folder holds some that are none. */
async function textsOfWorkspace({ models }: Services): Promise<string[]> {
  const pattern = `**/*.{${SUGGESTED_ENDINGS.join(',')}}`;
  const found = await vscode.workspace.findFiles(pattern, NO_CORPORA, LARGEST_COUNT);
  const folders = new Set((await models.found()).map(({ path }) => path));
  const files = found.map(({ fsPath }) => fsPath).filter((path) => !folders.has(resolve(path, '..')));
  return suggestedTexts(files);
}
