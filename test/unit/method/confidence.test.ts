import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { contrastLayers, contrastOrder, lowestOf } from '../../../src/shared/method/layerChoice';
import { meanRanks, rankCorrelation } from '../../../src/shared/method/rankCorrelation';
import {
  bootstrap,
  contrastStability,
  meanShares,
  EarlyStopping,
  type SequenceContributions,
} from '../../../src/trainer/method/bootstrap';
import { seededRandom } from '../../../src/shared/common/random';
import type { ImportanceFile } from '../../../src/shared/method/importance';

/** Sequences of 10 targets each; the importance of layer l is `means[l]`, with noise of ± `noise` in every sequence. */
function shares(means: readonly number[], noise: number, sequences: number): SequenceContributions {
  const random = seededRandom(3);
  return {
    weights: new Array<number>(sequences).fill(10),
    sums: means.map((mean) =>
      Array.from({ length: sequences }, () => 10 * (mean + noise * (2 * random() - 1))),
    ),
  };
}

describe('the bootstrap of layer importance', () => {
  it('holds the measured value within its bounds, which narrow with the root of the sequences', () => {
    const width = (sequences: number): number => {
      const sample = shares([1, 2, 3], 0.5, sequences);
      const confidence = bootstrap(sample);
      assert.ok(confidence);
      for (const [layer, mean] of meanShares(sample).entries()) {
        const { low = NaN, high = NaN } = confidence.layers[layer] ?? {};
        assert.ok(low < mean && mean < high, `${low} < ${mean} < ${high}`);
      }
      const [first] = confidence.layers;
      return (first?.high ?? NaN) - (first?.low ?? NaN);
    };
    const ratio = width(25) / width(400);
    assert.ok(ratio > 3 && ratio < 5.3, `${ratio} beside 4`);
  });

  it('are narrow where importances lie far apart, and wide where they do not', () => {
    const distant = bootstrap(shares([3, 1, 2], 0.1, 30));
    assert.deepEqual(distant?.sameLowest, [1, 1, 1]);
    assert.deepEqual(
      distant.layers.map(({ lowestRank, highestRank }) => [lowestRank, highestRank]),
      [
        [3, 3],
        [1, 1],
        [2, 2],
      ],
    );
    const unsure = bootstrap(shares([1, 1.001, 5], 1, 10));
    assert.ok((unsure?.sameLowest[0] ?? 1) < 0.95);
    assert.equal(unsure?.sameLowest[1], 1);
  });

  it('weighs sequences by what counts in them', () => {
    const uneven = {
      weights: [1, 3],
      sums: [
        [1, 9],
        [2, 2],
      ],
    };
    assert.deepEqual(meanShares(uneven), [2.5, 1]);
  });

  it('says nothing of a single sequence', () => {
    assert.equal(bootstrap(shares([1, 2], 0, 1)), undefined);
  });
});

describe('stopping when the choice is stable', () => {
  const seen = (order: readonly number[][], sequences: number): SequenceContributions => ({
    weights: new Array<number>(sequences).fill(1),
    sums: (order[0] ?? []).map((_, layer) => order.slice(0, sequences).map((values) => values[layer] ?? 0)),
  });

  it('is told of contrast by drawing from both texts', () => {
    // [layers][sequences]: layer 0 is far below the others on general text, and above them on domain text.
    const spread = (values: readonly (readonly number[])[]): SequenceContributions => ({
      weights: (values[0] ?? []).map(() => 1),
      sums: values,
    });
    const clear = spread([
      [1, 1, 1],
      [5, 6, 5],
      [7, 8, 9],
      [10, 11, 12],
    ]);
    const upside = spread([
      [9, 9, 9],
      [5, 4, 5],
      [2, 3, 2],
      [1, 0, 1],
    ]);
    assert.deepEqual(contrastStability(clear, upside), [1, 1, 1, 1]);
    // Of layers 0 and 1 it hangs on the draw which is lower.
    const unsure = spread([
      [1, 9, 1],
      [5, 1, 5],
      [7, 8, 9],
      [10, 11, 12],
    ]);
    const both = spread([
      [8, 9, 8],
      [8, 9, 8],
      [2, 3, 2],
      [1, 0, 1],
    ]);
    const [one = NaN, two] = contrastStability(unsure, both) ?? [];
    assert.ok(one > 0.5 && one < 1, `${one}`);
    assert.equal(two, 1);
    const single = spread([[1], [2], [3], [4]]);
    assert.equal(contrastStability(single, upside), undefined);
    assert.equal(contrastStability(clear, single), undefined);
  });

  it('waits until the least important layers were the same over as many further sequences', () => {
    const sequences = [
      [1, 2, 9],
      [9, 1, 1],
      [1, 1, 9],
      [1, 1, 9],
      [1, 1, 9],
    ];
    const choice = new EarlyStopping((importance) => lowestOf(importance, 2), 2);
    const answers = sequences.map((_, index) => choice.settled(seen(sequences, index + 1)));
    // After two sequences the set is {1, 2}, from the third on {0, 1}.
    assert.deepEqual(answers, [false, false, false, false, true]);
  });
});

describe('rank correlation', () => {
  it('shares ranks among equal values, and is that of the ranks', () => {
    assert.deepEqual(meanRanks([5, 1, 5, 0]), [2.5, 1, 2.5, 0]);
    assert.equal(rankCorrelation([1, 2, 3, 4], [10, 20, 30, 1000]), 1);
    assert.equal(rankCorrelation([1, 2, 3], [3, 2, 1]), -1);
    // Of SciPy: scipy.stats.spearmanr([1, 2, 3, 4, 5], [5, 6, 7, 8, 7]).
    assert.ok(Math.abs(rankCorrelation([1, 2, 3, 4, 5], [5, 6, 7, 8, 7]) - 0.8207826816681233) < 1e-12);
    assert.ok(Number.isNaN(rankCorrelation([1, 1], [1, 2])));
  });
});

describe('layers by contrast', () => {
  const file = (domain: readonly number[] | undefined): ImportanceFile => {
    const layers = (values: readonly number[]): ImportanceFile['layers'] =>
      values.map((importance, index) => ({ index, importance }));
    const probe = { sources: [], sequences: 1, tokens: 1, seqLen: 1 };
    return {
      ...{ format: 'adept.importance/1', mode: 'exact', unitDefinition: 'released', engine: {} },
      model: { path: 'm', family: 'llama', layers: 4, parameters: 1 },
      ...{ probe, baseLoss: 1, layers: layers([0.1, 0.2, 0.3, 0.4]), units: [] },
      ...(domain ? { domain: { probe, baseLoss: 1, layers: layers(domain), units: [] } } : {}),
      timing: { layersSeconds: 1, unitsSeconds: 1 },
    };
  };

  it('takes those that matter least to general text and most to the domain', () => {
    assert.deepEqual(contrastLayers(file([1, 4, 3, 2]), 1, 4, 'f'), [1]);
    // Of equal contrast the deeper one.
    assert.deepEqual(contrastLayers(file([1, 4, 3, 2]), 2, 4, 'f'), [1, 2]);
  });

  it('come first where they are low on general and high on domain text, then by how far the ranks lie apart', () => {
    assert.deepEqual(contrastOrder([0.1, 0.2, 0.3, 0.4], [1, 4, 3, 2]), [1, 2, 0, 3]);
    // The ranks of layer 3 lie farther apart than those of layer 2, but it matters to both.
    assert.deepEqual(contrastOrder([0, 1, 2, 3, 4, 5], [2, 0, 3, 5, 1, 4]), [2, 3, 0, 5, 1, 4]);
  });

  it('says what is missing where only general text was measured', () => {
    assert.throws(() => contrastLayers(file(undefined), 1, 4, 'f.json'), /--contrast: f\.json .*--domain/);
  });
});
