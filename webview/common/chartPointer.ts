import { pan, type StepRange, zoomAt, zoomTo } from './chartZoom';

/** A drag shorter than this is a click. */
const LEAST_PIXELS = 5;
/** A notch of a wheel changes what is shown by about a quarter. */
const WHEEL = 0.002;
const LINE_PIXELS = 16;
const MOST_PIXELS = 240;

/** What a pointer over a chart does. */
export interface PointerTarget {
  /** The position under a pixel of the window. */
  stepAt(clientX: number): number | undefined;
  readonly shown: StepRange;
  readonly full: StepRange;
  /** Positions that a pixel stands for. */
  readonly stepsPerPixel: number;
  zoom(range: StepRange | null): void;
  brush(range: StepRange | null): void;
}

type Drag =
  | { readonly kind: 'brush'; readonly x: number; readonly from: number }
  | { readonly kind: 'pan'; readonly x: number; readonly shown: StepRange };

/** Zooms by the wheel or by dragging over a range, and pans by dragging with Shift. */
export class ChartPointer {
  private drag: Drag | undefined;

  constructor(private readonly target: PointerTarget) {}

  get isDragging(): boolean {
    return this.drag !== undefined;
  }

  readonly onDown = (event: PointerEvent): void => {
    const from = this.target.stepAt(event.clientX);
    if (event.button !== 0 || from === undefined) {
      return;
    }
    const { clientX: x } = event;
    this.drag = event.shiftKey ? { kind: 'pan', x, shown: this.target.shown } : { kind: 'brush', x, from };
    (event.currentTarget as Element).setPointerCapture(event.pointerId);
  };

  readonly onMove = ({ clientX }: PointerEvent): void => {
    const { drag, target } = this;
    if (drag?.kind === 'pan') {
      target.zoom(pan(drag.shown, target.full, (drag.x - clientX) * target.stepsPerPixel));
    } else if (drag?.kind === 'brush') {
      target.brush(this.brushed(drag, clientX) ?? null);
    }
  };

  readonly onUp = ({ clientX }: PointerEvent): void => {
    const { drag, target } = this;
    const range = drag?.kind === 'brush' ? this.brushed(drag, clientX) : undefined;
    this.cancel();
    if (range !== undefined) {
      target.zoom(zoomTo(range, target.full));
    }
  };

  /** Leaves everything as it was before the drag. */
  readonly cancel = (): void => {
    if (this.drag !== undefined) {
      this.drag = undefined;
      this.target.brush(null);
    }
  };

  /** Without Ctrl or ⌘ only where the chart has the focus, so that the page can be scrolled over it. */
  readonly onWheel = (event: WheelEvent): void => {
    const { target } = this;
    const isMeant = event.ctrlKey || event.metaKey;
    if (!isMeant && document.activeElement !== event.currentTarget) {
      return;
    }
    const next = this.wheeled(event);
    const isSame = next === undefined || (next === null && isAll(target.shown, target.full));
    if (isMeant || !isSame) {
      event.preventDefault();
    }
    if (!isSame) {
      target.zoom(next);
    }
  };

  private wheeled(event: WheelEvent): StepRange | null | undefined {
    const { target } = this;
    const scale = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? LINE_PIXELS : 1;
    const [dx, dy] = [event.deltaX * scale, event.deltaY * scale];
    if (Math.abs(dx) > Math.abs(dy)) {
      return pan(target.shown, target.full, dx * target.stepsPerPixel);
    }
    const at = target.stepAt(event.clientX);
    const pixels = Math.min(MOST_PIXELS, Math.max(-MOST_PIXELS, dy));
    return at === undefined || dy === 0
      ? undefined
      : zoomAt(target.shown, target.full, at, Math.exp(pixels * WHEEL));
  }

  private brushed({ x, from }: Extract<Drag, { kind: 'brush' }>, clientX: number): StepRange | undefined {
    const to = this.target.stepAt(clientX);
    return to === undefined || Math.abs(clientX - x) < LEAST_PIXELS
      ? undefined
      : [Math.min(from, to), Math.max(from, to)];
  }
}

function isAll(shown: StepRange, full: StepRange): boolean {
  return shown[0] <= full[0] && shown[1] >= full[1];
}
