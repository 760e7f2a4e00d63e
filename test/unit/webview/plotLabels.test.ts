import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { placeLabels } from '../../../src/shared/study/plotLabels';

const SIZE = { width: 640, height: 370 };
/** Of a sans-serif font of 12 pixels, letters being half as wide as high on the average: what must stay free at least. */
const LETTER = 6;
const HEIGHT = 9;

type Point = Parameters<typeof placeLabels>[0][number];

interface Box {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

function boxes(points: readonly Point[]): Box[] {
  return placeLabels(points, SIZE).map(({ x, y }, index) => ({
    left: x,
    right: x + (points[index]?.text.length ?? 0) * LETTER,
    top: y - HEIGHT,
    bottom: y,
  }));
}

const meet = (one: Box, other: Box): boolean =>
  one.left < other.right && other.left < one.right && one.top < other.bottom && other.top < one.bottom;

describe('labels of a plot', () => {
  it('stand above their points, to the right, where there is room', () => {
    const [label] = placeLabels([{ x: 100, y: 100, text: 'full' }], SIZE);
    assert.deepEqual(label, { x: 109, y: 93, leader: undefined });
  });

  it('lie neither on each other nor on a point where points lie close', () => {
    const points = ['full', 'adept', 'llamaPro', 'withoutStage1', 'withoutStage2', 'uniform', 'replay'].map(
      (text, index) => ({ x: 300 + 7 * index, y: 200 + (index % 3) * 5, text }),
    );
    const placed = boxes(points);
    for (const [index, box] of placed.entries()) {
      assert.ok(
        placed.every((other, which) => which === index || !meet(box, other)),
        points[index]?.text,
      );
      const on = points.filter(({ x, y }) => box.left < x && x < box.right && box.top < y && y < box.bottom);
      assert.deepEqual(on, [], points[index]?.text);
      assert.ok(box.left >= 0 && box.right <= SIZE.width && box.top >= 0 && box.bottom <= SIZE.height);
    }
  });

  it('have a line to their points where they could not stay beside them', () => {
    const crowd = Array.from({ length: 12 }, (_, index) => ({ x: 300, y: 200, text: `way-${index}` }));
    const leaders = placeLabels(crowd, SIZE).flatMap(({ leader }) => leader ?? []);
    assert.ok(leaders.length >= 12 - 8, `${leaders.length} lines`);
  });

  it('stay within the picture at its edges', () => {
    for (const [x, y] of [
      [0, 0],
      [640, 0],
      [640, 370],
      [0, 370],
    ] as const) {
      const [box] = boxes([{ x, y, text: 'withoutStage1' }]);
      assert.ok(box && box.left >= 0 && box.right <= SIZE.width && box.top >= 0 && box.bottom <= SIZE.height);
    }
  });
});
