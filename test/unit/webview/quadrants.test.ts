import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { importanceTable } from '../../../src/shared/heatmap/importanceTable';
import { quadrantPoints } from '../../../src/shared/heatmap/quadrants';
import { importanceFile } from '../../support/importanceFile';

describe('the picture of general and domain importance', () => {
  it('says of every layer where it stands on both, whatever the sizes of the two', () => {
    const general = importanceTable(importanceFile([1, 2, 3, 400, 5]), 'general');
    const domain = importanceTable(importanceFile([30, 20, 50, 10, 9000]), 'domain');
    assert.deepEqual(quadrantPoints(general, domain, 0), [
      { layer: 0, general: 1, domain: 30, generalRank: 0, domainRank: 0.5, quadrant: 'neither' },
      { layer: 1, general: 2, domain: 20, generalRank: 0.25, domainRank: 0.25, quadrant: 'neither' },
      { layer: 2, general: 3, domain: 50, generalRank: 0.5, domainRank: 0.75, quadrant: 'domain' },
      { layer: 3, general: 400, domain: 10, generalRank: 1, domainRank: 0, quadrant: 'general' },
      { layer: 4, general: 5, domain: 9000, generalRank: 0.75, domainRank: 1, quadrant: 'both' },
    ]);
  });

  it('is of the column that is asked for, without layers that were not measured there', () => {
    const file = importanceFile([1, 1, 1], (layer, index) => (index === 0 ? [7, 5, 6][layer] : 0) ?? NaN);
    const table = importanceTable(file, 'general');
    const other = importanceTable(
      { ...file, units: file.units.filter(({ layer }) => layer !== 1) },
      'domain',
    );
    assert.deepEqual(
      quadrantPoints(table, other, 1).map(({ layer, general, quadrant }) => [layer, general, quadrant]),
      [
        [0, 7, 'both'],
        [2, 6, 'neither'],
      ],
    );
  });
});
