import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { readModelConfig } from '../../../src/node/model/modelConfig';
import { readEvents } from '../../../src/node/run/eventWriter';
import { RunFolder } from '../../../src/node/run/runFolder';
import { failure } from '../../../src/shared/common/errors';
import { modelUnits } from '../../../src/shared/model/modelUnits';
import { layerTensorName, tensorsOfUnit, unitsOf } from '../../../src/shared/model/architecture';
import { asKeysOf } from '../../../src/shared/settings/naming';
import { writeUntrained } from '../../../src/trainer/checkpoint/trainedFiles';
import { targetsOf } from '../../../src/trainer/data/sequences/targets';
import type { Executor, Model } from '../../../src/trainer/executor/executor';
import { OneCall } from '../../../src/trainer/executor/oneCall';
import type { OpenRequest, StepRequest } from '../../../src/trainer/executor/requests';
import type { TrainedTensor } from '../../../src/trainer/executor/results';
import { readTuneInput } from '../../../src/trainer/jobs/tune/tuneInput';
import { tuneRun } from '../../../src/trainer/jobs/tune/tuneRun';
import type { TuneOutcome } from '../../../src/trainer/jobs/tune/tuneSession';
import { expandModel } from '../../../src/trainer/method/expansion';
import { SILENT_TASK } from '../../../src/trainer/task';
import { projectRoot } from '../../support/projectRoot';
import { tuneSettings } from '../../support/settings';
import { temporaryFolder } from '../../support/temporaryFolder';

const sample = (name: string): string => join(projectRoot, 'media/sample', name);
const ADDED = 4;

/** An executor elsewhere: every answer takes a while, none is computed. `asked` is what it was asked, in order. */
class SlowExecutor implements Executor {
  readonly description = { engine: 'torch', device: 'GPU', library: 'none', threads: 1 } as const;
  readonly asked: string[] = [];
  readonly steps: StepRequest[] = [];
  private readonly calls = new OneCall();

  /** @param during what happens while a step is under way */
  constructor(private readonly during: (step: number) => void = () => undefined) {}

  private slowly<T>(verb: string, answer: () => T): Promise<T> {
    return this.calls.run(async () => {
      this.asked.push(verb);
      await setTimeout(1);
      return answer();
    });
  }

  open({ folder, trains }: OpenRequest): Promise<Model> {
    const config = readModelConfig(folder);
    const units = unitsOf(config);
    const trained = (trains as readonly number[]).flatMap((layer) =>
      units.flatMap(tensorsOfUnit).map(({ unit, part, shape }): TrainedTensor => ({
        ...{ name: layerTensorName(config.names, layer, unit, part), shape, decays: shape.length > 1 },
        unit: { layer, name: unit },
      })),
    );
    const unasked = (): never => assert.fail('This is not asked of a run.');
    const model: Model = {
      ...{
        config,
        units: modelUnits(config),
        perLayer: {},
        trained,
        storage: { dtype: 'bfloat16', reason: 'as asked' },
      },
      losses: (batch) => this.slowly('losses', () => new Float32Array(targetsOf(batch).rows.length).fill(2)),
      unitSums: (_, { layers }) =>
        this.slowly('unitSums', () => ({
          sums: Float64Array.from({ length: layers.length * units.length }, (_value, at) => at),
          groups: [],
        })),
      step: (request) =>
        this.slowly('step', () => {
          this.steps.push(request);
          this.during(request.step);
          return { loss: 1 / request.step, gradNorm: 1, tokens: 16 };
        }),
      saveTrained: (into) =>
        this.slowly('saveTrained', () => {
          writeUntrained(into, trained, folder);
        }),
      loadTrained: (_, { moments }) => this.slowly(`loadTrained ${moments}`, () => undefined),
      close: () => this.slowly('close', () => undefined),
      ...{ maskedLosses: unasked, layerChanges: unasked, logits: unasked, topTokens: unasked },
      ...{ ranks: unasked, setStrength: unasked, memory: unasked },
      ...{ readsAhead: 1, prefill: unasked, decode: unasked, endDecoding: unasked },
    };
    return this.slowly('open', () => model);
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

async function newRun(t: TestContext): Promise<RunFolder> {
  const folder = temporaryFolder(t);
  const model = join(folder, 'expanded');
  await expandModel({ model: sample('model'), out: model, layers: [ADDED - 1] }, SILENT_TASK);
  return RunFolder.create(join(folder, 'run'), '--out', (made) => {
    made.writeSpec({
      ...{ format: 'adept.run/1', createdAt: '2026-01-01T00:00:00.000Z', model, engine: 'auto', eval: {} },
      ...{ probe: [sample('general.txt')], domain: [sample('domain.jsonl')] },
      tune: tuneSettings({
        ...{ steps: 5, learningRate: 0.002, updateEvery: 3, batchSize: 1, seqLen: 16, saveEvery: 2 },
        ...{ maxProbeSequences: 1, maxEvalSequences: 1, evalEvery: 5 },
      }),
    });
  });
}

async function tune(run: RunFolder, executor: Executor): Promise<TuneOutcome> {
  const input = await readTuneInput(run.readSpec(), asKeysOf('run.json'), SILENT_TASK);
  return tuneRun(run, input, executor, { task: SILENT_TASK, onEvent: () => undefined });
}

function stepsSaid(run: RunFolder): number[] {
  return readEvents(run.file('events')).flatMap((event) => (event.type === 'step' ? [event.step] : []));
}

describe('a run on an executor that is not in this process', () => {
  it('says a step when it has ended, and stops after the one that is under way', async (t) => {
    const run = await newRun(t);
    const said: number[][] = [];
    const executor = new SlowExecutor((step) => {
      said.push(stepsSaid(run));
      if (step === 3) {
        process.emit('SIGTERM');
      }
    });
    const { status, step } = await tune(run, executor);
    assert.deepEqual([status, step], ['stopped', 3]);
    assert.deepEqual(said, [[], [1], [1, 2]]);
    assert.deepEqual(stepsSaid(run), [1, 2, 3]);
    assert.deepEqual(run.checkpoints(), [2, 3]);
    assert.equal(executor.asked.at(0), 'open');
    assert.deepEqual(executor.asked.slice(-2), ['saveTrained', 'close']);
    const [request] = executor.steps;
    assert.equal(
      request?.rates.length,
      unitsOf(readModelConfig(run.readSpec().model)).flatMap(tensorsOfUnit).length,
    );
    assert.deepEqual([request.betas, request.epsilon, request.frozen], [[0.9, 0.999], 1e-8, []]);
  });

  it('says what it does between steps where that takes long, and nothing where it does not', async (t) => {
    const run = await newRun(t);
    const spec = run.readSpec();
    run.writeSpec({ ...spec, tune: { ...spec.tune, steps: 1, maxEvalSequences: 4, evalEvery: 1 } });
    const executor = new SlowExecutor();
    // Time passes by ten seconds whenever somebody looks at the clock.
    let now = 1_700_000_000_000;
    t.mock.method(Date, 'now', () => (now += 10_000));
    await tune(run, executor);
    const reports = readEvents(run.file('events')).flatMap((event) =>
      event.type === 'progress' ? [`${event.stage}: ${event.message}`] : [],
    );
    assert.deepEqual([...new Set(reports)].slice(0, 3), [
      'evaluating: domain loss, batch 2 of 4',
      'evaluating: domain loss, batch 3 of 4',
      'evaluating: domain loss, batch 4 of 4',
    ]);
    assert.ok(reports.includes('evaluating: general loss, batch 1 of 1'));
    t.mock.restoreAll();
    const quick = await newRun(t);
    await tune(quick, new SlowExecutor());
    assert.ok(readEvents(quick.file('events')).every(({ type }) => type !== 'progress'));
  });

  it('loads the last checkpoint, with the moments, before it says that it goes on', async (t) => {
    const run = await newRun(t);
    await assert.rejects(
      tune(
        run,
        new SlowExecutor((step) => {
          if (step === 4) {
            throw failure('rank 1 is gone');
          }
        }),
      ),
      /rank 1 is gone/,
    );
    // Weights were undefined: what was saved before is what counts.
    assert.deepEqual([run.checkpoints(), stepsSaid(run)], [[2], [1, 2, 3]]);
    const executor = new SlowExecutor();
    const { status, step, loss } = await tune(run, executor);
    assert.deepEqual([status, step, loss], ['done', 5, 1 / 5]);
    assert.deepEqual(executor.asked.slice(0, 3), ['open', 'loadTrained true', 'step']);
    assert.deepEqual(
      executor.steps.map((request) => request.step),
      [3, 4, 5],
    );
    assert.deepEqual(stepsSaid(run), [1, 2, 3, 3, 4, 5], 'what was lost is done again');
    assert.deepEqual(run.checkpoints(), [2, 4, 5]);
  });
});
