import { existsSync, readdirSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { inputError } from '../shared/errors';

/**
 * The files that a path names: itself, or with `*` in its last part, every file of the folder that fits, sorted by name.
 * @throws AdeptError (input) naming `field` when a pattern fits nothing.
 */
export function filesOf(path: string, field: string): string[] {
  const name = basename(path);
  if (!name.includes('*')) {
    return [path];
  }
  const folder = dirname(path);
  const pattern = new RegExp(`^${name.split('*').map(escapeRegExp).join('.*')}$`);
  const found = existsSync(folder)
    ? readdirSync(folder)
        .filter((file) => pattern.test(file))
        .sort()
    : [];
  if (found.length === 0) {
    throw inputError(`${field}: no file fits ${path}: correct the pattern.`);
  }
  return found.map((file) => join(folder, file));
}

function escapeRegExp(text: string): string {
  return text.replace(/[.+?^${}()|[\]\\]/g, '\\$&');
}
