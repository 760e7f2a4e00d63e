import { mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { inputError } from '../../shared/common/errors';
import { CHECKPOINT_FILES, checkpointName, type CheckpointState } from '../../shared/run/runFolder';
import type { Parameter } from '../tfjs/tuning/parameters';
import type { ParameterState, Tuner } from '../tfjs/tuning/tuner';
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
import { writeSafetensors, type TensorSource } from '../safetensors/safetensorsWriter';

/** Reads one tensor of a parameter's state. */
export type ReadState = (parameter: Parameter, part: keyof ParameterState) => Float32Array;

/** What the names of a parameter's moments end in, as in torch.optim.AdamW. */
const MOMENTS = ['.exp_avg', '.exp_avg_sq'] as const;

/**
 * Writes a checkpoint beside its folder, syncs it, and moves it there by one rename: it is complete or not there.
 * `read` is called once for each tensor, so that one at a time lies in host memory.
 * @returns the checkpoint's folder
 */
export function writeCheckpoint(
  run: RunFolder,
  state: CheckpointState,
  parameters: readonly Parameter[],
  read: ReadState,
): string {
  const folder = checkpointFolder(run, state.step);
  const partial = join(run.file('checkpoints'), `.${checkpointName(state.step)}.partial`);
  try {
    rmSync(partial, { recursive: true, force: true });
    mkdirSync(partial, { recursive: true });
    writeParts(partial, state, parameters, read);
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

function writeParts(
  folder: string,
  state: CheckpointState,
  parameters: readonly Parameter[],
  read: ReadState,
): void {
  const source = (parameter: Parameter, suffix: string, part: keyof ParameterState): TensorSource => {
    const bytes = 4 * parameter.shape.reduce((a, b) => a * b, 1);
    return {
      name: `${parameter.name}${suffix}`,
      dtype: 'F32',
      shape: parameter.shape,
      *chunks(): Generator<Uint8Array> {
        const values = read(parameter, part);
        yield new Uint8Array(values.buffer, values.byteOffset, bytes);
      },
    };
  };
  const [first, second] = MOMENTS;
  writeSafetensors(
    join(folder, CHECKPOINT_FILES.delta),
    parameters.map((parameter) => source(parameter, '', 'values')),
  );
  writeSafetensors(
    join(folder, CHECKPOINT_FILES.optimizer),
    parameters.flatMap((parameter) => [
      source(parameter, first, 'first'),
      source(parameter, second, 'second'),
    ]),
  );
  writeJson(join(folder, CHECKPOINT_FILES.state), state);
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

/** Puts parameters and optimiser back where a checkpoint left them. @throws AdeptError (input) naming what does not fit. */
export function restoreCheckpoint(run: RunFolder, step: number, tuner: Tuner): CheckpointState {
  const shapes = new Map(tuner.parameters.map(({ name, shape }) => [name, shape]));
  const state = checkCheckpoint(run, step, shapes, true);
  const delta = openPart(run, step, 'delta');
  const optimizer = openPart(run, step, 'optimizer');
  try {
    for (const parameter of tuner.parameters) {
      const [first, second] = MOMENTS;
      tuner.restore(parameter, {
        values: delta.readFloat32(parameter.name),
        first: optimizer.readFloat32(`${parameter.name}${first}`),
        second: optimizer.readFloat32(`${parameter.name}${second}`),
      });
    }
  } finally {
    delta.close();
    optimizer.close();
  }
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
