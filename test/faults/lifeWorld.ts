import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { EngineKind } from '../../src/trainer/tfjs/engine/engine';
import { writeRows } from '../support/tokenRows';
import { randomSequences, writeRandomModel } from '../parity/randomModel';
import { RECIPES } from '../parity/recipes';
import { adeptResult, type Argument } from '../support/command';

/** A base model of two layers, the same with a copy of the first, and rows to train on and to watch. */
export interface LifeWorld {
  readonly folder: string;
  readonly model: string;
  readonly expanded: string;
  readonly domain: string;
  readonly probe: string;
  /** For the commands: the folders of their control sockets go with `folder`, also those of killed trainers. */
  readonly env: Readonly<Record<string, string>>;
}

export async function makeLifeWorld(folder: string): Promise<LifeWorld> {
  const model = writeRandomModel(join(folder, 'model'), 'llamaHalf');
  const rows = randomSequences(
    7,
    Array.from({ length: 20 }, () => 12),
    RECIPES.llamaHalf.config.vocab_size,
  );
  const expanded = join(folder, 'expanded');
  const env = { TMPDIR: join(folder, 't') };
  mkdirSync(env.TMPDIR);
  const world = {
    ...{ folder, model, expanded, env },
    domain: writeRows(join(folder, 'domain.jsonl'), rows.slice(0, 14)),
    probe: writeRows(join(folder, 'probe.jsonl'), rows.slice(14)),
  };
  await adeptResult(['expand', '--model', model, '--out', expanded, '--layers', 0, '--engine', 'wasm']);
  return world;
}

/** Every setting that decides what a step computes is other than its default. */
export const EVERYTHING = {
  steps: 50,
  lr: 2e-3,
  'update-every': 10,
  'batch-size': 2,
  'grad-accum': 2,
  warmup: 5,
  schedule: 'cosine',
  'weight-decay': 0.1,
  'max-grad-norm': 0.5,
  order: 'shuffled',
  seed: 3,
} as const;

export type Plan = Readonly<Record<string, string | number>>;

export function tuneArgs(world: LifeWorld, out: string, plan: Plan, engine: EngineKind = 'wasm'): Argument[] {
  return [
    ...['tune', '--model', world.expanded, '--domain', world.domain, '--probe', world.probe, '--out', out],
    ...Object.entries(plan).flatMap(([name, value]) => [`--${name}`, value]),
    ...['--engine', engine],
  ];
}
