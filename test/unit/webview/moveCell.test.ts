import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { moveCell } from '../../../src/shared/heatmap/moveCell';

const SIZE = { rows: 9, columns: 5, page: 3 };

function moved(row: number, column: number, key: string, control = false): number[] | undefined {
  const to = moveCell({ row, column }, key, control, SIZE);
  return to && [to.row, to.column];
}

describe('keys of a grid', () => {
  it('lead from cell to cell, by pages, and to the ends of a row', () => {
    const keys = ['ArrowUp', 'ArrowDown', 'ArrowLeft', 'ArrowRight', 'Home', 'End', 'PageUp', 'PageDown'];
    assert.deepEqual(
      keys.map((key) => moved(4, 2, key)),
      [
        [3, 2],
        [5, 2],
        [4, 1],
        [4, 3],
        [4, 0],
        [4, 4],
        [1, 2],
        [7, 2],
      ],
    );
  });

  it('lead to the first and the last cell with Ctrl', () => {
    assert.deepEqual(moved(4, 2, 'Home', true), [0, 0]);
    assert.deepEqual(moved(4, 2, 'End', true), [8, 4]);
  });

  it('end at the edges', () => {
    assert.deepEqual(
      ['ArrowUp', 'ArrowLeft', 'PageUp'].map((key) => moved(0, 0, key)),
      [
        [0, 0],
        [0, 0],
        [0, 0],
      ],
    );
    assert.deepEqual(
      ['ArrowDown', 'ArrowRight', 'PageDown'].map((key) => moved(8, 4, key)),
      [
        [8, 4],
        [8, 4],
        [8, 4],
      ],
    );
  });

  it('that mean nothing to a grid are left to others', () => {
    assert.equal(moved(4, 2, 'a'), undefined);
  });
});
