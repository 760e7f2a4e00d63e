import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ConfidenceIntervals, ImportanceFile } from '../../../src/shared/method/importance';
import { layerCertainty } from '../../../src/shared/method/layerCertainty';
import { importanceFile } from '../../support/importanceFile';

/** Of each layer its importance, half the width of its interval, and its ranks. */
type Measured = readonly [importance: number, half: number, lowestRank: number, highestRank: number];

function measured(layers: readonly Measured[], sequences: number): ImportanceFile {
  const trust: ConfidenceIntervals = {
    interval: 0.95,
    resamples: 1000,
    layers: layers.map(([value, half, lowestRank, highestRank], index) => ({
      ...{ index, low: value - half, high: value + half, lowestRank, highestRank },
    })),
    sameLowest: [0.9, 0.6, 1, 1],
  };
  const file = importanceFile(layers.map(([value]) => value));
  return { ...file, probe: { ...file.probe, sequences }, trust };
}

describe('the confidence of a choice of layers', () => {
  const clear: Measured[] = [
    [0.1, 0.01, 1, 1],
    [0.2, 0.01, 2, 2],
    [0.9, 0.01, 3, 3],
    [1, 0.01, 4, 4],
  ];

  it('is sure where no interval crosses the border', () => {
    assert.deepEqual(layerCertainty(measured(clear, 16), 2), { kind: 'sure', share: 0.6 });
  });

  it('names the layers that may belong to it or not, and how many sequences would tell', () => {
    // d = 0.1, w = √(0.09² + 0.12²) = 0.15: n·2.25, of 16 sequences 20 more, in batches of 8.
    const layers: Measured[] = [
      [0.1, 0.01, 1, 1],
      [0.2, 0.09, 2, 3],
      [0.3, 0.12, 2, 3],
      [1, 0.01, 4, 4],
    ];
    assert.deepEqual(layerCertainty(measured(layers, 16), 2), {
      kind: 'tied',
      share: 0.6,
      layers: [1, 2],
      more: 24,
    });
  });

  it('does not ask for what nobody would wait for', () => {
    const layers: Measured[] = [
      [0.1, 0.01, 1, 1],
      [0.2, 0.1, 2, 3],
      [0.201, 0.1, 2, 3],
      [1, 0.01, 4, 4],
    ];
    const found = layerCertainty(measured(layers, 16), 2);
    assert.deepEqual([found.kind, found.kind === 'tied' ? found.more : 0], ['tied', undefined]);
  });

  it('cannot tell from a single sequence', () => {
    assert.deepEqual(layerCertainty(importanceFile([3, 2, 1]), 1), { kind: 'unknown' });
  });
});
