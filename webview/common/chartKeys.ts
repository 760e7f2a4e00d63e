import { pan, type StepRange, zoomAt } from './chartZoom';

/** Where a chart stands when a key is pressed. */
export interface ChartPosition {
  readonly shown: StepRange;
  readonly full: StepRange;
  readonly zoom: StepRange | null;
  readonly cursor: number | null;
  /** Steps of marks, ascending. */
  readonly marks: readonly number[];
}

export type KeyResult =
  | { readonly leave: true }
  | {
      readonly cursor: number;
      /** What is to be shown; left out where that stays. */
      readonly zoom?: StepRange | null;
      /** Marks so near to the cursor are told of. */
      readonly near: number;
    };

/** Part of what is shown that an arrow key goes, and that one pans. */
const KEY_SHARE = 0.01;
const PAN_SHARE = 0.1;

const MOVES: Readonly<Record<string, number>> = { ArrowLeft: -1, ArrowRight: 1, PageUp: 10, PageDown: -10 };
const FACTORS: Readonly<Record<string, number>> = { '+': 0.5, '=': 0.5, '-': 2, _: 2 };

/** A key with what is held down. */
export type KeyPress = { readonly key: string } & Readonly<
  Record<'shiftKey' | 'ctrlKey' | 'metaKey' | 'altKey', boolean>
>;

/**
 * What a key does on a chart that has the focus: + and − zoom about the cursor, 0 shows all, m goes to the next mark; arrows pan
 * while the chart is zoomed and with Shift, or on the whole of it, move the cursor.
 * @returns undefined where it does nothing
 */
export function chartKey(press: KeyPress, position: ChartPosition): KeyResult | undefined {
  const { key, shiftKey } = press;
  // Those belong to the window.
  if (press.ctrlKey || press.metaKey || press.altKey) {
    return undefined;
  }
  if (key === 'Escape') {
    return { leave: true };
  }
  const { shown, full, zoom } = position;
  const width = shown[1] - shown[0];
  const near = Math.max(0.5, (width * KEY_SHARE) / 2);
  const cursor = Math.min(shown[1], Math.max(shown[0], position.cursor ?? shown[1]));
  const factor = FACTORS[key];
  if (factor !== undefined) {
    const at = position.cursor === null ? (shown[0] + shown[1]) / 2 : cursor;
    return { cursor, near, zoom: zoomAt(shown, full, at, factor) };
  }
  if (zoom !== null && (key === '0' || key === 'Home')) {
    return { cursor, near, zoom: null };
  }
  if (zoom !== null && !shiftKey && (key === 'ArrowLeft' || key === 'ArrowRight')) {
    const next = pan(shown, full, Math.sign(MOVES[key] ?? 0) * width * PAN_SHARE) ?? full;
    return { cursor: cursor + next[0] - shown[0], near, zoom: next };
  }
  const to = target(key, shiftKey, cursor, position);
  return to === undefined ? undefined : { cursor: to, near, ...following(to, position) };
}

function target(
  key: string,
  shiftKey: boolean,
  cursor: number,
  { shown, marks }: ChartPosition,
): number | undefined {
  const [first, last] = shown;
  switch (key) {
    case 'Home':
      return first;
    case 'End':
      return last;
    case 'm':
    case 'M':
      return shiftKey
        ? marks.findLast((step) => step < Math.round(cursor))
        : marks.find((step) => step > Math.round(cursor));
    default: {
      const move = MOVES[key];
      return move === undefined ? undefined : cursor + move * Math.max(1, (last - first) * KEY_SHARE);
    }
  }
}

/** What is shown goes along where the cursor leaves it. */
function following(to: number, { shown, full, zoom }: ChartPosition): { readonly zoom?: StepRange | null } {
  const beyond = to < shown[0] ? to - shown[0] : to > shown[1] ? to - shown[1] : 0;
  return zoom === null || beyond === 0 ? {} : { zoom: pan(shown, full, beyond) };
}
