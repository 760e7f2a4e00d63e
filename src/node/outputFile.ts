import { accessSync, constants, existsSync, mkdirSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { inputError, messageOf } from '../shared/errors';

/**
 * Checks, before hours of work, that a result can be written; makes the folder it goes into.
 * @throws AdeptError (input) naming option and file.
 */
export function requireWritableFile(path: string, option: string): void {
  if (existsSync(path) && statSync(path).isDirectory()) {
    throw inputError(`${option}: ${path} is a folder: name a file in it.`);
  }
  try {
    mkdirSync(dirname(resolve(path)), { recursive: true });
    accessSync(dirname(resolve(path)), constants.W_OK);
  } catch (error) {
    throw inputError(
      `${option}: ${path} cannot be written (${messageOf(error)}): name another place.`,
      error,
    );
  }
}
