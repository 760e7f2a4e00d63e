import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { unitsOf } from '../../../src/shared/model/architecture';
import { modelUnits } from '../../../src/shared/model/modelUnits';
import { groupsOf } from '../../../src/shared/model/unitGroups';
import { makeBatch, type Batch } from '../../../src/trainer/data/sequences/batch';
import type { Executor, Model } from '../../../src/trainer/executor/executor';
import { unchanging, withModel } from '../../../src/trainer/executor/withModel';
import type { MemoryLimit, UnitRequest } from '../../../src/trainer/executor/requests';
import type { TrainedTensor } from '../../../src/trainer/executor/results';
import { exactLayerImportance, fastLayerImportance } from '../../../src/trainer/method/layerImportance';
import { textLoss } from '../../../src/trainer/method/loss';
import { answerByLikelihood } from '../../../src/trainer/method/multipleChoice';
import { TensorRates } from '../../../src/trainer/method/tensorRates';
import { ranksOf, topTokens } from '../../../src/trainer/method/topTokens';
import { unitImportance } from '../../../src/trainer/method/unitImportance';
import { Cancelled, SILENT_TASK, type Task } from '../../../src/trainer/task';
import { configOfShape } from '../../support/shapedModel';
import { characterTokenizer } from '../../support/tokenizers';
import { openTokenizer } from '../../../src/trainer/data/tokenizer/tokenizer';

const SHAPE = { vocab: 16, hidden: 4, mlp: 8, layers: 2, heads: 2, keyValueHeads: 1, tied: true };
const CONFIG = configOfShape(SHAPE);
const UNITS = modelUnits(CONFIG);

const row = (length: number): Int32Array => Int32Array.from({ length }, (_, at) => at);
/** Of two sequences and of one. */
const BATCHES = [makeBatch([row(4), row(3)]), makeBatch([row(2)])];

function numberOf(batch: Batch): number {
  return BATCHES.indexOf(batch);
}

describe('exact layer importance', () => {
  /** Losses of the untouched model, without layer 0, without layer 1; by batch, sequence by sequence. */
  const SUMS = [
    [6, 2, 9, 3, 6, 4],
    [1, 2, 5],
  ];
  const TARGETS = [[3, 2], [1]];

  function model(asked: unknown[] = []): Pick<Model, 'config' | 'maskedLosses'> {
    return {
      config: CONFIG,
      maskedLosses: (batch, memoryLimit, task) => {
        const at = numberOf(batch);
        asked.push([at, memoryLimit]);
        task.report(0.5, 'layer 1 of 2');
        return Promise.resolve({
          targets: Int32Array.from(TARGETS[at] ?? []),
          sums: Float64Array.from(SUMS[at] ?? []),
        });
      },
    };
  }

  it('is the rise of the mean loss over all predicted positions, with what each sequence adds to it', async () => {
    const found = await exactLayerImportance(model(), { batches: BATCHES, sequences: 3 }, SILENT_TASK);
    assert.equal(found.baseLoss, (6 + 2 + 1) / 6);
    assert.deepEqual(found.shares, {
      weights: [3, 2, 1],
      sums: [
        [3, 1, 1],
        [0, 2, 4],
      ],
    });
    assert.deepEqual(found.layers, [5 / 6, 1]);
  });

  it('asks for one batch after the other, and for none when enough is known', async () => {
    const asked: unknown[] = [];
    const memoryLimit: MemoryLimit = { bytes: 8, folder: '/here' };
    const reports: [number, string][] = [];
    const task: Task = { report: (...report) => reports.push(report) };
    const enough = ({ weights }: { readonly weights: readonly number[] }): boolean => weights.length === 2;
    const probe = { batches: BATCHES, sequences: 3, memoryLimit, enough };
    const found = await exactLayerImportance(model(asked), probe, task);
    assert.deepEqual(asked, [[0, memoryLimit]]);
    assert.deepEqual(found.layers, [4 / 5, 2 / 5]);
    assert.deepEqual(reports, [[1 / 3, 'layer importance, sequence 1 of 3, layer 1 of 2']]);
  });

  it('ends where the model is told that the task was cancelled', async () => {
    const abort = new AbortController();
    abort.abort();
    const cancelled: Pick<Model, 'config' | 'maskedLosses'> = {
      config: CONFIG,
      maskedLosses: (_batch, _limit, { signal }) =>
        signal?.aborted === true ? Promise.reject(new Cancelled()) : assert.fail('It was not told.'),
    };
    const task = { ...SILENT_TASK, signal: abort.signal };
    await assert.rejects(
      exactLayerImportance(cancelled, { batches: BATCHES, sequences: 3 }, task),
      Cancelled,
    );
  });
});

describe('fast layer importance', () => {
  it('is the mean change over all tokens', async () => {
    const SUMS = [
      [1, 2, 3, 4],
      [5, 6],
    ];
    const model: Pick<Model, 'config' | 'layerChanges'> = {
      config: CONFIG,
      layerChanges: (batch) =>
        Promise.resolve({
          losses: Float32Array.from(batch.lengths).map((length) => length - 1),
          sums: Float64Array.from(SUMS[numberOf(batch)] ?? []),
        }),
    };
    const found = await fastLayerImportance(model, BATCHES, SILENT_TASK);
    assert.equal(found.baseLoss, (3 + 2 + 1) / 3);
    assert.deepEqual(found.shares.weights, [4, 3, 2]);
    assert.deepEqual(found.layers, [(1 + 2 + 5) / 9, (3 + 4 + 6) / 9]);
  });
});

describe('unit importance', () => {
  const LAYERS = [1, 0];

  function model(asked: [UnitRequest, boolean][] = []): Pick<Model, 'units' | 'unitSums'> {
    return {
      units: UNITS,
      unitSums: (batch, request, { reuse }) => {
        asked.push([request, reuse]);
        const factor = numberOf(batch) + 1;
        const sums = Float64Array.from({ length: 2 * UNITS.length }, (_, at) => factor * at);
        const groups = request.groups.map(({ bounds }) =>
          Float64Array.from({ length: 2 * (bounds.length - 1) }, (_, at) => factor * at),
        );
        return Promise.resolve({ sums, groups });
      },
    };
  }

  it('is the mean over the parameters of a unit and over batches', async () => {
    const asked: [UnitRequest, boolean][] = [];
    const request = { layers: LAYERS, definition: 'paper' } as const;
    const found = await unitImportance(model(asked), BATCHES, request, SILENT_TASK, { reuse: true });
    assert.deepEqual(
      found,
      LAYERS.flatMap((layer, index) =>
        unitsOf(CONFIG).map(({ name, shape }, column) => {
          const size = shape.reduce((a, b) => a * b, 1);
          return { layer, name, importance: (3 * (index * UNITS.length + column)) / (2 * size) };
        }),
      ),
    );
    assert.deepEqual(asked, [
      [{ ...request, groups: [] }, true],
      [{ ...request, groups: [] }, true],
    ]);
  });

  it('is, of a group, the mean over its rows or columns of the weight', async () => {
    const request = { layers: LAYERS, definition: 'released', groups: true } as const;
    const found = await unitImportance(model(), BATCHES, request, SILENT_TASK);
    for (const [index, { name, parts }] of found.entries()) {
      const unit = unitsOf(CONFIG)[index % UNITS.length];
      assert.ok(unit?.name === name);
      const groups = groupsOf(CONFIG, unit.name);
      const [rows = 0, columns = 0] = unit.shape;
      const count = (groups?.bounds.length ?? 1) - 1;
      const before = index < UNITS.length ? 0 : count;
      const expected = groups?.bounds.slice(1).map((end, group) => {
        const size = (end - (groups.bounds[group] ?? 0)) * (groups.along === 'rows' ? columns : rows);
        return (3 * (before + group)) / (2 * size);
      });
      assert.deepEqual(parts, expected, name);
    }
  });
});

describe('the rates of tensors', () => {
  const inLayer = (name: string): TrainedTensor => ({
    ...{ name: `model.layers.3.${name}.weight`, shape: [2, 2], decays: true },
    unit: { layer: 3, name: 'mlp.up_proj' },
  });
  const OUTER: TrainedTensor = { name: 'model.norm.weight', shape: [2], decays: false, unit: undefined };
  const unit = { layer: 3, name: 'mlp.up_proj', importance: 0, learningRate: 0.3 };

  it('are those of their units, outside the layers the base rate, times the factor of the schedule', () => {
    const rates = new TensorRates([OUTER, inLayer('mlp.up_proj')], 0.7);
    rates.setUnits([unit]);
    assert.deepEqual(rates.at(0.1), { rates: Float64Array.of(0.7 * 0.1, 0.3 * 0.1), frozen: [] });
    rates.setBase(0.5);
    assert.deepEqual(rates.at(1).rates, Float64Array.of(0.5, 0.3));
  });

  it('name what is left out of the norm', () => {
    const tensor = inLayer('mlp.up_proj');
    const rates = new TensorRates([OUTER, tensor], 0.7);
    rates.setUnits([{ ...unit, learningRate: 0, frozen: true }]);
    assert.deepEqual(rates.at(1), { rates: Float64Array.of(0.7, 0), frozen: [tensor.name] });
  });

  it('are refused where a trained unit has none', () => {
    const rates = new TensorRates([inLayer('mlp.up_proj')], 0.7);
    assert.throws(() => {
      rates.setUnits([{ ...unit, layer: 2 }]);
    }, /model\.layers\.3\.mlp\.up_proj\.weight has no learning rate/);
  });
});

describe('losses and tokens of a text', () => {
  it('are added up over all predicted positions, batch after batch', async () => {
    const uses: boolean[] = [];
    const model: Pick<Model, 'losses'> = {
      losses: (batch, { reuse }) => {
        uses.push(reuse);
        return Promise.resolve(numberOf(batch) === 0 ? Float32Array.of(1, 2, 3, 4, 5) : Float32Array.of(9));
      },
    };
    assert.deepEqual(await textLoss(model, BATCHES, SILENT_TASK), { loss: 4, targets: 6 });
    await textLoss(model, BATCHES, SILENT_TASK, { reuse: true });
    assert.deepEqual(uses, [false, false, true, true]);
  });

  it('are asked for with the tokens of the same positions', async () => {
    const asked: number[][] = [];
    const model: Pick<Model, 'topTokens' | 'ranks'> = {
      topTokens: (batch) =>
        Promise.resolve(numberOf(batch) === 0 ? Int32Array.of(5, 6, 7, 8, 9) : Int32Array.of(4)),
      ranks: (_, tokens) => {
        asked.push([...tokens]);
        return Promise.resolve(tokens.map((token) => token + 1));
      },
    };
    const tops = await topTokens(model, BATCHES, SILENT_TASK);
    assert.deepEqual([...tops], [5, 6, 7, 8, 9, 4]);
    assert.deepEqual([...(await ranksOf(model, BATCHES, tops, SILENT_TASK))], [6, 7, 8, 9, 10, 5]);
    assert.deepEqual(asked, [[5, 6, 7, 8, 9], [4]]);
  });
});

describe('an answer by likelihood', () => {
  it('takes one pass where answers differ in one token, and one for each otherwise', async (t) => {
    const tokenizer = openTokenizer(characterTokenizer(t), 1000);
    const asked: string[] = [];
    const model: Pick<Model, 'config' | 'logits' | 'losses'> = {
      config: CONFIG,
      logits: (_, rows) => {
        asked.push(`logits of row ${rows.join()}`);
        return Promise.resolve(Float32Array.from({ length: 1000 }, (_value, id) => (id === wanted ? 2 : 1)));
      },
      losses: (batch) => {
        asked.push(`losses of ${batch.length}`);
        return Promise.resolve(new Float32Array(batch.length - 1).fill(1));
      },
    };
    const [wanted] = tokenizer.encode('c');
    const one = await answerByLikelihood(model, tokenizer, { prompt: 'ab', continuations: ['b', 'c'] });
    assert.deepEqual([one.choice, asked.length], [1, 1]);
    assert.match(asked[0] ?? '', /^logits of row \d$/);
    const two = await answerByLikelihood(model, tokenizer, { prompt: 'ab', continuations: ['bcd', 'c'] });
    assert.deepEqual([two.choice, asked.length], [1, 3]);
  });
});

describe('a model that is opened for some work', () => {
  function executor(events: string[], close: () => Promise<void>): Pick<Executor, 'open'> {
    const model = { config: CONFIG, close } as unknown as Model;
    return {
      open: ({ folder }) => {
        events.push(`open ${folder}`);
        return Promise.resolve(model);
      },
    };
  }

  it('is closed when that has ended, well or not', async () => {
    const events: string[] = [];
    const opened = executor(events, () => {
      events.push('close');
      return Promise.resolve();
    });
    const layers = await withModel(
      opened,
      unchanging('/a'),
      SILENT_TASK,
      ({ config }) => config.numHiddenLayers,
    );
    const failed = withModel(opened, unchanging('/b'), SILENT_TASK, () => {
      throw new Error('no');
    });
    await assert.rejects(failed, /^Error: no$/);
    assert.deepEqual([layers, events], [2, ['open /a', 'close', 'open /b', 'close']]);
  });

  it('says what the work failed of, also where it cannot be closed any more', async () => {
    const opened = executor([], () => Promise.reject(new Error('gone')));
    const failed = withModel(opened, unchanging('/a'), SILENT_TASK, () => Promise.reject(new Error('no')));
    await assert.rejects(failed, /^Error: no$/);
    await assert.rejects(
      withModel(opened, unchanging('/a'), SILENT_TASK, () => undefined),
      /^Error: gone$/,
    );
  });
});
