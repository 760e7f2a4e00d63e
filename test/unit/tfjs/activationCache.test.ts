import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { activationCache, type ActivationCache } from '../../../src/trainer/tfjs/cache/activationCache';
import { meanLoss } from '../../../src/trainer/method/loss';
import { layerParameters } from '../../../src/trainer/tfjs/tuning/parameters';
import { Tuner } from '../../../src/trainer/tfjs/tuning/tuner';
import { TfjsModel } from '../../../src/trainer/tfjs/tfjsModel';
import { unitImportance } from '../../../src/trainer/method/unitImportance';
import { batchOf, rowsOf, type Batch } from '../../../src/trainer/data/sequences/batch';
import type { Engine } from '../../../src/trainer/tfjs/engine/engine';
import type { Tensor } from '../../../src/trainer/tfjs/engine/tensor';
import { CausalLM } from '../../../src/trainer/tfjs/model/causalLM';
import { lossGradients } from '../../../src/trainer/tfjs/model/gradients';
import { SILENT_TASK } from '../../../src/trainer/task';
import { assertAllClose } from '../../support/allclose';
import { onEveryEngine } from '../../support/engines';
import { seededRandom } from '../../../src/shared/common/random';
import { stepOf } from '../../support/steps';
import { writeShapedModel } from '../../support/shapedModel';

const numbers = new Map<Int32Array, number>();

/** Rows of which each is the same sequence whenever it comes. */
function numberedBatch(rows: readonly Int32Array[], documentStarts?: readonly Int32Array[]): Batch {
  return batchOf(
    rows.map((ids, index) => {
      const number = numbers.get(ids) ?? -1 - numbers.size;
      numbers.set(ids, number);
      return { ids, number, documentStarts: documentStarts?.[index] };
    }),
  );
}

const SHAPE = {
  vocab: 128,
  hidden: 32,
  mlp: 80,
  layers: 4,
  heads: 4,
  keyValueHeads: 2,
  tied: true,
};
const TRAINED = [2, 3];
const LENGTHS = [24, 24, 17, 24, 9, 24];
const EPOCHS = 3;

interface Bench {
  readonly folder: string;
  readonly model: CausalLM;
  readonly sequences: readonly Int32Array[];
  readonly problems: string[];
  states(megabytes: number): ActivationCache;
}

async function withModel(engine: Engine, body: (bench: Bench) => void | Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'adept-states-'));
  const random = seededRandom(3);
  const model = CausalLM.load(engine, writeShapedModel(join(folder, 'model'), SHAPE));
  const problems: string[] = [];
  const opened: ActivationCache[] = [];
  try {
    await body({
      folder,
      model,
      problems,
      sequences: LENGTHS.map((length) =>
        Int32Array.from({ length }, () => Math.floor(random() * SHAPE.vocab)),
      ),
      states: (megabytes) => {
        const made = activationCache(model, TRAINED, {
          folder,
          megabytes,
          onProblem: (message) => {
            problems.push(message);
          },
        });
        assert.ok(made !== undefined);
        opened.push(made);
        return made;
      },
    });
  } finally {
    opened.forEach((states) => {
      states.close();
    });
    model.dispose();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Losses of every step over epochs that put the same sequences together in other batches. */
function tuned({ model, sequences }: Bench, known: ActivationCache | undefined): number[] {
  const tuner = new Tuner(model, layerParameters(model, TRAINED));
  const losses: number[] = [];
  for (let epoch = 0; epoch < EPOCHS; epoch += 1) {
    const order = sequences.map((_, index) => (index * 5 + epoch) % sequences.length);
    for (let begin = 0; begin < order.length; begin += 2) {
      const batch = numberedBatch(order.slice(begin, begin + 2).flatMap((index) => sequences[index] ?? []));
      const request = stepOf({ trained: tuner.parameters }, [batch], losses.length + 1, { weightDecay: 0 });
      losses.push(tuner.step(request, known).loss);
    }
  }
  tuner.dispose();
  return losses;
}

onEveryEngine('hidden states below the trained layers', (test) => {
  test('are the same bits from the disk, also in batches that are put together anew', async (engine) => {
    let computed: number[] = [];
    await withModel(engine, (bench) => {
      computed = tuned(bench, undefined);
    });
    await withModel(engine, (bench) => {
      const states = bench.states(1);
      assert.deepEqual(tuned(bench, states), computed);
      assert.equal(states.size, LENGTHS.length);
      assert.ok(new Set(computed).size > EPOCHS, 'nothing was learnt');
    });
  });

  test('serve evaluation and importance with the same values', async (engine) => {
    await withModel(engine, async (bench) => {
      const { model, sequences } = bench;
      const known = bench.states(1);
      const batches = [numberedBatch(sequences.slice(0, 4)), numberedBatch(sequences.slice(4))];
      const asked = new TfjsModel(model, [], known);
      const ofUnits = (layers: number[], reuse: boolean): ReturnType<typeof unitImportance> =>
        unitImportance(asked, batches, { layers, definition: 'released' }, SILENT_TASK, { reuse });
      const measure = async (reuse: boolean): Promise<unknown> => [
        await meanLoss(asked, batches, SILENT_TASK, { reuse }),
        await ofUnits(TRAINED, reuse),
      ];
      const anew = await measure(false);
      assert.equal(known.size, 0);
      // Kept the first time, read the second.
      assert.deepEqual(await measure(true), anew);
      assert.equal(known.size, LENGTHS.length);
      assert.deepEqual(await measure(true), anew);
      // Of other layers than those that they enter they say nothing.
      assert.deepEqual(await ofUnits([0, 1], true), await ofUnits([0, 1], false));
    });
  });

  test('are those of a sequence with its documents, whatever batch brought it', async (engine) => {
    await withModel(engine, (bench) => {
      const { model, sequences } = bench;
      const starts = [[0, 5, 6], [0], [0, 16], [0, 11], [0, 1, 2], [0, 20]].map((row) =>
        Int32Array.from(row),
      );
      const batchOf = (rows: readonly number[]): Batch =>
        numberedBatch(
          rows.flatMap((row) => sequences[row] ?? []),
          rows.flatMap((row) => starts[row] ?? []),
        );
      const read = (tensor: Tensor, row: number, length: number): Float32Array => {
        const values = engine.read(tensor).slice(row * length * SHAPE.hidden);
        return values.subarray(0, (LENGTHS[row] ?? 0) * SHAPE.hidden);
      };
      const known = bench.states(1);
      const order = [0, 1, 2, 3, 4, 5];
      for (const batch of [batchOf(order), batchOf(order)]) {
        engine.tidy(() => {
          const found = known.input(batch);
          for (const row of order) {
            const alone = batchOf([row]);
            const expected = model.run(model.context(alone), model.embed(alone), 0, known.layer);
            assert.deepEqual(read(found, row, batch.length), engine.read(expected), `row ${row}`);
          }
        });
      }
      assert.equal(known.size, LENGTHS.length);
    });
  });

  test('may take more lengths and documents than the model keeps contexts of', async (engine) => {
    await withModel(engine, (bench) => {
      const { model } = bench;
      const lengths = [24, 5, 6, 7, 8, 9, 10];
      const rows = lengths.map((length) => Int32Array.from({ length }, (_, at) => (at * 5) % SHAPE.vocab));
      const starts = lengths.map((_, row) => Int32Array.of(0, row === 0 ? 11 : 3));
      for (const make of [() => numberedBatch(rows), () => numberedBatch(rows, starts)]) {
        const expected = model.losses(make());
        assertAllClose(model.losses(make(), bench.states(1)), expected, 1e-5, 'losses');
        const known = bench.states(1);
        const losses = lossGradients(model, make(), {
          ...{ scale: 1, lowestLayer: known.layer, wants: () => true, onLayer: () => undefined },
          input: (batch) => known.input(batch),
        });
        assertAllClose(losses, expected, 1e-5, 'losses beside gradients');
      }
    });
  });

  test('are those of a sequence by itself where the engine gives it other bits in a batch', async (engine) => {
    await withModel(engine, ({ model, sequences, folder }) => {
      const odd = Object.create(model, {
        run: {
          value: (...args: Parameters<CausalLM['run']>): Tensor => {
            const result = model.run(...args);
            return args[0].batch > 1 ? engine.scale(result, 1 + 2 ** -10) : result;
          },
        },
      }) as CausalLM;
      const [layer = 0] = TRAINED;
      const values = (of: CausalLM, sequence: Int32Array): Float32Array => {
        const batch = numberedBatch([sequence]);
        return engine.read(of.run(of.context(batch), of.embed(batch), 0, layer));
      };
      for (const megabytes of [1, 1e-6]) {
        const states = activationCache(odd, TRAINED, {
          folder,
          megabytes,
          onProblem: (message) => {
            assert.equal(message, undefined);
          },
        });
        assert.ok(states !== undefined);
        engine.tidy(() => {
          const batch = numberedBatch(sequences.slice(0, 3));
          const first = engine.read(states.input(batch));
          assert.equal(states.size, megabytes === 1 ? 3 : 0);
          for (const [index, sequence] of rowsOf(batch)
            .map(({ ids }) => ids)
            .entries()) {
            const begin = index * batch.length * SHAPE.hidden;
            const own = first.subarray(begin, begin + sequence.length * SHAPE.hidden);
            assert.deepEqual(own, values(model, sequence));
          }
          assert.deepEqual(engine.read(states.input(batch)), first);
        });
        states.close();
      }
    });
  });

  test('are kept up to the limit, and no file with a name remains', async (engine) => {
    await withModel(engine, (bench) => {
      const [first = new Int32Array()] = bench.sequences;
      const perSequence = first.length * SHAPE.hidden * 4;
      const states = bench.states((2.5 * perSequence) / 1e6);
      const tensors = engine.tensorCount();
      for (const sequence of bench.sequences.filter(({ length }) => length === first.length)) {
        engine.tidy(() => {
          states.input(numberedBatch([sequence]));
        });
      }
      assert.equal(states.size, 2);
      assert.deepEqual(readdirSync(bench.folder), ['model']);
      // The rope tables and the mask of this length stay with the model.
      assert.ok(engine.tensorCount() - tensors <= 5);
    });
  });

  test('are computed anew where nothing can be written, which is said once', async (engine) => {
    await withModel(engine, (bench) => {
      const missing = join(bench.folder, 'missing');
      const states = activationCache(bench.model, TRAINED, {
        folder: missing,
        megabytes: 1,
        onProblem: (message) => {
          bench.problems.push(message);
        },
      });
      assert.deepEqual(tuned(bench, states).length, (LENGTHS.length / 2) * EPOCHS);
      assert.equal(bench.problems.length, 1);
      assert.match(bench.problems[0] ?? '', /Hidden states cannot be stored in .*missing .*computed again/);
      assert.equal(states?.size, 0);
    });
  });

  test('are not kept where the lowest layer is trained, everything is, or nothing may be', async (engine) => {
    await withModel(engine, ({ model, folder }) => {
      const options = { folder, megabytes: 1, onProblem: () => undefined };
      assert.equal(activationCache(model, [0, 3], options), undefined);
      assert.equal(activationCache(model, [], options), undefined);
      assert.equal(activationCache(model, TRAINED, { ...options, megabytes: 0 }), undefined);
    });
  });
});
