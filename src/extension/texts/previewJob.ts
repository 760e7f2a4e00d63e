import * as vscode from 'vscode';
import { inputError } from '../../shared/common/errors';
import { parseWith } from '../../shared/common/parse';
import { TEXT_SETTINGS } from '../../shared/settings/textSettings';
import { flagOf } from '../../shared/settings/settingTable';
import { TextPreview } from '../../shared/texts/textPreview';
import type { PreviewSource } from '../../shared/webview/preview';
import { requireEngine } from '../engines/engineMissing';
import { workspaceFolderOf } from '../window/folders';
import type { Services } from '../services/services';
import { readSetting } from '../window/settings';
import { textName } from './textName';

/** So many documents are shown. */
const DOCUMENTS = 20;
/** Of a document, so many IDs are shown: a page of more is read by nobody. */
const SHOWN_IDS = 400;

/**
 * Reads a text as the model gets it.
 * @param framing whether to measure which tokens around documents the model knows
 * @throws vscode.CancellationError; AdeptError as the command says it.
 */
export async function readPreview(
  services: Services,
  source: PreviewSource,
  framing: boolean,
): Promise<TextPreview> {
  const value = await services.jobs
    .run({
      title: vscode.l10n.t('Reading {0}', textName(source.files)),
      args: previewArguments(source, framing, requireEngine(readSetting('adept.engine', services.log))),
      cwd: workspaceFolderOf(source.model, services.context),
      purpose: { kind: 'preview' },
    })
    .catch((error: unknown) => {
      throw withoutFlags(error);
    });
  const preview = parseWith(TextPreview, value, vscode.l10n.t('the preview'));
  return {
    ...preview,
    samples: preview.samples.map((sample) => ({ ...sample, ids: sample.ids.slice(0, SHOWN_IDS) })),
  };
}

/** The command names the text by its option, which nobody gave here. */
function withoutFlags(error: unknown): unknown {
  const flag = '--data ';
  return error instanceof Error && error.message.includes(flag)
    ? inputError(error.message.replaceAll(flag, ''), error)
    : error;
}

/** The arguments of `adept preview`. */
function previewArguments(source: PreviewSource, framing: boolean, engine: string): string[] {
  const { model, files, text, seqLen } = source;
  const settings = Object.entries(TEXT_SETTINGS).flatMap(([name, setting]) => {
    const value = text[name as keyof typeof text];
    if (value === undefined || value === false) {
      return [];
    }
    return value === true ? [flagOf(name, setting)] : [flagOf(name, setting), value];
  });
  return [
    'preview',
    ...['--model', model, '--data', ...files, '--documents', String(DOCUMENTS)],
    ...(seqLen === undefined ? [] : ['--seq-len', String(seqLen)]),
    ...settings,
    ...(framing ? ['--engine', engine] : ['--no-framing']),
  ];
}
