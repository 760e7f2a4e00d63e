import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { parse, printParseErrorCode, type ParseError } from 'jsonc-parser';
import { inputError } from '../../shared/common/errors';
import { parseWith } from '../../shared/common/parse';
import { RunConfig } from '../../shared/config/runConfig';
import type { CorpusFiles, ReplayFiles } from '../../shared/texts/texts';
import { readError } from '../files/fileError';
import { modelFolderOf } from '../model/hubCache';
import { listedFiles } from '../texts/corpusFiles';

/**
 * Reads a *.adept.json (JSON with comments) and makes its paths absolute, relative to the file; `*` in a corpus's file
 * name stands for every file that fits.
 * @throws AdeptError (input) naming the file and the key, or the line that is not JSON.
 */
export function readRunConfig(file: string): RunConfig {
  const config = parseWith(RunConfig, readJsonWithComments(file), file);
  const folder = dirname(resolve(file));
  const at = (path: string): string => resolve(folder, path);
  const named = (paths: readonly string[], key: string): string[] =>
    paths.flatMap((path) => listedFiles(at(path), `${file}: "${key}"`));
  const corpus = (files: CorpusFiles, key: string): CorpusFiles =>
    Array.isArray(files) ? named(files, key) : { ...files, files: named(files.files, `${key}.files`) };
  const replay = (entries: ReplayFiles): ReplayFiles =>
    entries.flatMap((entry): ReplayFiles =>
      typeof entry === 'string'
        ? named([entry], 'replay')
        : [{ ...entry, files: named(entry.files, 'replay.files') }],
    );
  const questions = <T extends { files: string[]; examples?: string[] | undefined }>(
    task: T,
    key: string,
  ): T => ({
    ...{ ...task, files: named(task.files, `${key}.files`) },
    ...(task.examples ? { examples: named(task.examples, `${key}.examples`) } : {}),
  });
  const { domain: domainEval, general: generalEval } = config.eval;
  return {
    ...config,
    model: namedModel(config.model, file),
    probe: corpus(config.probe, 'probe'),
    domain: corpus(config.domain, 'domain'),
    ...(config.replay ? { replay: replay(config.replay) } : {}),
    out: at(config.out),
    ...(config.importance === undefined ? {} : { importance: at(config.importance) }),
    eval: {
      ...(domainEval ? { domain: corpus(domainEval, 'eval.domain') } : {}),
      ...(generalEval ? { general: corpus(generalEval, 'eval.general') } : {}),
    },
    ...(config.choices ? { choices: questions(config.choices, 'choices') } : {}),
    ...(config.evalTasks
      ? { evalTasks: config.evalTasks.map((task, index) => questions(task, `evalTasks[${index}]`)) }
      : {}),
    ...(config.answers
      ? {
          answers: {
            ...config.answers,
            ...(config.answers.prompts === undefined ? {} : { prompts: at(config.answers.prompts) }),
          },
        }
      : {}),
    export: { ...config.export, ...(config.export.out === undefined ? {} : { out: at(config.export.out) }) },
  };
}

/**
 * Where and with what a *.adept.json runs, whatever becomes of the texts that it names: the run itself says that.
 * @throws AdeptError (input) as {@link readRunConfig}, of what the file itself says.
 */
export function readRunTarget(file: string): RunTarget {
  const { model, out, engine } = parseWith(RunConfig, readJsonWithComments(file), file);
  const at = (path: string): string => resolve(dirname(resolve(file)), path);
  return { file, model: namedModel(model, file), out: at(out), engine };
}

/** A *.adept.json, and what has to be known of it before its job is started. */
export interface RunTarget extends Pick<RunConfig, 'model' | 'out' | 'engine'> {
  readonly file: string;
}

/**
 * The folder of the model that a *.adept.json names: relative to the file, or `org/name` in the local Hub cache.
 * @throws AdeptError (input) naming the file and the key where it is neither.
 */
export function namedModel(model: string, file: string): string {
  return modelFolderOf(model, `${file}: "model"`, dirname(resolve(file)));
}

/** What a file of JSON with comments holds. @throws AdeptError (input) naming the line that is not JSON. */
export function readJsonWithComments(file: string): unknown {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw readError(`--config ${file}`, 'a *.adept.json', error);
  }
  const errors: ParseError[] = [];
  const value: unknown = parse(text, errors, { allowTrailingComma: true });
  const [first] = errors;
  if (first) {
    const line = text.slice(0, first.offset).split('\n').length;
    throw inputError(
      `${file}, line ${line}: not JSON (${inWords(printParseErrorCode(first.error))}): correct it.`,
    );
  }
  return value;
}

/** `CloseBraceExpected` → `close brace expected` */
function inWords(code: string): string {
  return code.replace(/(?!^)([A-Z])/g, ' $1').toLowerCase();
}
