import type { Chart, Plugin } from 'chart.js';

/** What a chart shows beside its curves; read at every drawing. */
export interface ChartMarks {
  /** Steps at which checkpoints were saved. */
  readonly checkpoints: readonly number[];
  /** The step that values are read at. */
  readonly cursor: number | null;
  /** A value drawn as a line across: where the run began. */
  readonly baseline: number | undefined;
  readonly foreground: string;
  readonly muted: string;
}

const TRIANGLE = 4;

/** Draws checkpoints as triangles on the axis, the cursor as a vertical line, and the baseline as a broken one. */
export function marksPlugin(marks: () => ChartMarks): Plugin<'line'> {
  return {
    id: 'adeptMarks',
    beforeDatasetsDraw(chart) {
      drawBaseline(chart, marks());
    },
    afterDatasetsDraw(chart) {
      const current = marks();
      drawCheckpoints(chart, current);
      drawCursor(chart, current);
    },
  };
}

function drawBaseline({ ctx, chartArea, scales }: Chart<'line'>, { baseline, muted }: ChartMarks): void {
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

function drawCheckpoints(
  { ctx, chartArea, scales }: Chart<'line'>,
  { checkpoints, muted }: ChartMarks,
): void {
  const { bottom, left, right } = chartArea;
  ctx.save();
  ctx.fillStyle = muted;
  let last = -Infinity;
  for (const step of checkpoints) {
    const x = scales.x?.getPixelForValue(step) ?? NaN;
    // Where they would lie on each other, some stand for all.
    if (x >= left && x <= right && x - last >= TRIANGLE) {
      last = x;
      ctx.beginPath();
      ctx.moveTo(x, bottom - TRIANGLE * 1.75);
      ctx.lineTo(x + TRIANGLE, bottom);
      ctx.lineTo(x - TRIANGLE, bottom);
      ctx.fill();
    }
  }
  ctx.restore();
}

function drawCursor({ ctx, chartArea, scales }: Chart<'line'>, { cursor, foreground }: ChartMarks): void {
  const x = cursor === null ? undefined : scales.x?.getPixelForValue(cursor);
  if (x === undefined || x < chartArea.left || x > chartArea.right) {
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
