import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { ImportanceFile } from '../../src/shared/method/importance';
import type { RunFolder } from '../../src/node/run/runFolder';
import type { Executor } from '../../src/trainer/executor/executor';
import { closing, unchanging, withModel } from '../../src/trainer/executor/withModel';
import { analyze } from '../../src/trainer/jobs/measure/analyze';
import { exportModel } from '../../src/trainer/jobs/model/exportModel';
import { lossesOfFolder, type Measuring } from '../../src/trainer/jobs/model/exportedLosses';
import { readCorpora } from '../../src/trainer/jobs/texts/tuneCorpora';
import { asKeysOf } from '../../src/shared/settings/naming';
import { makeBatch } from '../../src/trainer/data/sequences/batch';
import { recordEquivalence, tokenProbe } from '../../src/trainer/method/equivalence';
import { readManifest } from '../../src/trainer/method/manifest';
import { SILENT_TASK } from '../../src/trainer/task';
import { TfjsExecutor } from '../../src/trainer/tfjs/tfjsExecutor';
import { TorchExecutor } from '../../src/trainer/torch/torchExecutor';
import type { TorchProcess } from '../../src/trainer/torch/process/torchProcess';
import { randomSequences } from '../parity/randomModel';
import { assertAllClose } from '../support/allclose';
import { assertSameCurve, differencesOf, type Curve } from '../support/curve';
import { runPython } from '../support/loadedPython';
import { movementsOf } from '../support/movement';
import { nativeMissing } from '../support/nativeMissing';
import { analyzeSettings } from '../support/settings';
import { forkRanks } from '../support/torch';
import { TORCH_MISSING } from '../support/torchPython';
import { writeRows } from '../support/tokenRows';
import { curveOfRun, expandSample, newRun, sample, tune } from './sampleRun';

/** Mean loss of a model as transformers loads it with dtype="auto", in that type. */
const AS_STORED = `
import json, sys, torch, transformers
rows = torch.tensor([json.loads(line)["tokens"] for line in open(sys.argv[2])])
model = transformers.AutoModelForCausalLM.from_pretrained(sys.argv[1], dtype="auto").eval()
assert model.dtype == torch.bfloat16, model.dtype
with torch.no_grad():
    logits = model(rows).logits[:, :-1].flatten(0, 1).float()
print(torch.nn.functional.cross_entropy(logits, rows[:, 1:].flatten()).item())
`;

const STEPS = 20;
const SAVED = [7, 14] as const;
/** Of losses and all else that is compared, where not said otherwise. */
const TOLERANCE = 1e-3;

/** Works with an engine of this process, of which there is one at a time. */
async function withTfjs<T>(kind: 'wasm' | 'native', work: (executor: Executor) => Promise<T>): Promise<T> {
  return closing(await TfjsExecutor.start(kind), work);
}

describe('a run in PyTorch', { skip: TORCH_MISSING }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'adept-test-'));
  // All tests share them.
  const processes: TorchProcess[] = [];
  let torch: TorchExecutor;
  let undisturbed: Curve;

  /** Executors of several ranks, started when first needed. */
  const several = new Map<number, TorchExecutor>();
  async function ranks(count: number): Promise<TorchExecutor> {
    const known = several.get(count);
    if (known !== undefined) {
      return known;
    }
    const rank0 = await forkRanks(count);
    processes.push(rank0);
    const executor = new TorchExecutor(rank0);
    several.set(count, executor);
    return executor;
  }
  const runOf = (name: string): RunFolder =>
    newRun({ folder, name, tune: { steps: STEPS, saveEvery: SAVED[0] } });

  before(async () => {
    torch = await ranks(1);
    await expandSample(folder);
    const run = runOf('wasm');
    await withTfjs('wasm', (wasm) => tune(run, wasm));
    undisturbed = curveOfRun(run);
  });
  after(async () => {
    await Promise.all(processes.map((rank0) => rank0.close()));
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
    const run = runOf('torch');
    await tune(run, torch);
    assertSameCurve(curveOfRun(run), undisturbed, TOLERANCE);
    assert.deepEqual(run.checkpoints(), [...SAVED, STEPS]);
  });

  it('goes on with what the other saved, there and back, and is exported', async () => {
    const run = runOf('both');
    await tune(run, torch, SAVED[0]);
    await withTfjs('wasm', (wasm) => tune(run, wasm, SAVED[1]));
    await tune(run, torch);
    assertSameCurve(curveOfRun(run), undisturbed, TOLERANCE);
    const out = join(folder, 'exported');
    await exportModel(run, { out }, SILENT_TASK);
    const batch = makeBatch(randomSequences(4, [32], 512));
    const lossesOn = (executor: Executor): Promise<Float32Array> =>
      withModel(executor, unchanging(out), SILENT_TASK, (model) => model.losses(batch, { reuse: false }));
    assertAllClose(
      await lossesOn(torch),
      await withTfjs('wasm', lossesOn),
      1e-4,
      'losses of the exported model',
    );
  });

  it('is exported in bfloat16 with the losses of the files, which transformers computes with dtype="auto"', async () => {
    const run = runOf('rounded');
    await tune(run, torch);
    const out = join(folder, 'rounded-export');
    const measuring: Measuring = { use: (work) => work(torch), required: true };
    const { before, tuned, after } = await exportModel(
      run,
      { out, dtype: 'bfloat16', measuring },
      SILENT_TASK,
    );
    const { domainEval, generalEval } = await readCorpora(run.readSpec(), asKeysOf('run.json'), SILENT_TASK);
    const wasm = await withTfjs('wasm', (executor) =>
      lossesOfFolder(executor, out, { domainEval, generalEval }, SILENT_TASK),
    );
    assert.ok(after !== null && tuned !== null);
    for (const loss of ['domainLoss', 'generalLoss'] as const) {
      const [ours, theirs] = [after[loss] ?? NaN, wasm[loss] ?? NaN];
      assert.ok(Math.abs(ours - theirs) < 1e-4, `${loss}: ${ours}, wasm ${theirs}`);
      assert.notEqual(ours, tuned[loss]);
      assert.ok(Math.abs(ours - (tuned[loss] ?? NaN)) < 0.05, `${ours}, trained ${tuned[loss]}`);
    }
    assert.ok((tuned.domainLoss ?? NaN) < (before.domainLoss ?? NaN));
    // In its own arithmetic, too, where that is what is computed in.
    const [rank0] = processes;
    assert.ok(rank0);
    const rows = randomSequences(4, [32, 32, 32], 512);
    const narrow = new TorchExecutor(rank0, 'bfloat16');
    const losses = await withModel(narrow, unchanging(out), SILENT_TASK, (model) =>
      model.losses(makeBatch(rows), { reuse: false }),
    );
    const ours = losses.reduce((sum, loss) => sum + loss, 0) / losses.length;
    const theirs = Number(runPython(AS_STORED, out, writeRows(join(folder, 'rows.jsonl'), rows)));
    assert.ok(Math.abs(ours - theirs) < 1e-4, `${ours}, transformers ${theirs}`);
  });

  it('begun on native, goes on with two ranks, then with three, then on wasm', async (t) => {
    const missing = nativeMissing();
    t.diagnostic(missing === undefined ? 'begun on native' : `begun on wasm: ${missing}`);
    const run = runOf('changing');
    await withTfjs(missing === undefined ? 'native' : 'wasm', (tfjs) => tune(run, tfjs, 4));
    await tune(run, await ranks(2), 9);
    await tune(run, await ranks(3), 15);
    await withTfjs('wasm', (wasm) => tune(run, wasm));
    assertSameCurve(curveOfRun(run), undisturbed, TOLERANCE);
  });

  it('in bfloat16 moves every trained tensor, and stays close', async () => {
    const [rank0] = processes;
    assert.ok(rank0);
    const run = runOf('bfloat16');
    await tune(run, new TorchExecutor(rank0, 'bfloat16'));
    const moved = movementsOf(run.path, STEPS, join(folder, 'expanded'));
    assert.ok(moved.length > 0);
    assert.deepEqual(
      moved.filter(({ share }) => share === 0),
      [],
    );
    const evaluations = new Map([...curveOfRun(run)].filter(([name]) => name.includes('loss')));
    assert.deepEqual(differencesOf(evaluations, undisturbed, 1e-2), []);
    // What it computed is not float32's all the same.
    assert.notDeepEqual(differencesOf(evaluations, undisturbed, 1e-5), []);
  });

  describe('on several ranks', () => {
    const LONG = 50;
    let domain: string;
    let alone: Curve;
    let importance: ImportanceFile;
    const measured = (executor: Executor): Promise<ImportanceFile> => {
      const settings = analyzeSettings({ seqLen: 32, maxSequences: 7, batchSize: 5 });
      const probe = [sample('general.txt')];
      return analyze(executor, { model: sample('model'), probe, settings, scratch: folder }, SILENT_TASK);
    };
    /** Rows of many lengths, in batches that no number of ranks divides, two of them a step. */
    const tuned = async (name: string, executor: Executor): Promise<Curve> => {
      const sizes = { batchSize: 5, gradAccum: 2, maxProbeSequences: 7, maxEvalSequences: 7 };
      const run = newRun({ folder, name, domain, tune: { ...sizes, steps: LONG, updateEvery: 10 } });
      await tune(run, executor);
      return curveOfRun(run);
    };
    before(async () => {
      const lengths = Array.from({ length: 43 }, (_, index) => 4 + ((index * 7) % 29));
      domain = writeRows(join(folder, 'uneven.jsonl'), randomSequences(5, lengths, 512));
      alone = await tuned('alone', torch);
      importance = await measured(torch);
    });

    for (const count of [2, 3, 4]) {
      it(`${count}: 50 steps and exact importance are those of one process`, async () => {
        const executor = await ranks(count);
        assert.equal(executor.description.ranks, count);
        const curve = await tuned(`ranks-${count}`, executor);
        assert.equal([...curve.keys()].filter((name) => name.startsWith('loss ')).length, LONG);
        assert.equal([...curve.keys()].filter((name) => name.startsWith('rate 40 ')).length > 0, true);
        assertSameCurve(curve, alone, TOLERANCE);
        const own = await measured(executor);
        const layersOf = ({ layers }: ImportanceFile): number[] => layers.map((layer) => layer.importance);
        const unitsOf = ({ units }: ImportanceFile): number[] => units.map((unit) => unit.importance);
        for (const [index, value] of layersOf(importance).entries()) {
          assertAllClose([layersOf(own)[index] ?? NaN], [value], 1e-2, `layer ${index}`);
        }
        for (const [index, value] of unitsOf(importance).entries()) {
          assertAllClose([unitsOf(own)[index] ?? NaN], [value], 1e-2, `unit ${index}`);
        }
      });
    }
  });
});
