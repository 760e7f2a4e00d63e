import { readFileSync } from 'node:fs';
import { inputError, messageOf } from '../../shared/common/errors';
import { writeFileAtomic } from './atomicFile';
import { readError } from './fileError';

/** @throws AdeptError (input) when the file cannot be read or is not JSON. */
export function readJson(file: string): unknown {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw readError(file, 'a JSON file', error);
  }
  try {
    return JSON.parse(text);
  } catch (error) {
    throw inputError(`${file}: is not JSON (${messageOf(error)}): correct it, or make it again.`, error);
  }
}

/** Indented, ending in a newline, and there whole or not at all. */
export function writeJson(file: string, value: unknown): void {
  writeFileAtomic(file, `${JSON.stringify(value, null, 2)}\n`);
}
