import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { formatChange, type Comparison } from '../../../src/shared/run/comparison';
import { changeTable, changeValues, heatRows, metricRows } from '../../../src/shared/heatmap/comparisonTable';
import { toCsv } from '../../../src/shared/heatmap/valueTable';
import { sampleComparison } from '../../support/comparisonContent';

const { a, b } = sampleComparison();

describe('changeTable', () => {
  it('has a row for each layer, and a column for the whole layer and each unit in the order of the computation', () => {
    const table = changeTable(sampleComparison());
    assert.deepEqual(table.columns, ['layer', 'input_layernorm', 'self_attn.q_proj', 'mlp.down_proj']);
    assert.deepEqual(
      table.rows.map(({ layer }) => layer.layer),
      [3, 7],
    );
    assert.deepEqual(heatRows(table, 'change'), [
      // Of all units together: √(0² + 12² + 5²) / √(3² + 4² + 0²).
      { layer: 3, values: [13 / 5, 0, 3, undefined] },
      { layer: 7, values: [0.5, 0.5, 0.5, undefined] },
    ]);
    assert.deepEqual(heatRows(table, 'difference')[0]?.values, [13, 0, 12, 5]);
  });

  it('keeps units that it does not know, behind the others', () => {
    const comparison: Comparison = {
      ...sampleComparison(),
      units: [
        { layer: 3, name: 'mlp.router', parameters: 1, norm: 1, difference: 1, change: 1 },
        { layer: 3, name: 'mlp.down_proj', parameters: 1, norm: 1, difference: 1, change: 1 },
      ],
    };
    const table = changeTable(comparison);
    assert.deepEqual(table.columns, ['layer', 'mlp.down_proj', 'mlp.router']);
    assert.deepEqual(table.rows[1]?.cells.slice(1), [undefined, undefined]);
  });
});

describe('metricRows', () => {
  it('gives differences, and says which side is better where low is good', () => {
    const rows = metricRows({ a, b });
    assert.deepEqual(
      rows.map(({ key, difference, better }) => [key, difference, better]),
      [
        ['step', 30, null],
        ['domainLoss', -0.5, 'b'],
        ['generalLoss', 0.25, 'a'],
        ['loss', null, null],
        ['baseLearningRate', 0, null],
        ['meanUnitLearningRate', 0.0005, null],
      ],
    );
    assert.deepEqual(metricRows({ a, b: a })[1]?.better, null);
  });
});

describe('changeValues', () => {
  it('gives every number in full, and nothing where there is none', () => {
    const comparison: Comparison = {
      ...sampleComparison(),
      outer: [{ name: 'model.norm.weight', parameters: 2, norm: 0.1, difference: 0.02, change: 0.2 }],
    };
    const lines = toCsv(changeValues(comparison)).split('\r\n');
    assert.equal(
      lines[0],
      'layer,layer in B,copy of,unit,parameters,norm in A,norm of the difference,relative change',
    );
    assert.equal(lines[3], '3,3,2,mlp.down_proj,8,0,5,');
    assert.equal(lines[4], '7,6,5,input_layernorm,2,1,0.5,0.5');
    assert.equal(lines.at(-2), ',,,model.norm.weight,2,0.1,0.02,0.2');
  });
});

describe('formatChange', () => {
  it('gives three digits, whatever the size', () => {
    const values = [0, 1e-7, 0.000456, 0.0123, 0.5, 0.99996, 1, 12.3456, null];
    assert.deepEqual(values.map(formatChange), [
      '0%',
      '0.0000100%',
      '0.0456%',
      '1.23%',
      '50.0%',
      '100%',
      '100%',
      '1235%',
      '–',
    ]);
  });
});
