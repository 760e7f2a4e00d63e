import { Chart } from 'chart.js';
import { SHOWN_MARKS, type RunView, type ShownMark } from '../../src/shared/webview/run';
import { l10n } from '../common/l10n';
import { chartDatasets, chartOptions, lineColour, type ChartContent } from '../common/chartConfig';
import { marksPlugin } from '../common/chartMarks';
import type { ChartTheme } from '../common/chartTheme';
import { shownRange, type StepRange } from '../common/chartZoom';
import type { ChartParts } from './chartParts';
import { curveParts, rangeOf } from './curveParts';
import { formatCount } from '../common/format';
import type { LossSummary } from './lossSummary';
import { drawMark, MARK_SIZE } from '../common/markShapes';
import { markKindText } from '../common/markText';
import type { RunModel } from './runModel';

const WIDTH = 1200;
const MARGIN = 24;
const GAP = 28;
const HEAD = 56;
const CAPTION = 24;
const LEGEND = 24;
const HEIGHTS = { wide: 260, narrow: 220 } as const;
const FONT_SIZE = 13;
/** Sharp on screens of high resolution, and in print. */
const PIXELS_PER_UNIT = 2;

export interface PictureContent {
  readonly run: RunModel;
  readonly lossSummary: LossSummary;
  readonly view: RunView;
  readonly theme: ChartTheme;
}

interface Box {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** The charts as they are shown, with title, axes and legends, as a PNG file in base64. */
export function drawCurves(content: PictureContent): string {
  const parts = curveParts(content.run, content.view, content.lossSummary);
  const boxes = boxesOf(parts);
  const height = boxes.reduce((most, box) => Math.max(most, box.top + box.height), 0) + LEGEND + MARGIN;
  const canvas = document.createElement('canvas');
  canvas.width = WIDTH * PIXELS_PER_UNIT;
  canvas.height = height * PIXELS_PER_UNIT;
  const context = canvas.getContext('2d');
  if (context === null) {
    throw new Error('This browser draws no pictures.');
  }
  context.scale(PIXELS_PER_UNIT, PIXELS_PER_UNIT);
  const picture = new CurvePicture(context, content);
  picture.head(height);
  for (const [index, box] of boxes.entries()) {
    const part = parts[index];
    if (part !== undefined) {
      picture.chart(part, box);
    }
  }
  picture.markKey(height - MARGIN);
  return canvas.toDataURL('image/png').replace(/^.*,/, '');
}

/** A wide chart has a row for itself, of the others two share one. */
function boxesOf(parts: readonly ChartParts[]): Box[] {
  const half = (WIDTH - 2 * MARGIN - GAP) / 2;
  let top = MARGIN + HEAD;
  let isRight = false;
  return parts.map(({ wide }) => {
    const height = CAPTION + LEGEND + (wide ? HEIGHTS.wide : HEIGHTS.narrow);
    const left = !wide && isRight ? MARGIN + half + GAP : MARGIN;
    const box = { left, top, width: wide ? WIDTH - 2 * MARGIN : half, height };
    isRight = !wide && !isRight;
    if (!isRight) {
      top += height + GAP / 2;
    }
    return box;
  });
}

class CurvePicture {
  private readonly full: StepRange;
  private readonly shown: StepRange;

  constructor(
    private readonly context: CanvasRenderingContext2D,
    private readonly content: PictureContent,
  ) {
    this.full = rangeOf(content.run);
    this.shown = shownRange(this.full, content.view.zoom);
  }

  head(height: number): void {
    const { context, content } = this;
    const { theme, run } = content;
    context.fillStyle = theme.background;
    context.fillRect(0, 0, WIDTH, height);
    context.textBaseline = 'middle';
    this.text(run.summary?.name ?? '', MARGIN, MARGIN + 10, { bold: true, size: FONT_SIZE + 5 });
    const [first, last] = this.shown.map((step) => formatCount(Math.round(step)));
    const steps = l10n.t('steps {0}–{1}', first ?? '', last ?? '');
    this.text([steps, run.summary?.model ?? ''].filter(Boolean).join(' · '), MARGIN, MARGIN + 34, {
      muted: true,
    });
  }

  chart(parts: ChartParts, { left, top, width, height }: Box): void {
    const { context } = this;
    const labelWidth = this.text(parts.label, left, top + CAPTION / 2, { bold: true });
    this.text(parts.note, left + labelWidth + 12, top + CAPTION / 2, { muted: true });
    const plotHeight = height - CAPTION - LEGEND;
    const canvas = document.createElement('canvas');
    canvas.width = width;
    canvas.height = plotHeight;
    const chart = this.drawn(canvas, parts);
    context.drawImage(canvas, left, top + CAPTION, width, plotHeight);
    chart.destroy();
    if (parts.series.length > 1) {
      this.seriesKey(parts, left, top + CAPTION + plotHeight + LEGEND / 2);
    }
  }

  /** What stands for what on the axes, below all charts. */
  markKey(middle: number): void {
    const { context, content } = this;
    const { theme, view, run } = content;
    const kinds = new Set<ShownMark>(run.marks.map(({ kind }) => kind));
    if (run.checkpoints.length > 0) {
      kinds.add('checkpoint');
    }
    let left = MARGIN;
    for (const kind of SHOWN_MARKS.filter((one) => kinds.has(one) && !view.hiddenMarks.includes(one))) {
      const colour =
        kind === 'remedy'
          ? theme.warning
          : kind === 'rate' || kind === 'resume'
            ? theme.foreground
            : theme.muted;
      const y = kind === 'checkpoint' ? middle + MARK_SIZE / 2 : middle;
      drawMark(context, kind, left + MARK_SIZE / 2, y, colour, theme.background);
      left += MARK_SIZE + 6;
      left += this.text(markKindText(kind), left, middle, { muted: true }) + 20;
    }
  }

  private drawn(canvas: HTMLCanvasElement, parts: ChartParts): Chart<'line'> {
    const { run, view, theme } = this.content;
    const happened = run.marks.filter(({ kind }) => !view.hiddenMarks.includes(kind));
    const chart: ChartContent = {
      ...{ series: parts.series, theme, axis: parts.axis, logScale: parts.logScale, range: this.shown },
      marked: happened.length > 0,
      titles: [l10n.t('step'), parts.unit],
    };
    const hasCheckpoints = parts.isLoss === true && !view.hiddenMarks.includes('checkpoint');
    const marks = {
      checkpoints: hasCheckpoints ? run.checkpoints.map(({ step }) => step) : [],
      ...{ happened, cursor: null, brush: null, baseline: parts.baseline },
      ...{ drawn: parts.series, theme },
    };
    return new Chart(canvas, {
      type: 'line',
      data: { datasets: chartDatasets(chart) },
      plugins: [marksPlugin(() => marks)],
      options: { ...chartOptions(chart), responsive: false, devicePixelRatio: PIXELS_PER_UNIT },
    });
  }

  private seriesKey({ series }: ChartParts, begin: number, middle: number): void {
    const { context, content } = this;
    let left = begin;
    for (const { label, colour, pale } of series) {
      context.strokeStyle = lineColour(content.theme, colour, pale === true);
      context.lineWidth = 2;
      context.beginPath();
      context.moveTo(left, middle);
      context.lineTo(left + 16, middle);
      context.stroke();
      left += 22;
      left += this.text(label, left, middle, { muted: true }) + 16;
    }
  }

  /** @returns its width */
  private text(
    text: string,
    x: number,
    y: number,
    {
      bold = false,
      muted = false,
      size = FONT_SIZE,
    }: { bold?: boolean; muted?: boolean; size?: number } = {},
  ): number {
    const { context, content } = this;
    context.font = `${bold ? 600 : 400} ${size}px ${content.theme.font}`;
    context.fillStyle = muted ? content.theme.muted : content.theme.foreground;
    context.fillText(text, x, y);
    return context.measureText(text).width;
  }
}
