import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { parse, printParseErrorCode, type ParseError } from 'jsonc-parser';
import { inputError, messageOf } from '../../shared/errors';
import { parseWith } from '../../shared/parse';
import { RunConfig } from '../../shared/runConfig';

/**
 * Reads a *.adept.json (JSON with comments) and makes its paths absolute, relative to the file.
 * @throws AdeptError (input) naming the file and the key, or the line that is no JSON.
 */
export function readRunConfig(file: string): RunConfig {
  const config = parseWith(RunConfig, readJsonWithComments(file), file);
  const folder = dirname(resolve(file));
  const at = (path: string): string => resolve(folder, path);
  const all = (paths: readonly string[] | undefined): { files?: string[] } => (paths ? { files: paths.map(at) } : {});
  const { files: domainEval } = all(config.eval.domain);
  const { files: generalEval } = all(config.eval.general);
  return {
    ...config,
    model: at(config.model),
    probe: config.probe.map(at),
    domain: config.domain.map(at),
    out: at(config.out),
    eval: { ...(domainEval ? { domain: domainEval } : {}), ...(generalEval ? { general: generalEval } : {}) },
    ...(config.choices ? { choices: { ...config.choices, files: config.choices.files.map(at) } } : {}),
    export: { ...config.export, ...(config.export.out === undefined ? {} : { out: at(config.export.out) }) },
  };
}

function readJsonWithComments(file: string): unknown {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw inputError(`${file} cannot be read (${messageOf(error)}): give --config an existing *.adept.json.`, error);
  }
  const errors: ParseError[] = [];
  const value: unknown = parse(text, errors, { allowTrailingComma: true });
  const [first] = errors;
  if (first) {
    const line = text.slice(0, first.offset).split('\n').length;
    throw inputError(`${file}, line ${line}: not JSON (${printParseErrorCode(first.error)}): correct it.`);
  }
  return value;
}
