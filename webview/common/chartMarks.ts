import type { Chart, Plugin } from 'chart.js';
import type { RunMark } from '../../src/shared/run/runMark';
import { lineColour, STRIP, type Series } from './chartConfig';
import type { ChartTheme } from './chartTheme';
import type { StepRange } from './chartZoom';
import { drawMark, MARK_SIZE, TRIANGLE } from './markShapes';

/** What a chart shows beside its curves; read at every drawing. */
export interface ChartMarks {
  /** The curves, whose points may have intervals, and the theme that they are drawn in. */
  readonly drawn: readonly Series[];
  readonly theme: ChartTheme;
  /** Steps at which checkpoints were saved. */
  readonly checkpoints: readonly number[];
  /** What happened, by ascending step. */
  readonly happened: readonly RunMark[];
  /** The step that values are read at. */
  readonly cursor: number | null;
  /** The range that is being chosen. */
  readonly brush: StepRange | null;
  /** A value drawn as a line across: where the run began. */
  readonly baseline: number | undefined;
}

/** Draws checkpoints as triangles on the axis, what happened above the curves, the cursor, and the baseline as a broken line. */
export function marksPlugin(marks: () => ChartMarks): Plugin<'line'> {
  return {
    id: 'adeptMarks',
    beforeDatasetsDraw(chart) {
      const current = marks();
      drawLines(chart, current);
      drawBaseline(chart, current);
      drawIntervals(chart, current);
    },
    afterDatasetsDraw(chart) {
      const current = marks();
      drawCheckpoints(chart, current);
      drawHappened(chart, current);
      drawBrush(chart, current);
      drawCursor(chart, current);
    },
  };
}

/** Where a step is, where it is in view. */
function pixelOf({ chartArea: { left, right }, scales }: Chart<'line'>, step: number): number | undefined {
  const x = scales.x?.getPixelForValue(step);
  return x !== undefined && x >= left - 0.5 && x <= right + 0.5 ? x : undefined;
}

function drawBaseline(
  { ctx, chartArea, scales }: Chart<'line'>,
  { baseline, theme: { muted } }: ChartMarks,
): void {
  const y = baseline === undefined ? undefined : scales.y?.getPixelForValue(baseline);
  if (y === undefined || y < chartArea.top || y > chartArea.bottom) {
    return;
  }
  ctx.save();
  ctx.strokeStyle = muted;
  ctx.setLineDash([4, 3]);
  line(ctx, chartArea.left, y, chartArea.right, y);
  ctx.restore();
}

/** Half the width of the strokes at the ends of an interval. */
const INTERVAL_END = 3;

/** An upright line for each point's interval. */
function drawIntervals(chart: Chart<'line'>, { drawn, theme }: ChartMarks): void {
  const { ctx, scales } = chart;
  ctx.save();
  for (const { curve, colour, interval } of drawn) {
    ctx.strokeStyle = lineColour(theme, colour, true);
    for (const [index, step] of (interval === undefined ? [] : curve.x).entries()) {
      const x = pixelOf(chart, step);
      const [low, high] = [interval?.low[index], interval?.high[index]].map((value) =>
        value === undefined ? undefined : scales.y?.getPixelForValue(value),
      );
      if (x !== undefined && low !== undefined && high !== undefined) {
        line(ctx, x, low, x, high);
        line(ctx, x - INTERVAL_END, low, x + INTERVAL_END, low);
        line(ctx, x - INTERVAL_END, high, x + INTERVAL_END, high);
      }
    }
  }
  ctx.restore();
}

/** Below the marks that are about the curves; measurements of importance are too many for that. */
function drawLines(chart: Chart<'line'>, { happened, theme: { muted } }: ChartMarks): void {
  const { ctx, chartArea } = chart;
  ctx.save();
  ctx.strokeStyle = muted;
  ctx.globalAlpha = 0.7;
  ctx.setLineDash([1, 3]);
  for (const { kind, step } of happened) {
    const x = kind === 'refresh' ? undefined : pixelOf(chart, step);
    if (x !== undefined) {
      line(ctx, x, chartArea.top, x, chartArea.bottom);
    }
  }
  ctx.restore();
}

function drawCheckpoints(chart: Chart<'line'>, { checkpoints, theme: { muted } }: ChartMarks): void {
  const { ctx, chartArea } = chart;
  ctx.save();
  ctx.fillStyle = muted;
  let last = -Infinity;
  for (const step of checkpoints) {
    const x = pixelOf(chart, step);
    // Where they would lie on each other, some stand for all.
    if (x !== undefined && x - last >= TRIANGLE) {
      last = x;
      drawMark(ctx, 'checkpoint', x, chartArea.bottom, muted);
    }
  }
  ctx.restore();
}

function drawHappened(chart: Chart<'line'>, marks: ChartMarks): void {
  const { ctx, chartArea } = chart;
  const { foreground, muted, warning, background } = marks.theme;
  const y = chartArea.top - STRIP / 2;
  let last = -Infinity;
  let lastKind: RunMark['kind'] | undefined;
  for (const { kind, step } of marks.happened) {
    const x = pixelOf(chart, step);
    const overlaps = x !== undefined && x - last < MARK_SIZE + 1;
    // Those of a kind stand for each other; another one stands beside.
    if (x === undefined || (overlaps && (kind === lastKind || kind === 'refresh'))) {
      continue;
    }
    const at = overlaps ? last + MARK_SIZE + 1 : x;
    const colour = kind === 'remedy' ? warning : kind === 'refresh' ? muted : foreground;
    drawMark(ctx, kind, at, y, colour, background);
    last = at;
    lastKind = kind;
  }
}

function drawBrush(
  { ctx, chartArea, scales }: Chart<'line'>,
  { brush, theme: { foreground } }: ChartMarks,
): void {
  const [first, last] = (brush ?? []).map((step) => scales.x?.getPixelForValue(step));
  if (first === undefined || last === undefined) {
    return;
  }
  const { top, bottom } = chartArea;
  ctx.save();
  ctx.fillStyle = foreground;
  ctx.strokeStyle = foreground;
  ctx.globalAlpha = 0.14;
  ctx.fillRect(first, top, last - first, bottom - top);
  ctx.globalAlpha = 0.8;
  line(ctx, first, top, first, bottom);
  line(ctx, last, top, last, bottom);
  ctx.restore();
}

function drawCursor(chart: Chart<'line'>, { cursor, theme: { foreground } }: ChartMarks): void {
  const { ctx, chartArea } = chart;
  const x = cursor === null ? undefined : pixelOf(chart, cursor);
  if (x === undefined) {
    return;
  }
  ctx.save();
  ctx.strokeStyle = foreground;
  ctx.globalAlpha = 0.6;
  line(ctx, x, chartArea.top, x, chartArea.bottom);
  ctx.restore();
}

function line(ctx: CanvasRenderingContext2D, x0: number, y0: number, x1: number, y1: number): void {
  ctx.lineWidth = 1;
  ctx.beginPath();
  ctx.moveTo(x0, y0);
  ctx.lineTo(x1, y1);
  ctx.stroke();
}
