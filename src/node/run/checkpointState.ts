import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { inputError } from '../../shared/common/errors';
import { parseWith } from '../../shared/common/parse';
import { CHECKPOINT_FILES, checkpointName, CheckpointState } from '../../shared/run/runFolder';
import { readJson } from '../files/jsonFile';
import type { RunFolder } from './runFolder';

/** The folder of a checkpoint. */
export function checkpointFolder(run: RunFolder, step: number): string {
  return join(run.file('checkpoints'), checkpointName(step));
}

/**
 * The folder of a checkpoint that is to be worked on.
 * @throws AdeptError (input) when it is not there: it may have been deleted while it was shown.
 */
export function requireCheckpoint(run: RunFolder, step: number): string {
  const folder = checkpointFolder(run, step);
  if (!hasCheckpoint(run, step)) {
    const have = run.checkpoints();
    throw inputError(
      `${folder} does not exist: this run has ${have.length === 0 ? 'no checkpoint yet' : `checkpoints at steps ${have.join(', ')}`}.`,
    );
  }
  return folder;
}

/** Whether a checkpoint is (still) there. */
export function hasCheckpoint(run: RunFolder, step: number): boolean {
  return existsSync(checkpointFolder(run, step));
}

/** One of a checkpoint's files. @throws AdeptError (input) when it is missing. */
export function checkpointPart(run: RunFolder, step: number, part: 'delta' | 'optimizer' | 'state'): string {
  const file = join(checkpointFolder(run, step), CHECKPOINT_FILES[part]);
  if (!existsSync(file)) {
    throw inputError(`${file}: is missing: ${useAnother(run, step)}`);
  }
  return file;
}

/** What to do about a damaged checkpoint. */
export function useAnother(run: RunFolder, step: number): string {
  return `remove ${checkpointFolder(run, step)}, and the checkpoint before it is used.`;
}

/** @throws AdeptError (input) when the run has no such checkpoint, or its state is not usable. */
export function readCheckpointState(run: RunFolder, step: number): CheckpointState {
  requireCheckpoint(run, step);
  const file = checkpointPart(run, step, 'state');
  const state = parseWith(CheckpointState, readJson(file), file);
  if (state.step !== step) {
    throw inputError(
      `${file}: "step" is ${state.step}, not ${step} as its folder says: ${useAnother(run, step)}`,
    );
  }
  return state;
}
