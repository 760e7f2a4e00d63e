import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import { RunEvent, type NewRunEvent } from '../../src/shared/run/runFolder';
import { adeptResult } from '../support/command';
import { asLists, writeRows } from '../support/tokenRows';
import type { EngineName } from './engines';
import type { Request, Result } from './jobs';

type Plan = Omit<Request<'tune'>, 'model' | 'domain' | 'probe' | 'evaluate' | 'documentStarts' | 'added'>;

/** A tuning run: which base layers are copied (none: everything is trained), on what, and how. */
export interface TuneCase {
  readonly layers: readonly number[];
  readonly domain: readonly Int32Array[];
  readonly probe: readonly Int32Array[];
  readonly evaluate: readonly Int32Array[];
  /** Where the documents of every sequence begin, if they are packed separate. */
  readonly documentStarts?: Readonly<Record<'domain' | 'probe' | 'evaluate', readonly Int32Array[]>>;
  readonly plan: Omit<Plan, 'full'>;
}

export const DEFAULT_PLAN = {
  steps: 50,
  learningRate: 1e-3,
  updateEvery: 10,
  batchSize: 4,
  gradAccum: 1,
  warmup: 0,
  schedule: 'constant',
  weightDecay: 0,
  maxGradNorm: 1,
  unitRates: 'importance',
  unitDefinition: 'released',
} as const satisfies TuneCase['plan'];

/** Where the copies lie after an expansion: each directly after its source. */
export function addedLayers(layers: readonly number[]): { layer: number; sourceLayer: number }[] {
  return layers.map((source, before) => ({ layer: source + before + 1, sourceLayer: source + before }));
}

/** Runs `adept expand` and checks what it says it did. @returns the expanded folder; the model itself when all is trained. */
export async function expanded(
  folder: string,
  model: string,
  { layers }: TuneCase,
  engine: EngineName,
): Promise<string> {
  if (layers.length === 0) {
    return model;
  }
  const out = join(folder, `expanded-${engine}`);
  const manifest = await adeptResult([
    ...['expand', '--model', model, '--out', out],
    ...['--layers', layers.join(','), '--engine', engine],
  ]);
  const Added = v.array(v.object({ layer: v.number(), sourceLayer: v.number() }));
  assert.deepEqual(v.parse(Added, manifest.added), addedLayers(layers));
  assert.equal(v.parse(v.object({ maxDifference: v.number() }), manifest.equivalence).maxDifference, 0);
  return out;
}

/** The same run as the PyTorch side gets it. */
export function tuneRequest(
  model: string,
  { layers, domain, probe, evaluate, documentStarts: starts, plan }: TuneCase,
): Request<'tune'> {
  return {
    model,
    domain: asLists(domain),
    probe: asLists(probe),
    evaluate: asLists(evaluate),
    ...(starts && {
      documentStarts: {
        domain: asLists(starts.domain),
        probe: asLists(starts.probe),
        evaluate: asLists(starts.evaluate),
      },
    }),
    added: addedLayers(layers),
    full: layers.length === 0,
    ...plan,
  };
}

export interface TrainerRun {
  readonly run: string;
  readonly events: readonly RunEvent[];
}

/** Runs `adept tune` in the given order of sequences and reads its events. */
export async function tuned(
  folder: string,
  model: string,
  { layers, domain, probe, evaluate, plan }: TuneCase,
  engine: EngineName,
): Promise<TrainerRun> {
  const run = join(folder, `run-${engine}`);
  const rows = (name: string, sequences: readonly Int32Array[]): string =>
    writeRows(join(folder, `${name}-${engine}.jsonl`), sequences);
  const settings = {
    steps: plan.steps,
    lr: plan.learningRate,
    'update-every': plan.updateEvery,
    'batch-size': plan.batchSize,
    'grad-accum': plan.gradAccum,
    warmup: plan.warmup,
    schedule: plan.schedule,
    'weight-decay': plan.weightDecay,
    'max-grad-norm': plan.maxGradNorm,
    'unit-rates': plan.unitRates,
    'unit-definition': plan.unitDefinition,
  };
  await adeptResult([
    ...['tune', '--model', model, '--out', run, '--engine', engine, '--order', 'given'],
    ...[
      '--domain',
      rows('domain', domain),
      '--probe',
      rows('probe', probe),
      '--eval',
      rows('evaluate', evaluate),
    ],
    ...Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]),
    ...(layers.length === 0 ? ['--full'] : []),
  ]);
  const lines = readFileSync(join(run, 'events.ndjson'), 'utf8').trim().split('\n');
  return { run, events: lines.map((line) => v.parse(RunEvent, JSON.parse(line))) };
}

const LOSS_RELATIVE = 1e-3;
const NORM_RELATIVE = 0.01;
const RATE_RELATIVE = 0.02;

/** How far a run lies from PyTorch's, at most over all steps and units; relative, rates relative to the base rate. */
export interface Deviation {
  loss: number;
  gradNorm: number;
  learningRate: number;
}

/** Holds every step's loss, gradient norm and learning rates, and the loss at the end, against PyTorch's. */
export function checkRun(
  events: readonly NewRunEvent[],
  expected: Result<'tune'>,
  { plan }: TuneCase,
): Deviation {
  const worst: Deviation = { loss: 0, gradNorm: 0, learningRate: 0 };
  const within = (
    kind: keyof Deviation,
    ours: number,
    theirs: number,
    scale: number,
    allowed: number,
    what: string,
  ): void => {
    const error = Math.abs(ours - theirs) / scale;
    assert.ok(error <= allowed, `${what}: ${ours}, PyTorch ${theirs}, ${error} apart (allowed ${allowed})`);
    worst[kind] = Math.max(worst[kind], error);
  };
  const steps = events.filter((event) => event.type === 'step');
  assert.deepEqual(
    steps.map(({ step }) => step),
    Array.from({ length: plan.steps }, (_, index) => index + 1),
  );
  for (const { step, loss, gradNorm } of steps) {
    const theirs = expected.losses[step - 1] ?? NaN;
    within('loss', loss, theirs, theirs, LOSS_RELATIVE, `loss of step ${step}`);
    const norm = expected.gradNorms[step - 1] ?? NaN;
    within('gradNorm', gradNorm, norm, norm, NORM_RELATIVE, `gradient norm of step ${step}`);
  }
  const measured = events.filter((event) => event.type === 'importance');
  assert.deepEqual(
    measured.map(({ step }) => step),
    expected.importance.map(({ step }) => step),
  );
  for (const [index, { step, units }] of measured.entries()) {
    const theirs = expected.importance[index]?.units ?? [];
    assert.equal(units.length, theirs.length);
    for (const { layer, name, learningRate } of theirs) {
      const ours = units.find((unit) => unit.layer === layer && unit.name === name)?.learningRate ?? NaN;
      const what = `learning rate of ${layer}.${name} from step ${step + 1} on`;
      within('learningRate', ours, learningRate, plan.learningRate, RATE_RELATIVE, what);
    }
  }
  const last = events.filter((event) => event.type === 'eval').at(-1);
  assert.equal(last?.step, plan.steps);
  within(
    'loss',
    last.domainLoss ?? NaN,
    expected.finalLoss,
    expected.finalLoss,
    LOSS_RELATIVE,
    'loss after the last step',
  );
  return worst;
}
