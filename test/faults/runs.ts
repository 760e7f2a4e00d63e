import assert from 'node:assert/strict';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import { CheckpointState, RunEvent, RunSpec, TrainerFile } from '../../src/shared/run/runFolder';
import { TensorStore } from '../../src/trainer/safetensors/safetensors';

type StepEvent = Extract<RunEvent, { type: 'step' }>;

/** What a run folder holds, read by its schemas alone; a torn last line of the log is left out. */
export interface RunContent {
  readonly events: readonly RunEvent[];
  readonly steps: readonly StepEvent[];
  /** Steps of the checkpoints, ascending. */
  readonly checkpoints: readonly number[];
}

/** Reads a run folder and checks that everything in it is whole. */
export function readRun(run: string): RunContent {
  const json = (name: string): unknown => JSON.parse(readFileSync(join(run, name), 'utf8'));
  v.parse(RunSpec, json('run.json'));
  if (existsSync(join(run, 'trainer.json'))) {
    v.parse(TrainerFile, json('trainer.json'));
  }
  const events = readEvents(run);
  const steps = events.filter((event) => event.type === 'step');
  const names = readdirSync(join(run, 'checkpoints')).filter((name) => !name.startsWith('.'));
  const checkpoints = names.sort().map((name) => checkCheckpoint(join(run, 'checkpoints', name)));
  return { events, steps, checkpoints };
}

export function readEvents(run: string): RunEvent[] {
  const file = join(run, 'events.ndjson');
  const lines = existsSync(file) ? readFileSync(file, 'utf8').split('\n').slice(0, -1) : [];
  const events = lines.map((line) => v.parse(RunEvent, JSON.parse(line)));
  assert.deepEqual(
    events.map(({ seq }) => seq),
    [...events.keys()],
    'the log is numbered without a gap',
  );
  return events;
}

/** Opens all of a checkpoint: each trained tensor has its two moments of the same shape. */
function checkCheckpoint(folder: string): number {
  const { step } = v.parse(CheckpointState, JSON.parse(readFileSync(join(folder, 'state.json'), 'utf8')));
  const delta = TensorStore.openFile(join(folder, 'delta.safetensors'));
  const optimizer = TensorStore.openFile(join(folder, 'optimizer.safetensors'));
  const moments = [...delta.entries.values()].flatMap(({ name, shape }) =>
    ['exp_avg', 'exp_avg_sq'].map((moment) => `${name}.${moment} ${shape.join()}`),
  );
  const found = [...optimizer.entries.values()].map(({ name, shape }) => `${name} ${shape.join()}`);
  delta.close();
  optimizer.close();
  assert.ok(moments.length > 0);
  assert.deepEqual(found.sort(), moments.sort());
  assert.deepEqual(readdirSync(folder).sort(), ['delta.safetensors', 'optimizer.safetensors', 'state.json']);
  return step;
}

/** What a step computed, without its time. */
function computed({ step, loss, gradNorm, learningRate }: StepEvent): object {
  return { step, loss, gradNorm, learningRate };
}

/** Every step that either run took is the other's, bit for bit; a step that was done again came out the same. */
export function assertSameSteps(actual: RunContent, expected: RunContent): void {
  const wanted = new Map(expected.steps.map((event) => [event.step, computed(event)]));
  for (const event of actual.steps) {
    assert.deepEqual(computed(event), wanted.get(event.step), `step ${event.step}`);
  }
  assert.deepEqual([...new Set(actual.steps.map(({ step }) => step))], [...wanted.keys()]);
}

/** The files of two checkpoints are the same bytes; of the state, all but when it was saved. */
export function assertSameCheckpoint(actual: string, expected: string, step: number): void {
  const pathOf = (run: string, name: string): string =>
    join(run, 'checkpoints', `step-${String(step).padStart(8, '0')}`, name);
  for (const name of ['delta.safetensors', 'optimizer.safetensors']) {
    assert.ok(readFileSync(pathOf(actual, name)).equals(readFileSync(pathOf(expected, name))), name);
  }
  const [ours, theirs] = [actual, expected].map((run): object => {
    const state = JSON.parse(readFileSync(pathOf(run, 'state.json'), 'utf8')) as object;
    return { ...state, createdAt: '' };
  });
  assert.deepEqual(ours, theirs);
}
