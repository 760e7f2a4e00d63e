import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { readEvents } from '../../src/node/run/eventWriter';
import { RunFolder } from '../../src/node/run/runFolder';
import { asKeysOf } from '../../src/shared/settings/naming';
import type { Executor } from '../../src/trainer/executor/executor';
import { unchanging, withModel } from '../../src/trainer/executor/withModel';
import { exportModel } from '../../src/trainer/jobs/model/exportModel';
import { readTuneInput } from '../../src/trainer/jobs/tune/tuneInput';
import { tuneRun } from '../../src/trainer/jobs/tune/tuneRun';
import { makeBatch } from '../../src/trainer/data/sequences/batch';
import { expandModel } from '../../src/trainer/method/expansion';
import { recordEquivalence, tokenProbe } from '../../src/trainer/method/equivalence';
import { SILENT_TASK } from '../../src/trainer/task';
import { TfjsExecutor } from '../../src/trainer/tfjs/tfjsExecutor';
import type { TorchExecutor } from '../../src/trainer/torch/torchExecutor';
import { readManifest } from '../../src/trainer/method/manifest';
import { randomSequences } from '../parity/randomModel';
import { assertAllClose } from '../support/allclose';
import { projectRoot } from '../support/projectRoot';
import { tuneSettings } from '../support/settings';
import { startTorch } from '../support/torch';
import { TORCH_MISSING } from '../support/torchPython';

const sample = (name: string): string => join(projectRoot, 'media/sample', name);
const STEPS = 20;
const SAVED = [7, 14];

/** Steps on the sample with rates that are measured again, evaluations and checkpoints. */
function newRun(folder: string, name: string, steps: number): RunFolder {
  return RunFolder.create(join(folder, name), '--out', (run) => {
    run.writeSpec({
      ...{ format: 'adept.run/1', createdAt: '2026-01-01T00:00:00.000Z', model: join(folder, 'expanded') },
      ...{ engine: 'auto', eval: {}, probe: [sample('general.txt')], domain: [sample('domain.jsonl')] },
      tune: tuneSettings({
        ...{
          steps,
          learningRate: 3e-3,
          updateEvery: 5,
          batchSize: 2,
          seqLen: 32,
          saveEvery: 7,
          evalEvery: 10,
        },
        ...{ maxProbeSequences: 2, maxEvalSequences: 2, maxGradNorm: 1, weightDecay: 0.01, seed: 3 },
      }),
    });
  });
}

/** Goes on with a run up to a step, and stops there as `adept stop` does. */
async function tune(run: RunFolder, executor: Executor, until = STEPS): Promise<void> {
  const input = await readTuneInput(run.readSpec(), asKeysOf('run.json'), SILENT_TASK);
  await tuneRun(run, input, executor, {
    task: SILENT_TASK,
    onEvent: (event) => {
      if (event.type === 'step' && event.step === until && until < STEPS) {
        process.emit('SIGTERM');
      }
    },
  });
}

/** Of every step loss and norm; of every refresh the rates; of every evaluation the losses. */
function curveOf(run: RunFolder): { losses: number[]; rates: number[]; evaluations: number[] } {
  const events = readEvents(run.file('events'));
  return {
    losses: events.flatMap((event) => (event.type === 'step' ? [event.loss, event.gradNorm] : [])),
    rates: events.flatMap((event) =>
      event.type === 'importance' ? event.units.map(({ learningRate }) => learningRate) : [],
    ),
    evaluations: events.flatMap((event) =>
      event.type === 'eval' ? [event.domainLoss ?? NaN, event.generalLoss ?? NaN] : [],
    ),
  };
}

describe('a run in PyTorch', { skip: TORCH_MISSING }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'adept-test-'));
  let torch: TorchExecutor;
  let wasm: TfjsExecutor;
  let undisturbed: RunFolder;

  before(async () => {
    torch = await startTorch();
    wasm = await TfjsExecutor.start('wasm');
    await expandModel({ model: sample('model'), out: join(folder, 'expanded'), layers: [3, 6] }, SILENT_TASK);
    undisturbed = newRun(folder, 'wasm', STEPS);
    await tune(undisturbed, wasm);
  });
  after(async () => {
    await torch.close();
    await wasm.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it('is of an expansion that computes exactly what the original does', async () => {
    const expanded = join(folder, 'expanded');
    const manifest = readManifest(expanded);
    assert.ok(manifest);
    const probe = tokenProbe(512, 32);
    const { equivalence } = await recordEquivalence(
      torch,
      sample('model'),
      expanded,
      manifest,
      probe,
      SILENT_TASK,
    );
    assert.deepEqual([equivalence?.maxDifference, equivalence?.engine], [0, 'torch']);
  });

  it('follows that on wasm: losses, norms, refreshed rates, evaluations', async () => {
    const run = newRun(folder, 'torch', STEPS);
    await tune(run, torch);
    const [own, expected] = [curveOf(run), curveOf(undisturbed)];
    assert.equal(own.losses.length, 2 * STEPS);
    assertAllClose(own.losses, expected.losses, 1e-3, 'losses and norms');
    assertAllClose(own.rates, expected.rates, 1e-2, 'rates');
    assertAllClose(own.evaluations, expected.evaluations, 1e-3, 'evaluations');
    assert.deepEqual(run.checkpoints(), undisturbed.checkpoints());
  });

  it('goes on with what the other saved, there and back, and is exported', async () => {
    const run = newRun(folder, 'both', STEPS);
    await tune(run, torch, SAVED[0]);
    await tune(run, wasm, SAVED[1]);
    await tune(run, torch);
    assertAllClose(curveOf(run).losses, curveOf(undisturbed).losses, 1e-3, 'losses and norms');
    const out = join(folder, 'exported');
    await exportModel(run, { out }, SILENT_TASK);
    const batch = makeBatch(randomSequences(4, [32], 512));
    const lossesOn = (executor: Executor): Promise<Float32Array> =>
      withModel(executor, unchanging(out), SILENT_TASK, (model) => model.losses(batch, { reuse: false }));
    assertAllClose(await lossesOn(torch), await lossesOn(wasm), 1e-4, 'losses of the exported model');
  });
});
