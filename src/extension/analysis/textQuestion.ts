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
  /** Whose tokens are counted; undefined where no model is chosen. */
  readonly model?: string | undefined;
}

type PathItem = vscode.QuickPickItem & { readonly path?: string };

/** Asks for the text that importance is measured on. */
export function askForProbe(
  services: Services,
  input: StepInput,
  { before, model }: Pick<TextQuestion, 'before' | 'model'>,
): Promise<string[]> {
  const { l10n } = vscode;
  const placeholder = l10n.t('General text, whose loss must not rise: importance is measured on it');
  return askForTexts(services, input, { placeholder, before, model });
}

/** Asks for texts of the workspace, or others: files, folders and globs. */
export async function askForTexts(
  services: Services,
  input: StepInput,
  { placeholder, before, optional = false, model }: TextQuestion,
): Promise<string[]> {
  const { l10n } = vscode;
  const facts = TextFacts.now(model);
  const found = async (browse: () => Promise<string[]>): Promise<PathItem[]> =>
    (await browse()).map((path) => itemOf(path, facts));
  const picked = await input.pick<PathItem>({
    placeholder,
    items: offered(services, before, facts),
    isChosen: ({ path }) => path !== undefined && before.includes(path),
    many: true,
    optional,
    // Buttons, not rows: whoever ticks all rows means texts.
    more: [
      {
        button: { iconPath: new vscode.ThemeIcon('new-file'), tooltip: l10n.t('Browse for Files…') },
        find: () => found(browseForFiles),
      },
      {
        button: { iconPath: new vscode.ThemeIcon('folder-opened'), tooltip: l10n.t('Browse for Folders…') },
        find: () => found(browseForFolders),
      },
    ],
  });
  return picked.flatMap(({ path }) => path ?? []);
}

/** What was chosen the last time stands first, where it is seen. */
async function offered(services: Services, before: readonly string[], facts: TextFacts): Promise<PathItem[]> {
  const { l10n } = vscode;
  const others = (await textsOfWorkspace(services)).filter((path) => !before.includes(path));
  const heading = (label: string): PathItem => ({ label, kind: vscode.QuickPickItemKind.Separator });
  return [
    ...(before.length === 0 ? [] : [heading(l10n.t('chosen the last time'))]),
    ...before.map((path) => itemOf(path, facts)),
    ...(others.length === 0 || before.length === 0 ? [] : [heading(l10n.t('in this workspace'))]),
    ...others.map((path, index) => itemOf(path, index < DESCRIBED ? facts : undefined)),
  ];
}

function itemOf(path: string, facts: TextFacts | undefined): PathItem {
  const label = shortPath(path);
  return facts === undefined ? { path, label } : { path, label, description: facts.textOf([path]) };
}

/** Texts of the workspace; a model's folder holds some that are none. */
async function textsOfWorkspace({ models }: Services): Promise<string[]> {
  const pattern = `**/*.{${SUGGESTED_ENDINGS.join(',')}}`;
  const found = await vscode.workspace.findFiles(pattern, NO_CORPORA, LARGEST_COUNT);
  const folders = new Set((await models.found()).map(({ path }) => path));
  const files = found.map(({ fsPath }) => fsPath).filter((path) => !folders.has(resolve(path, '..')));
  return suggestedTexts(files);
}
