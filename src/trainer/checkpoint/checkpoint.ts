import { mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { inputError } from '../../shared/common/errors';
import { CHECKPOINT_FILES, checkpointName, type CheckpointState } from '../../shared/run/runFolder';
import type { Model } from '../executor/executor';
import { fsyncFolder } from '../../node/files/atomicFile';
import {
  checkpointFolder,
  checkpointPart,
  readCheckpointState,
  useAnother,
} from '../../node/run/checkpointState';
import { errorCode, writeError } from '../../node/files/fileError';
import { writeJson } from '../../node/files/jsonFile';
import type { RunFolder } from '../../node/run/runFolder';
import { TensorStore } from '../safetensors/safetensors';
import { MOMENTS } from './trainedFiles';

/**
 * Writes a checkpoint beside its folder, syncs it, and moves it there by one rename: it is complete or not there.
 * @param save writes the tensors' files into a folder, synced
 * @returns the checkpoint's folder
 */
export async function writeCheckpoint(
  run: RunFolder,
  state: CheckpointState,
  save: (folder: string) => void | Promise<void>,
): Promise<string> {
  const folder = checkpointFolder(run, state.step);
  const partial = join(run.file('checkpoints'), `.${checkpointName(state.step)}.partial`);
  try {
    rmSync(partial, { recursive: true, force: true });
    mkdirSync(partial, { recursive: true });
    await save(partial);
    writeJson(join(partial, CHECKPOINT_FILES.state), state);
    fsyncFolder(partial);
    renameSync(partial, folder);
    fsyncFolder(run.file('checkpoints'));
  } catch (error) {
    rmSync(partial, { recursive: true, force: true });
    throw errorCode(error) === undefined ? error : writeError(folder, error);
  }
  return folder;
}

/** Replaces the state of a checkpoint whose tensors are still those of the run. @returns the checkpoint's folder */
export function replaceCheckpointState(run: RunFolder, state: CheckpointState): string {
  const folder = checkpointFolder(run, state.step);
  writeJson(join(folder, CHECKPOINT_FILES.state), state);
  return folder;
}

/**
 * Checks that a checkpoint holds what `tensors` (names with shapes) call for, before anything is built on it.
 * @param moments whether the optimiser's are needed as well
 * @throws AdeptError (input) naming what does not fit.
 */
export function checkCheckpoint(
  run: RunFolder,
  step: number,
  tensors: ReadonlyMap<string, readonly number[]>,
  moments: boolean,
): CheckpointState {
  const state = readCheckpointState(run, step);
  const check = (file: 'delta' | 'optimizer', suffixes: readonly string[]): void => {
    const store = openPart(run, step, file);
    try {
      for (const [name, shape] of tensors) {
        for (const suffix of suffixes) {
          requireTensor(store, `${name}${suffix}`, shape, run, step);
        }
      }
    } finally {
      store.close();
    }
  };
  check('delta', ['']);
  if (moments) {
    check('optimizer', MOMENTS);
  }
  return state;
}

/**
 * Puts what a model trains back where a checkpoint left it.
 * @param what whether the optimiser's moments, too
 * @throws AdeptError (input) naming what does not fit, and then nothing is changed.
 */
export async function restoreCheckpoint(
  run: RunFolder,
  step: number,
  model: Pick<Model, 'trained' | 'loadTrained'>,
  what: { readonly moments: boolean },
): Promise<CheckpointState> {
  const shapes = new Map(model.trained.map(({ name, shape }) => [name, shape]));
  const state = checkCheckpoint(run, step, shapes, what.moments);
  await model.loadTrained(checkpointFolder(run, step), what);
  return state;
}

/** One of a checkpoint's tensor files. @throws AdeptError (input) naming what is wrong with it. */
export function openPart(run: RunFolder, step: number, part: 'delta' | 'optimizer'): TensorStore {
  const file = checkpointPart(run, step, part);
  return TensorStore.openFile(file, useAnother(run, step));
}

function requireTensor(
  store: TensorStore,
  name: string,
  shape: readonly number[],
  run: RunFolder,
  step: number,
): void {
  const entry = store.entries.get(name);
  if (entry?.shape.join() !== shape.join() || entry.dtype !== 'F32') {
    const is = entry ? `is ${entry.dtype} [${entry.shape.join(', ')}]` : 'is missing';
    throw inputError(
      `${store.files.join()}: tensor "${name}" ${is}, the run calls for F32 [${shape.join(', ')}]: ${useAnother(run, step)}`,
    );
  }
}
