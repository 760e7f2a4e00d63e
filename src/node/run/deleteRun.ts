import { existsSync, renameSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { failure, inputError, messageOf } from '../../shared/common/errors';
import { writeError } from '../files/fileError';
import { RunFolder } from './runFolder';
import { isAlive } from './runState';

/**
 * Deletes a run that nobody works on: by one rename it is gone as a run, then its files are removed.
 * @throws AdeptError (input) when a trainer works on it, or it cannot be moved; (failure) when files of it are left.
 */
export function deleteRunFolder(path: string): void {
  const trainer = RunFolder.at(path).readTrainer();
  if (trainer !== undefined && isAlive(trainer)) {
    throw inputError(`${path}: process ${trainer.pid} works on this run: stop it first.`);
  }
  const doomed = join(dirname(path), `.${basename(path)}.deleted-${process.pid}`);
  try {
    rmSync(doomed, { recursive: true, force: true });
    renameSync(path, doomed);
  } catch (error) {
    throw writeError(path, error);
  }
  try {
    rmSync(doomed, { recursive: true, force: true });
  } catch (error) {
    throw failure(
      `${doomed}: the run is deleted, but files of it could not be removed (${messageOf(error)}): remove that folder yourself.`,
      error,
    );
  }
  if (existsSync(`${path}.log`)) {
    rmSync(`${path}.log`, { force: true });
  }
}
