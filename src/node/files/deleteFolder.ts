import { renameSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { failure, messageOf } from '../../shared/common/errors';
import { fsyncFolder } from './atomicFile';
import { writeError } from './fileError';

/**
 * Deletes a folder: by one rename it is gone, then its files are removed.
 * @param what it is called in errors
 * @throws AdeptError (input) when it cannot be moved; (failure) when files of it are left.
 */
export function deleteFolder(folder: string, what: string): void {
  const above = dirname(folder);
  const doomed = join(above, `.${basename(folder)}.deleted-${process.pid}`);
  try {
    rmSync(doomed, { recursive: true, force: true });
    renameSync(folder, doomed);
    fsyncFolder(above);
  } catch (error) {
    throw writeError(folder, error);
  }
  try {
    rmSync(doomed, { recursive: true, force: true });
  } catch (error) {
    throw failure(
      `${doomed}: the ${what} is deleted, but files of it could not be removed (${messageOf(error)}): remove that folder yourself.`,
      error,
    );
  }
}
