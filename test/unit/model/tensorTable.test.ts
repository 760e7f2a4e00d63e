import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  filterTensors,
  NO_FILTER,
  sortTensors,
  totalsOf,
  type TensorColumn,
  type TensorRow,
} from '../../../src/shared/model/tensorTable';

function row(name: string, rest: Partial<TensorRow> = {}): TensorRow {
  return {
    name,
    dtype: 'F32',
    shape: [2, 3],
    byteOffset: 0,
    byteLength: 24,
    added: false,
    problem: null,
    ...rest,
  };
}

const ROWS = [
  row('model.layers.10.mlp.up_proj.weight', { byteOffset: 300, added: true }),
  row('model.layers.2.mlp.up_proj.weight', {
    dtype: 'BF16',
    shape: [64, 8],
    byteOffset: 100,
    byteLength: 1024,
  }),
  row('model.norm.weight', { shape: [8], byteOffset: null, byteLength: null, problem: 'torn' }),
  row('scalar', { dtype: 'BF16', shape: [], byteOffset: 200, byteLength: 2 }),
];

function names(rows: readonly TensorRow[]): string[] {
  return rows.map(({ name }) => name);
}

function sorted(column: TensorColumn, descending = false): string[] {
  return names(sortTensors(ROWS, { column, descending }));
}

const [TEN, TWO, NORM, SCALAR] = names(ROWS);

describe('filterTensors', () => {
  it('keeps rows that hold every word in name, dtype or shape, whatever the case', () => {
    const found = (text: string): string[] => names(filterTensors(ROWS, { ...NO_FILTER, text }));
    assert.deepEqual(found(''), [TEN, TWO, NORM, SCALAR]);
    assert.deepEqual(found('UP_proj  layers.2'), [TWO]);
    assert.deepEqual(found('bf16'), [TWO, SCALAR]);
    assert.deepEqual(found('[64, 8]'), [TWO]);
    assert.deepEqual(found('nothing like it'), []);
  });

  it('keeps one dtype, added layers, or what is wrong', () => {
    assert.deepEqual(names(filterTensors(ROWS, { ...NO_FILTER, dtype: 'BF16' })), [TWO, SCALAR]);
    assert.deepEqual(names(filterTensors(ROWS, { ...NO_FILTER, only: 'added' })), [TEN]);
    assert.deepEqual(names(filterTensors(ROWS, { ...NO_FILTER, only: 'problems' })), [NORM]);
    assert.deepEqual(filterTensors(ROWS, { text: '', dtype: 'BF16', only: 'added' }), []);
  });
});

describe('sortTensors', () => {
  it('counts numbers in names as numbers', () => {
    assert.deepEqual(sorted('name'), [TWO, TEN, NORM, SCALAR]);
    assert.deepEqual(sorted('name', true), [SCALAR, NORM, TEN, TWO]);
    assert.deepEqual(sorted('shape'), [TEN, NORM, TWO, SCALAR]);
  });

  it('sorts by size, position and number of parameters, with what is not known last', () => {
    assert.deepEqual(sorted('byteOffset'), [TWO, SCALAR, TEN, NORM]);
    assert.deepEqual(sorted('byteOffset', true), [TEN, SCALAR, TWO, NORM]);
    assert.deepEqual(sorted('byteLength', true), [TWO, TEN, SCALAR, NORM]);
    assert.deepEqual(sorted('parameters'), [SCALAR, TEN, NORM, TWO]);
  });

  it('leaves equal rows in their order in both directions, and the rows it got as they were', () => {
    assert.deepEqual(sorted('dtype'), [TWO, SCALAR, TEN, NORM]);
    assert.deepEqual(sorted('dtype', true), [TEN, NORM, TWO, SCALAR]);
    assert.deepEqual(names(ROWS), [TEN, TWO, NORM, SCALAR]);
  });
});

describe('totalsOf', () => {
  it('adds up tensors, parameters and bytes, and the same by dtype, the largest first', () => {
    assert.deepEqual(totalsOf(ROWS), {
      tensors: 4,
      parameters: 6 + 512 + 8 + 1,
      bytes: 24 + 1024 + 2,
      dtypes: [
        { dtype: 'BF16', tensors: 2, parameters: 513, bytes: 1026 },
        { dtype: 'F32', tensors: 2, parameters: 14, bytes: 24 },
      ],
    });
    assert.deepEqual(totalsOf([]), { tensors: 0, parameters: 0, bytes: 0, dtypes: [] });
  });
});
