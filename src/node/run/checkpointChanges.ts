import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { inputError } from '../../shared/common/errors';
import { CHECKPOINT_FILES, type CheckpointLabel, LONGEST_LABEL } from '../../shared/run/runFolder';
import { deleteFolder } from '../files/deleteFolder';
import { requireCheckpoint } from './checkpointState';
import { writeJson } from '../files/jsonFile';
import type { RunFolder } from './runFolder';
import { isAlive } from './runState';

/** Why a label cannot be taken, in a sentence; undefined when it can. Empty text asks for none. */
export function labelProblem(label: string): string | undefined {
  return label.trim().length > LONGEST_LABEL
    ? `A label has at most ${LONGEST_LABEL} characters, this one has ${label.trim().length}: shorten it.`
    : undefined;
}

/**
 * Gives a checkpoint a name that people see; its folder keeps its own, which other programs rely on. Empty text takes the
 * label away.
 * @throws AdeptError (input) when the checkpoint is not there or the label is too long.
 */
export function labelCheckpoint(run: RunFolder, step: number, label: string): void {
  const file = join(requireCheckpoint(run, step), CHECKPOINT_FILES.label);
  const problem = labelProblem(label);
  if (problem !== undefined) {
    throw inputError(problem);
  }
  if (label.trim() === '') {
    rmSync(file, { force: true });
  } else {
    writeJson(file, { format: 'adept.label/1', label: label.trim() } satisfies CheckpointLabel);
  }
}

/**
 * The last checkpoint while a trainer works on the run: were the trainer to die, this is what the run would go on from.
 * Undefined when no trainer works on it.
 */
export function checkpointInNeed(run: RunFolder): number | undefined {
  const trainer = run.readTrainer();
  return trainer !== undefined && isAlive(trainer) ? run.checkpoints().at(-1) : undefined;
}

/**
 * Deletes a checkpoint: by one rename it is gone as a checkpoint, then its files are removed. What an interruption leaves
 * is cleaned up by the run's next trainer.
 * @param evenInNeed whether also the one that a running trainer would need, see {@link checkpointInNeed}
 * @throws AdeptError (input) when it is not there, needed, or cannot be moved; (failure) when files of it are left.
 */
export function deleteCheckpoint(run: RunFolder, step: number, evenInNeed = false): void {
  const folder = requireCheckpoint(run, step);
  if (!evenInNeed && checkpointInNeed(run) === step) {
    throw inputError(
      `${folder} is the last checkpoint of an active run, which needs it to resume: stop the run first, or confirm the deletion.`,
    );
  }
  deleteFolder(folder, 'checkpoint');
}
