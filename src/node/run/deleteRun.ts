import { rmSync } from 'node:fs';
import { inputError } from '../../shared/common/errors';
import { deleteFolder } from '../files/deleteFolder';
import { RunFolder } from './runFolder';
import { isAlive } from './runState';

/**
 * Deletes a run that nobody works on, and the log beside it.
 * @throws AdeptError (input) when a trainer works on it, or it cannot be moved; (failure) when files of it are left.
 */
export function deleteRunFolder(path: string): void {
  const trainer = RunFolder.at(path).readTrainer();
  if (trainer !== undefined && isAlive(trainer)) {
    throw inputError(`${path}: process ${trainer.pid} works on this run: stop it first.`);
  }
  deleteFolder(path, 'run');
  rmSync(`${path}.log`, { force: true });
}
