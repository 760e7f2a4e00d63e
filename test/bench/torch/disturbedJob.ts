import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readEvents } from '../../../src/node/run/eventWriter';
import type { RunEvent } from '../../../src/shared/run/runFolder';
import { adeptResult, startAdept, type Running } from '../../support/command';
import { curveOf, type Curve } from '../../support/curve';
import { projectRoot } from '../../support/projectRoot';

const sample = (name: string): string => join(projectRoot, 'media/sample', name);

/** Steps between checkpoints, evaluations, and refreshes of rates. */
export const EVERY = 4;
/** Each of the three later moments of a run has a part of its own, with two checkpoints. */
export const PART_STEPS = 2 * EVERY;
export const STEPS = 3 * PART_STEPS;

/** A whole job on the sample, on the engine torch: it analyzes, expands, tunes, refreshes rates, evaluates and saves. */
export class DisturbedJob {
  readonly run: string;
  private readonly config: string;

  /** @param undisturbed the environment in which it works to its end */
  constructor(
    folder: string,
    name: string,
    private readonly undisturbed: Readonly<Record<string, string>>,
  ) {
    this.run = join(folder, name);
    this.config = join(folder, `${name}.adept.json`);
    const config = {
      ...{ model: sample('model'), out: this.run, engine: 'torch', probe: [sample('general.txt')] },
      analyze: { seqLen: 64, maxSequences: 16, batchSize: 4 },
      expand: { lowest: 2 },
      domain: [sample('domain.jsonl')],
      eval: { domain: [sample('domain-eval.jsonl')], general: [sample('general-eval.txt')] },
      tune: {
        ...{ steps: STEPS, learningRate: 1e-3, warmup: 2, schedule: 'cosine', weightDecay: 0.01, seed: 7 },
        ...{ updateEvery: EVERY, evalEvery: EVERY, saveEvery: EVERY, batchSize: 3, gradAccum: 2, seqLen: 64 },
        ...{ maxProbeSequences: 5, maxEvalSequences: 7 },
      },
    };
    writeFileSync(this.config, JSON.stringify(config));
  }

  /** Begins, or goes on from where it was. */
  start(ranks: number, env: Readonly<Record<string, string>>): Running {
    return startAdept([...this.args, '--engine', 'torch', '--ranks', ranks], { env });
  }

  /** Works to the end, undisturbed. */
  async finish(ranks: number): Promise<void> {
    await adeptResult([...this.args, '--engine', 'torch', '--ranks', ranks], { env: this.undisturbed });
  }

  get events(): RunEvent[] {
    const file = join(this.run, 'events.ndjson');
    return existsSync(file) ? readEvents(file) : [];
  }

  get curve(): Curve {
    return curveOf(this.events);
  }

  private get args(): string[] {
    return existsSync(this.run) ? ['resume', this.run] : ['run', '--config', this.config];
  }
}
