import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { inputError } from '../../shared/errors';
import { parseWith } from '../../shared/parse';
import { CHECKPOINT_FILES, checkpointName, CheckpointState } from '../../shared/runFolder';
import type { Parameter } from '../adept/parameters';
import type { Tuner } from '../adept/tuner';
import { fsyncFolder } from '../../node/atomicFile';
import { readJson, writeJson } from '../../node/jsonFile';
import type { RunFolder } from '../../node/runFolder';
import { TensorStore, writeSafetensors, type TensorSource } from './safetensors';

/** Values of the trainable parameters and their AdamW moments, by parameter. */
export type ParameterState = ReturnType<Tuner['read']>;

/** The folder of a checkpoint. */
export function checkpointFolder(run: RunFolder, step: number): string {
  return join(run.file('checkpoints'), checkpointName(step));
}

/**
 * Writes a checkpoint beside its place, syncs it, and puts it there by one rename: it is complete or not there.
 * `read` is called once per parameter, so that one parameter at a time lies in host memory.
 * @returns the checkpoint's folder
 */
export function writeCheckpoint(
  run: RunFolder,
  state: CheckpointState,
  parameters: readonly Parameter[],
  read: (parameter: Parameter) => ParameterState,
): string {
  const place = checkpointFolder(run, state.step);
  const partial = join(run.file('checkpoints'), `.${checkpointName(state.step)}.partial`);
  rmSync(partial, { recursive: true, force: true });
  mkdirSync(partial, { recursive: true });
  const source = (
    parameter: Parameter,
    suffix: string,
    pick: (values: ParameterState) => Float32Array,
  ): TensorSource => {
    const bytes = 4 * parameter.shape.reduce((a, b) => a * b, 1);
    return {
      name: `${parameter.name}${suffix}`,
      dtype: 'F32',
      shape: parameter.shape,
      *chunks(): Generator<Uint8Array> {
        const values = pick(read(parameter));
        yield new Uint8Array(values.buffer, values.byteOffset, bytes);
      },
    };
  };
  writeSafetensors(
    join(partial, CHECKPOINT_FILES.delta),
    parameters.map((parameter) => source(parameter, '', ({ values }) => values)),
  );
  writeSafetensors(
    join(partial, CHECKPOINT_FILES.optimizer),
    parameters.flatMap((parameter) => [
      source(parameter, '.exp_avg', ({ first }) => first),
      source(parameter, '.exp_avg_sq', ({ second }) => second),
    ]),
  );
  writeJson(join(partial, CHECKPOINT_FILES.state), state);
  fsyncFolder(partial);
  if (existsSync(place)) {
    rmSync(`${partial}.old`, { recursive: true, force: true });
    renameSync(place, `${partial}.old`);
  }
  renameSync(partial, place);
  rmSync(`${partial}.old`, { recursive: true, force: true });
  fsyncFolder(run.file('checkpoints'));
  return place;
}

/** @throws AdeptError (input) when the run has no such checkpoint, or its state is not usable. */
export function readCheckpointState(run: RunFolder, step: number): CheckpointState {
  const folder = checkpointFolder(run, step);
  if (!existsSync(folder)) {
    const have = run.checkpoints();
    throw inputError(
      `${folder} does not exist: this run has ${have.length === 0 ? 'no checkpoint yet' : `checkpoints at steps ${have.join(', ')}`}.`,
    );
  }
  const file = join(folder, CHECKPOINT_FILES.state);
  return parseWith(CheckpointState, readJson(file), file);
}

/** Puts parameters and optimiser back where a checkpoint left them. @throws AdeptError (input) naming what does not fit. */
export function restoreCheckpoint(run: RunFolder, step: number, tuner: Tuner): CheckpointState {
  const folder = checkpointFolder(run, step);
  const state = readCheckpointState(run, step);
  const delta = TensorStore.openFile(join(folder, CHECKPOINT_FILES.delta));
  const optimizer = TensorStore.openFile(join(folder, CHECKPOINT_FILES.optimizer));
  try {
    for (const parameter of tuner.parameters) {
      tuner.restore(parameter, {
        values: readFitting(delta, parameter, ''),
        first: readFitting(optimizer, parameter, '.exp_avg'),
        second: readFitting(optimizer, parameter, '.exp_avg_sq'),
      });
    }
  } finally {
    delta.close();
    optimizer.close();
  }
  return state;
}

function readFitting(store: TensorStore, parameter: Parameter, suffix: string): Float32Array {
  const name = `${parameter.name}${suffix}`;
  const entry = store.entries.get(name);
  if (entry?.shape.join() !== parameter.shape.join()) {
    throw inputError(
      `${store.files[0] ?? 'checkpoint'}: tensor "${name}" ${entry ? `has shape [${entry.shape.join(', ')}]` : 'is missing'}, the model calls for [${parameter.shape.join(', ')}]: resume from another checkpoint.`,
    );
  }
  return store.readFloat32(name);
}
