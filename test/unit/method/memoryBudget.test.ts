import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { describe, it } from 'node:test';
import { exactLayerImportance, probeOf } from '../../../src/trainer/method/layerImportance';
import type { ProcessMemory } from '../../../src/trainer/executor/results';
import { BatchChooser } from '../../../src/trainer/method/batchChooser';
import { MaskedPasses } from '../../../src/trainer/tfjs/measure/maskedPasses';
import { batches, rowsOf, type Batch } from '../../../src/trainer/data/sequences/batch';
import { listOf, NO_SEQUENCES } from '../../../src/trainer/data/sequences/sequences';
import { TfjsModel } from '../../../src/trainer/tfjs/tfjsModel';
import { CausalLM } from '../../../src/trainer/tfjs/model/causalLM';
import { SILENT_TASK } from '../../../src/trainer/task';
import { assertAllClose } from '../../support/allclose';
import { onEveryEngine } from '../../support/engines';
import { seededRandom } from '../../../src/shared/common/random';
import { writeShapedModel } from '../../support/shapedModel';
import { temporaryFolder } from '../../support/temporaryFolder';

const SHAPE = { vocab: 61, hidden: 16, mlp: 24, layers: 5, heads: 2, keyValueHeads: 1, tied: true };

/** A machine on which nothing takes memory. */
const PLENTY = (): Promise<ProcessMemory> => Promise.resolve({ now: 0, peak: 0 });

function sequences(count: number): Int32Array[] {
  const random = seededRandom(5);
  return Array.from({ length: count }, () => Int32Array.from({ length: 9 }, () => Math.floor(random() * 61)));
}

onEveryEngine('exact layer importance within a budget of memory', (test) => {
  test('is the same bits when passes of the model lie on the disk, which keeps nothing of them', async (engine, t) => {
    const folder = temporaryFolder(t);
    const model = CausalLM.load(engine, writeShapedModel(temporaryFolder(t), SHAPE));
    const probe = probeOf(batches(listOf(sequences(4)), 2));
    const before = engine.tensorCount();
    const expected = await exactLayerImportance(new TfjsModel(model), probe, SILENT_TASK);
    // Room for two of the six passes of 2 × 9 × 16 values.
    const memoryLimit = { bytes: 2 * 2 * 9 * 16 * 4, folder };
    const found = await exactLayerImportance(new TfjsModel(model), { ...probe, memoryLimit }, SILENT_TASK);
    assert.deepEqual(found, expected);
    assert.deepEqual(readdirSync(folder), []);
    assert.ok(engine.tensorCount() - before <= 5, 'rope tables and a mask stay');
    model.dispose();
  });

  test('says where hidden states could not be kept, and what to do', async (engine, t) => {
    const model = CausalLM.load(engine, writeShapedModel(temporaryFolder(t), SHAPE));
    const memoryLimit = { bytes: 0, folder: '/nowhere' };
    await assert.rejects(
      exactLayerImportance(
        new TfjsModel(model),
        { ...probeOf(batches(listOf(sequences(1)), 1)), memoryLimit },
        SILENT_TASK,
      ),
      /cannot be stored in \/nowhere .*: raise --memory/,
    );
    model.dispose();
  });

  test('does not depend on how sequences are put together', async (engine, t) => {
    const model = CausalLM.load(engine, writeShapedModel(temporaryFolder(t), SHAPE));
    const all = listOf(sequences(7));
    const expected = await exactLayerImportance(new TfjsModel(model), probeOf(batches(all, 7)), SILENT_TASK);
    const chooser = await BatchChooser.open(all, { bytes: 1e12, folder: '/nowhere' }, PLENTY);
    const found = await exactLayerImportance(
      new TfjsModel(model),
      { batches: chooser, sequences: 7 },
      SILENT_TASK,
    );
    assertAllClose([found.baseLoss], [expected.baseLoss], 1e-6, 'base loss');
    const far = Math.max(
      ...found.layers.map((value, layer) => Math.abs(value - (expected.layers[layer] ?? NaN))),
    );
    assert.ok(far < 1e-6, `off by ${far}`);
    model.dispose();
  });

  test('keeps what was put, in memory and in the file', (engine, t) => {
    const passes = new MaskedPasses(engine, [2, 3], { bytes: 24, folder: temporaryFolder(t) });
    const values = [1, 2, 3].map((of) => Float32Array.from({ length: 6 }, (_, at) => of + at / 10));
    values.forEach((of, index) => {
      passes.put(index, engine.tensor(of.slice(), [2, 3]));
    });
    assert.equal(passes.size, 3);
    assert.equal(passes.onDisk, 2);
    for (const [index, of] of values.entries()) {
      const taken = passes.take(index);
      assert.deepEqual(engine.read(taken), of);
      engine.dispose(taken);
    }
    assert.throws(() => passes.take(3), /Variant 3 was not kept/);
    passes.dispose();
  });
});

describe('the choice of a batch', () => {
  async function taken(chooser: BatchChooser): Promise<Batch[]> {
    const all: Batch[] = [];
    for await (const batch of chooser) {
      all.push(batch);
    }
    return all;
  }

  /** Sizes of the batches when a sequence costs so many seconds in batches of each size, and so much memory. */
  async function sizes(
    count: number,
    budget: number,
    secondsOf: (size: number) => number,
    each = 100,
  ): Promise<number[]> {
    let time = 0;
    let peak = 1000;
    const chooser = await BatchChooser.open(
      listOf(sequences(count)),
      { bytes: budget, folder: '/nowhere' },
      () => Promise.resolve({ now: 1000, peak }),
      () => time,
    );
    const chosen: number[] = [];
    for await (const { batch } of chooser) {
      time += batch * secondsOf(batch);
      peak = Math.max(peak, 1000 + batch * each);
      chosen.push(batch);
    }
    return chosen;
  }

  it('grows while that is faster, and no further than the memory allows by what was taken', async () => {
    assert.deepEqual(await sizes(40, 1e9, (size) => 1 / size), [1, 2, 4, 8, 16, 9]);
    assert.deepEqual(await sizes(20, 1500, (size) => 1 / size), [1, 2, 4, 4, 4, 4, 1]);
    assert.deepEqual(await sizes(3, 1100, (size) => 1 / size), [1, 1, 1]);
  });

  it('goes back to the faster size when a larger one is no faster', async () => {
    assert.deepEqual(await sizes(9, 1e9, (size) => (size === 2 ? 0.5 : 1)), [1, 2, 4, 2]);
    assert.deepEqual(await sizes(5, 1e9, () => 1), [1, 2, 1, 1]);
  });

  it('keeps for a second text what the first one taught, whatever memory was taken since', async () => {
    let time = 0;
    let memory = { now: 1000, peak: 1000 };
    const budget = { bytes: 1500, folder: '/nowhere' };
    const first = await BatchChooser.open(
      listOf(sequences(10)),
      budget,
      () => Promise.resolve(memory),
      () => time,
    );
    for await (const { batch } of first) {
      time += 1;
      memory = { now: 1400, peak: Math.max(memory.peak, 1000 + batch * 100) };
    }
    const second = first.again(listOf(sequences(9)));
    assert.deepEqual(
      (await taken(second)).map(({ batch }) => batch),
      [4, 4, 1],
    );
    assert.deepEqual(second.memoryLimit, first.memoryLimit);
  });

  it('takes every sequence once', async () => {
    const all = sequences(11);
    const chooser = await BatchChooser.open(listOf(all), { bytes: 1e12, folder: '/nowhere' }, PLENTY);
    const seen = (await taken(chooser)).flatMap((batch) => rowsOf(batch).map(({ ids }) => ids.slice()));
    assert.deepEqual(seen, all);
  });

  it('leaves half of the free memory to hidden states', async () => {
    const chooser = await BatchChooser.open(NO_SEQUENCES, { bytes: 5000, folder: '/here' }, () =>
      Promise.resolve({ now: 1000, peak: 1000 }),
    );
    assert.deepEqual(chooser.memoryLimit, { bytes: 2000, folder: '/here' });
  });
});
