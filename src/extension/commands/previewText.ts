import * as v from 'valibot';
import * as vscode from 'vscode';
import { checkCorpusForm, corpusFilesOf } from '../../node/texts/corpusFiles';
import { readModelOutline } from '../../node/model/modelConfig';
import { inputError } from '../../shared/common/errors';
import { PreviewSource } from '../../shared/webview/preview';
import { askForModel } from '../analysis/modelQuestion';
import { lastModel } from '../analysis/answers';
import { askForTexts } from '../analysis/textQuestion';
import { multiStep, type StepInput } from '../window/multiStep';
import { showPreview } from '../panels/previewPanel';
import { shortPath } from '../window/folders';
import type { Services } from '../services/services';
import { configTexts, type ConfigText } from '../texts/configTexts';
import { readPreview } from '../texts/previewJob';
import { TEXT_KEYS } from '../texts/textKeys';
import { textName } from '../texts/textName';
import { pathsOf } from '../control/arguments';
import { activeConfig, saveOpen } from './openConfig';
import { pickItem } from '../window/questions';

/** A text that a *.adept.json names. */
const InConfig = v.object({ config: v.string(), key: v.optional(v.picklist(TEXT_KEYS)) });

/**
 * Shows a text as a model gets it. The argument is files or folders as the explorer names them, `{ config, key }`, or a
 * PreviewSource; what it leaves open is asked.
 * @returns what was read
 */
export async function run(services: Services, ...args: readonly unknown[]): Promise<unknown> {
  const source = await sourceOf(services, args);
  readModelOutline(source.model);
  for (const path of source.files) {
    for (const file of corpusFilesOf(path, '')) {
      checkCorpusForm(file, file);
    }
  }
  const preview = await readPreview(services, source, false);
  await showPreview(services, source, preview);
  return preview;
}

async function sourceOf(services: Services, args: readonly unknown[]): Promise<PreviewSource> {
  const [argument] = args;
  const whole = v.safeParse(PreviewSource, argument);
  if (whole.success) {
    return whole.output;
  }
  if (v.is(InConfig, argument)) {
    return ofConfig(argument);
  }
  const files = pathsOf(args);
  const open = files.length === 0 ? activeConfig() : undefined;
  return open === undefined ? ask(services, files) : ofConfig({ config: open });
}

/** The text that a configuration names, as it is on the screen; of several the person chooses. */
async function ofConfig({ config, key }: v.InferOutput<typeof InConfig>): Promise<PreviewSource> {
  const { l10n } = vscode;
  await saveOpen(config);
  const texts = configTexts(config).filter((text) => key === undefined || text.key === key);
  const [first, second] = texts;
  if (first === undefined) {
    throw inputError(l10n.t('{0} names no such text.', shortPath(config)));
  }
  if (second === undefined) {
    return first.source;
  }
  const items = texts.map(({ key: label, source }: ConfigText) => ({
    source,
    label,
    description: textName(source.files),
  }));
  const picked = await pickItem(items, {
    title: l10n.t('Preview Training Text'),
    placeHolder: l10n.t('The text of {0}', shortPath(config)),
  });
  if (picked === undefined) {
    throw new vscode.CancellationError();
  }
  return picked.source;
}

async function ask(services: Services, given: readonly string[]): Promise<PreviewSource> {
  const { l10n } = vscode;
  const answers = { model: '', files: [...given] };
  await multiStep(l10n.t('Preview Training Text'), [
    async (input: StepInput) => {
      answers.model = await askForModel(services, input, lastModel(services));
    },
    ...(given.length > 0
      ? []
      : [
          async (input: StepInput) => {
            answers.files = await askForTexts(services, input, {
              placeholder: l10n.t('The text: files, or a folder of them'),
              before: [],
              model: answers.model,
            });
          },
        ]),
  ]);
  return { ...answers, text: {} };
}
