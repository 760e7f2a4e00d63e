/** A point of a plot and what it is called; all lengths in the plot's own pixels, y downwards. */
export interface LabelledPoint {
  readonly x: number;
  readonly y: number;
  readonly text: string;
}

/** Where a label's text begins, on its baseline, and the line that leads to it where it is not beside its point. */
export interface PlacedLabel {
  readonly x: number;
  readonly y: number;
  readonly leader: { readonly x: number; readonly y: number } | undefined;
}

interface Box {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

/** Of a letter at the plot's font size of 12, on the average and a little more. */
const LETTER_WIDTH = 6.7;
const ASCENT = 10;
const DESCENT = 3;
/** Around a point. */
const POINT_ROOM = 6;
const GAP = 9;
const DISTANCES = [0, 14, 28, 42, 56, 70, 84, 98];
/** To the right and up first, where labels usually stand; then round about. */
const DIRECTIONS = [
  [1, -1],
  [1, 1],
  [-1, -1],
  [-1, 1],
  [0, -1],
  [0, 1],
  [1, 0],
  [-1, 0],
] as const;

/**
 * Positions of labels, so that none lies on another or on a point, or nearer to another point than to its own: one after the other, each
 * as near to its point as there is room, and beside it where there is none at all.
 */
export function placeLabels(
  points: readonly LabelledPoint[],
  size: { readonly width: number; readonly height: number },
): PlacedLabel[] {
  const taken: Box[] = points.map(({ x, y }) => around(x, y, POINT_ROOM));
  return points.map((point, index) => {
    const free = (box: Box): boolean =>
      box.left >= 0 &&
      box.right <= size.width &&
      box.top >= 0 &&
      box.bottom <= size.height &&
      taken.every((other, which) => which === index || !overlap(box, other));
    const own = (box: Box): boolean =>
      points.every((other) => other === point || distance(other, box) > distance(point, box));
    const candidates = candidatesOf(point);
    const chosen =
      candidates.find(({ box }) => free(box) && own(box)) ??
      candidates.find(({ box }) => free(box)) ??
      candidates[0];
    if (chosen === undefined) {
      return { x: point.x, y: point.y, leader: undefined };
    }
    taken.push(chosen.box);
    return { x: chosen.box.left, y: chosen.box.bottom - DESCENT, leader: chosen.leader };
  });
}

/** From the nearest on. */
function candidatesOf({ x, y, text }: LabelledPoint): { box: Box; leader: PlacedLabel['leader'] }[] {
  const width = text.length * LETTER_WIDTH;
  return DISTANCES.flatMap((away) =>
    DIRECTIONS.map(([right, down]) => {
      const [fromX, fromY] = [x + right * away, y + down * away];
      const left = fromX + (right === 0 ? -width / 2 : right > 0 ? GAP : -GAP - width);
      const baseline = fromY + (down === 0 ? 4 : down > 0 ? 7 + ASCENT : -7);
      const box = { left, right: left + width, top: baseline - ASCENT, bottom: baseline + DESCENT };
      return { box, leader: away === 0 ? undefined : nearest({ x, y }, box) };
    }),
  );
}

function around(x: number, y: number, room: number): Box {
  return { left: x - room, right: x + room, top: y - room, bottom: y + room };
}

/** The point of a box that lies nearest. */
function nearest({ x, y }: { x: number; y: number }, box: Box): { x: number; y: number } {
  return { x: Math.min(Math.max(x, box.left), box.right), y: Math.min(Math.max(y, box.top), box.bottom) };
}

function distance(from: { x: number; y: number }, box: Box): number {
  const to = nearest(from, box);
  return Math.hypot(from.x - to.x, from.y - to.y);
}

function overlap(one: Box, other: Box): boolean {
  return one.left < other.right && other.left < one.right && one.top < other.bottom && other.top < one.bottom;
}
