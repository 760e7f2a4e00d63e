import assert from 'node:assert/strict';
import { readdirSync, readFileSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it, type TestContext } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { isProcessAlive } from '../../src/node/process/processAlive';
import { AdeptError } from '../../src/shared/common/errors';
import { type Batch, makeBatch } from '../../src/trainer/data/sequences/batch';
import type { Model } from '../../src/trainer/executor/executor';
import type { RowReading } from '../../src/trainer/executor/requests';
import type { UnitSums } from '../../src/trainer/executor/results';
import { unchanging } from '../../src/trainer/executor/withModel';
import { Cancelled, SILENT_TASK } from '../../src/trainer/task';
import { descendantsOf, type KnownProcess } from '../../src/node/process/descendants';
import type { TorchProcess } from '../../src/trainer/torch/process/torchProcess';
import { TorchExecutor } from '../../src/trainer/torch/torchExecutor';
import { randomSequences, writeRandomModel } from '../parity/randomModel';
import { type RecipeName, RECIPES } from '../parity/recipes';
import { assertAllClose } from '../support/allclose';
import { HANG_MILLISECONDS } from '../support/hang';
import { stepOf } from '../support/steps';
import { temporaryFolder } from '../support/temporaryFolder';
import { forkTorch, openOnWasm, startRanks } from '../support/torch';
import { TORCH_MISSING } from '../support/torchPython';

/** What waits for processes to end would wait for ever where they do not. */
const LIMITED = { timeout: HANG_MILLISECONDS };
const AS_IT_IS = { reuse: false };
const CLOSE = 2e-4;

/** Both executors' models of a recipe; the last two layers train. */
async function both(
  t: TestContext,
  torch: TorchExecutor,
  name: RecipeName,
): Promise<{ wasm: Model; model: Model; batch: Batch }> {
  const folder = writeRandomModel(temporaryFolder(t), name);
  const layers = RECIPES[name].config.num_hidden_layers;
  const request = { ...unchanging(folder), trains: [layers - 2, layers - 1] };
  const model = await torch.open(request, SILENT_TASK);
  t.after(() => model.close());
  const batch = makeBatch(randomSequences(5, [24, 9, 17], RECIPES[name].config.vocab_size));
  return { wasm: await openOnWasm(t, request), model, batch };
}

async function assertSameUnits(wasm: Model, model: Model, batch: Batch): Promise<void> {
  const layers = [model.config.numHiddenLayers - 1, 0];
  const groups = model.units.flatMap(({ name, groups: found }) =>
    found ? [{ unit: name, along: found.along, bounds: found.bounds }] : [],
  );
  for (const definition of ['released', 'paper'] as const) {
    const request = { layers, definition, groups };
    const expected = await wasm.unitSums(batch, request, AS_IT_IS);
    const own = await model.unitSums(batch, request, AS_IT_IS);
    // What is added up with its sign nearly cancels in norms' inputs: all of it is held against the largest.
    const parts = ({ sums, groups: more }: UnitSums): (readonly [string, Float64Array])[] => [
      ['units', sums],
      ...more.map((values, index) => [groups[index]?.unit ?? '', values] as const),
    ];
    if (definition === 'released') {
      const wanted = new Map(parts(expected));
      for (const [name, values] of parts(own)) {
        assertAllClose(values, wanted.get(name) ?? [], 1e-3, `${name}, ${definition}`);
      }
    } else {
      const all = (of: UnitSums): number[] => parts(of).flatMap(([, values]) => [...values]);
      assertAllClose(all(own), all(expected), 1e-3, definition);
    }
  }
}

const { vocab_size: vocabSize } = RECIPES.qwen3.config;

function rankOf({ pid }: KnownProcess): string | undefined {
  const environment = readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0');
  return environment.find((line) => line.startsWith('RANK='))?.slice('RANK='.length);
}

/** Three steps over uneven batches, one of them in two parts; and what came of them. */
async function trained(model: Model): Promise<number[]> {
  const batch = makeBatch(randomSequences(5, [24, 9, 17], vocabSize));
  const more = makeBatch(randomSequences(6, [12], vocabSize));
  const results: number[] = [];
  for (const step of [1, 2, 3]) {
    const { loss, gradNorm, tokens } = await model.step(
      stepOf(model, step === 2 ? [batch, more] : [batch], step),
    );
    results.push(loss, gradNorm, tokens);
  }
  const { sums } = await model.maskedLosses(batch, undefined, SILENT_TASK);
  const units = await model.unitSums(
    more,
    { layers: [3], definition: 'released', groups: [] },
    { reuse: false },
  );
  return [...results, ...sums, ...units.sums];
}

describe('PyTorch', { skip: TORCH_MISSING }, () => {
  // It takes seconds to load: one serves all tests.
  let torch: TorchExecutor;
  before(async () => {
    torch = await forkTorch();
  });
  after(() => torch.close());

  describe('a model, beside the same on wasm', () => {
    for (const name of ['llama', 'mistral', 'qwen2', 'qwen3', 'phi3', 'gemma2'] as const) {
      it(`${name}: losses, importance of layers and units, logits, tokens and ranks are the same`, async (t) => {
        const { wasm, model, batch } = await both(t, torch, name);
        assert.deepEqual(model.units, wasm.units);
        assert.deepEqual(model.trained, wasm.trained);
        const losses = await wasm.losses(batch, AS_IT_IS);
        assertAllClose(await model.losses(batch, AS_IT_IS), losses, CLOSE, 'losses');
        const masked = await wasm.maskedLosses(batch, undefined, SILENT_TASK);
        const said: string[] = [];
        const task = { report: (_: number, message: string) => void said.push(message) };
        const own = await model.maskedLosses(batch, { bytes: 5000, folder: temporaryFolder(t) }, task);
        assert.deepEqual(own.targets, masked.targets);
        assertAllClose(own.sums, masked.sums, CLOSE, 'masked losses');
        assert.ok(said.every((message) => message !== ''));
        const changes = await wasm.layerChanges(batch);
        assertAllClose((await model.layerChanges(batch)).sums, changes.sums, CLOSE, 'changes of layers');
        await assertSameUnits(wasm, model, batch);
        const rows = Int32Array.of(0, 7, 30);
        assertAllClose(await model.logits(batch, rows), await wasm.logits(batch, rows), CLOSE, 'logits');
        const tops = await wasm.topTokens(batch);
        assert.deepEqual(await model.topTokens(batch), tops);
        const others = tops.map((token) => (token + 1) % model.config.vocabSize);
        assert.deepEqual(await model.ranks(batch, others), await wasm.ranks(batch, others));
        const { now, peak } = await model.memory();
        assert.ok(now > 0 && peak >= now);
      });
    }

    it('reads prompts side by side and token by token alike, and forgets them when its weights change', async (t) => {
      const { wasm, model } = await both(t, torch, 'gemma2');
      const prompts = randomSequences(7, [9, 3, 14], model.config.vocabSize);
      const oneMore = (row: number, token: number): RowReading => ({ row, tokens: [token], forget: 0 });
      for (const [read, what] of [
        [(one: Model) => one.prefill(prompts, 'logits'), 'prompts'],
        [(one: Model) => one.decode([oneMore(0, 4), oneMore(1, 9)], 'logits'), 'one token more'],
        [(one: Model) => one.decode([oneMore(1, 8)], 'logits'), 'and in one row'],
      ] as const) {
        const [a, b] = [await read(wasm), await read(model)];
        assert.deepEqual(b.top, a.top, what);
        assertAllClose(b.logits ?? [], a.logits ?? [], CLOSE, what);
      }
      for (const one of [wasm, model]) {
        await one.setStrength(new Map([[model.config.numHiddenLayers - 1, 0.5]]));
        await assert.rejects(one.decode([oneMore(0, 1)], 'top'), {
          message: /Nothing is being generated/,
        });
        await one.setStrength(new Map());
      }
    });

    it('takes the same steps, at a rate of its own for each tensor, and is scaled alike', async (t) => {
      const { wasm, model, batch } = await both(t, torch, 'qwen3');
      const more = makeBatch(randomSequences(6, [12, 12], model.config.vocabSize));
      const rates = Float64Array.from(model.trained, (_, index) => 1e-3 * (1 + (index % 5)));
      const frozen = [model.trained[0]?.name ?? ''];
      for (const step of [1, 2, 3]) {
        const request = stepOf(model, step === 2 ? [batch, more] : [batch], step, { rates, frozen });
        const [a, b] = [await wasm.step(request), await model.step(request)];
        assertAllClose([b.loss, b.gradNorm, b.tokens], [a.loss, a.gradNorm, a.tokens], CLOSE, `step ${step}`);
      }
      const alpha = new Map([[model.config.numHiddenLayers - 1, 0.5]]);
      const trained = await wasm.losses(batch, AS_IT_IS);
      for (const [strength, what] of [
        [alpha, 'half as strong'],
        [new Map(), 'as trained'],
      ] as const) {
        await wasm.setStrength(strength);
        await model.setStrength(strength);
        assertAllClose(await model.losses(batch, AS_IT_IS), await wasm.losses(batch, AS_IT_IS), CLOSE, what);
      }
      assertAllClose(await model.losses(batch, AS_IT_IS), trained, CLOSE, 'after all');
    });

    it('refuses what is no model, in one sentence for the person, and goes on', async (t) => {
      const folder = writeRandomModel(temporaryFolder(t), 'llama');
      truncateSync(join(folder, 'model.safetensors'), 5000);
      const opened = torch.open(unchanging(folder), SILENT_TASK);
      await assert.rejects(opened, (error) => {
        assert.ok(error instanceof AdeptError);
        assert.equal(error.kind, 'input', error.message);
        assert.ok(error.message.includes(folder), error.message);
        return true;
      });
      const { model, batch } = await both(t, torch, 'llama');
      const abort = new AbortController();
      const many = makeBatch(randomSequences(5, Array<number>(64).fill(100), model.config.vocabSize));
      const work = model.maskedLosses(many, undefined, { ...SILENT_TASK, signal: abort.signal });
      abort.abort();
      await assert.rejects(work, Cancelled);
      assert.ok((await model.losses(batch, AS_IT_IS)).every(Number.isFinite));
    });
  });

  describe('two ranks', { skip: process.platform !== 'linux' && 'processes are looked at in /proc' }, () => {
    let ranks: TorchProcess;
    let started: KnownProcess[];
    before(async () => {
      const others = descendantsOf(process.pid).map(({ pid }) => pid);
      ranks = await startRanks(2);
      started = descendantsOf(process.pid).filter(({ pid }) => !others.includes(pid));
    });
    after(() => ranks.close());

    it('compute what one does', async (t) => {
      const folder = writeRandomModel(temporaryFolder(t), 'qwen3');
      const request = { ...unchanging(folder), trains: [2, 3] };
      const executor = new TorchExecutor(ranks);
      assert.equal(executor.description.ranks, 2);
      const [one, two] = [await torch.open(request, SILENT_TASK), await executor.open(request, SILENT_TASK)];
      t.after(() => one.close());
      assertAllClose(await trained(two), await trained(one), 1e-4, 'steps and importance');
      await two.close();
    });

    it('end the call with rank and cause when one is killed, and leave nothing', LIMITED, async (t) => {
      const model = await new TorchExecutor(ranks).open(
        unchanging(writeRandomModel(temporaryFolder(t), 'qwen3')),
        SILENT_TASK,
      );
      const victim = started.find(
        (candidate) => isProcessAlive(candidate.pid, candidate.token) && rankOf(candidate) === '1',
      );
      assert.ok(victim, 'rank 1 was found');
      process.kill(victim.pid, 'SIGKILL');
      const batch = makeBatch(randomSequences(5, [24, 9, 17], vocabSize));
      await assert.rejects(model.losses(batch, { reuse: false }), (error) => {
        assert.ok(error instanceof AdeptError);
        assert.match(error.message, /rank 1/i);
        assert.match(error.message, /can be resumed from its last checkpoint\.$/);
        return true;
      });
      await assert.rejects(model.losses(batch, { reuse: false }), /can be resumed/);
      await ranks.close();
      const own = started.filter(({ pid }) => readdirSync('/proc').includes(String(pid)));
      while (own.some(({ pid, token }) => isProcessAlive(pid, token))) {
        await setTimeout(50);
      }
    });
  });
});
