import { join } from 'node:path';
import { readEvents } from '../../src/node/run/eventWriter';
import { RunFolder } from '../../src/node/run/runFolder';
import { asKeysOf } from '../../src/shared/settings/naming';
import type { TuneSettings } from '../../src/shared/settings/tuneSettings';
import { expandModel } from '../../src/trainer/method/expansion';
import type { Executor } from '../../src/trainer/executor/executor';
import { readTuneInput } from '../../src/trainer/jobs/tune/tuneInput';
import { tuneRun } from '../../src/trainer/jobs/tune/tuneRun';
import { SILENT_TASK } from '../../src/trainer/task';
import { curveOf, type Curve } from '../support/curve';
import { projectRoot } from '../support/projectRoot';
import { tuneSettings } from '../support/settings';

export const sample = (name: string): string => join(projectRoot, 'media/sample', name);

/** The sample with two layers more, in a folder of which runs are made. */
export async function expandSample(folder: string): Promise<string> {
  const out = join(folder, 'expanded');
  await expandModel({ model: sample('model'), out, layers: [3, 6] }, SILENT_TASK);
  return out;
}

/** Where a run of the expanded sample lies, and what it is to do beside measuring rates again, evaluating and saving. */
export interface RunRequest {
  readonly folder: string;
  readonly name: string;
  readonly tune: Partial<TuneSettings>;
  readonly domain?: string;
}

export function newRun({ folder, name, tune, domain = sample('domain.jsonl') }: RunRequest): RunFolder {
  return RunFolder.create(join(folder, name), '--out', (run) => {
    run.writeSpec({
      ...{ format: 'adept.run/1', createdAt: '2026-01-01T00:00:00.000Z', model: join(folder, 'expanded') },
      ...{ engine: 'auto', probe: [sample('general.txt')], domain: [domain] },
      eval: { domain: [sample('domain-eval.jsonl')], general: [sample('general-eval.txt')] },
      tune: tuneSettings({
        ...{ learningRate: 3e-3, updateEvery: 5, batchSize: 2, seqLen: 32, evalEvery: 10, seed: 3 },
        // The most important unit would have none, and stay what it is.
        ...{ rateFloor: 0.1, maxProbeSequences: 2, maxEvalSequences: 2, maxGradNorm: 1, weightDecay: 0.01 },
        ...tune,
      }),
    });
  });
}

/** Goes on with a run to its end, or up to a step, and stops there as `adept stop` does. */
export async function tune(run: RunFolder, executor: Executor, until?: number): Promise<void> {
  const input = await readTuneInput(run.readSpec(), asKeysOf('run.json'), SILENT_TASK);
  await tuneRun(run, input, executor, {
    task: SILENT_TASK,
    onEvent: (event) => {
      if (event.type === 'step' && event.step === until) {
        process.emit('SIGTERM');
      }
    },
  });
}

export function curveOfRun(run: RunFolder): Curve {
  return curveOf(readEvents(run.file('events')));
}
