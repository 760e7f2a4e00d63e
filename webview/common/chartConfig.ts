import type { ChartConfiguration, ChartDataset, ChartOptions } from 'chart.js';
import { countText, shortCountText } from './quantities';
import { stepTicks } from './stepTicks';
import { LINE_DASHES, type ChartTheme, type SeriesColour } from './chartTheme';
import { extentOver, type StepRange } from './chartZoom';
import type { Curve } from './curve';

/** One line of a chart. */
export interface Series {
  readonly label: string;
  readonly curve: Curve;
  /** What it shows, or the number of a line of several of the same (`LINE_DASHES`). */
  readonly colour: SeriesColour | number;
  /** Drawn behind the others and paler: the values that a smoothed curve is made of. */
  readonly pale?: boolean;
  /** Few enough points that each is drawn. */
  readonly dots?: boolean;
  readonly dashed?: boolean;
  /** The confidence interval of each point. */
  readonly interval?: Readonly<Record<'low' | 'high', readonly number[]>>;
}

/** How the values of a chart are written on its axis, and whether the axis begins at zero. */
export interface ValueAxis {
  readonly tick: (value: number, spacing: number) => string;
  readonly fromZero: boolean;
  /** What no value can be below or above. */
  readonly limits?: readonly [least: number, most: number];
}

/** How the positions along a chart are written. */
export type PositionText = (value: number, spacing: number) => string;

/** What a chart is drawn from. */
export interface ChartContent {
  readonly series: readonly Series[];
  readonly theme: ChartTheme;
  readonly axis: ValueAxis;
  readonly logScale: boolean;
  /** First and last position that are drawn. */
  readonly range: StepRange;
  readonly position?: PositionText;
  /** Where the ticks along the chart are; whole steps where left out. */
  readonly ticks?: (first: number, last: number, most: number) => number[];
  /** Whether there is room above the curves for marks. */
  readonly marked: boolean;
  /** What stands at the axes, where they have titles. */
  readonly titles?: readonly [x: string, y: string];
}

type Datasets = ChartDataset<'line', { x: number; y: number }[]>[];
export type CurveConfiguration = ChartConfiguration<'line', { x: number; y: number }[]>;

const MOST_TICKS = 8;
/** A short count tells apart what differs in its first so many. */
const SHORT_COUNTS = 1000;

/** Height of the strip above the curves, for marks. */
export const STRIP = 18;

export function chartDatasets({ series, theme, logScale }: ChartContent): Datasets {
  return series.map(({ curve, colour, pale, dots, dashed, label }, index) => ({
    label,
    data: pointsOf(curve, logScale),
    borderColor: lineColour(theme, colour, pale === true),
    backgroundColor: colourOf(theme, colour),
    borderWidth: pale ? 1 : typeof colour === 'number' ? 2 : 1.5,
    borderDash: dashed ? [5, 4] : typeof colour === 'number' ? [...(LINE_DASHES[colour] ?? [])] : [],
    pointRadius: dots ? 2.5 : curve.x.length === 1 ? 2 : 0,
    pointHoverRadius: 0,
    // Points at the ends of the axis are drawn whole.
    clip: 4,
    order: -index,
  }));
}

function colourOf({ lines, series, foreground }: ChartTheme, colour: Series['colour']): string {
  return typeof colour === 'number' ? (lines[colour] ?? foreground) : series[colour];
}

export function lineColour(theme: ChartTheme, name: Series['colour'], pale: boolean): string {
  const colour = colourOf(theme, name);
  return pale ? `color-mix(in srgb, ${colour} ${theme.pale}, transparent)` : colour;
}

/** A logarithmic axis leaves out zero and below. */
function pointsOf({ x, y }: Curve, logScale: boolean): { x: number; y: number }[] {
  const points = x.map((step, index) => ({ x: step, y: y[index] ?? NaN }));
  return logScale ? points.filter(({ y }) => !(y <= 0)) : points;
}

export function chartOptions(content: ChartContent): ChartOptions<'line'> {
  return {
    animation: false,
    responsive: true,
    maintainAspectRatio: false,
    parsing: false,
    normalized: true,
    spanGaps: false,
    events: [],
    layout: { padding: { top: content.marked ? STRIP : 0 } },
    interaction: { mode: 'nearest' },
    elements: { line: { tension: 0 } },
    scales: { x: positionScale(content), y: valueScale(content) },
  };
}

/** A step on an axis: in short, unless its neighbours would read the same. */
function stepTickText(step: number, spacing: number): string {
  return spacing * SHORT_COUNTS >= step ? shortCountText(step) : countText(step);
}

type Scales = NonNullable<ChartOptions<'line'>['scales']>;

function positionScale({
  theme,
  range: [min, max],
  position = stepTickText,
  ticks = stepTicks,
  titles,
}: ChartContent): NonNullable<Scales['x']> {
  return {
    type: 'linear',
    min,
    max,
    border: { color: theme.grid },
    grid: { color: theme.grid, tickLength: 4, display: false },
    title: titleOf(theme, titles?.[0]),
    afterBuildTicks: (scale) => {
      scale.ticks = ticks(min, max, MOST_TICKS).map((value) => ({ value }));
    },
    ticks: {
      ...tickFont(theme),
      maxTicksLimit: MOST_TICKS,
      maxRotation: 0,
      callback: (value, _, all) => position(Number(value), spacingOf(all)),
    },
  };
}

function valueScale({
  theme,
  axis,
  logScale,
  series,
  range,
  titles,
}: ChartContent): NonNullable<Scales['y']> {
  // Chart.js looks at the points in view; between two of them a line may still be in it.
  const curves = series.flatMap(({ curve, interval }) => [
    curve,
    ...(interval === undefined ? [] : [interval.low, interval.high].map((y) => ({ x: curve.x, y }))),
  ]);
  const [low, high] = extentOver(curves, range) ?? [];
  const inView =
    low === undefined || high === undefined || (logScale && low <= 0)
      ? {}
      : { suggestedMin: low, suggestedMax: high };
  return {
    type: logScale ? 'logarithmic' : 'linear',
    ...inView,
    ...withinLimits(axis.limits, low, high),
    beginAtZero: axis.fromZero,
    ...(axis.fromZero ? {} : { grace: `${GRACE * 100}%` }),
    border: { display: false },
    grid: { color: theme.grid, tickLength: 4 },
    title: titleOf(theme, titles?.[1]),
    ticks: {
      ...tickFont(theme),
      maxTicksLimit: 6,
      callback: (value, _, all) => axis.tick(Number(value), spacingOf(all)),
    },
  };
}

/** Part of the height that is left above and below the values. */
const GRACE = 0.05;

/** The ends of an axis that would otherwise go beyond what there is. */
function withinLimits(
  limits: ValueAxis['limits'],
  low: number | undefined,
  high: number | undefined,
): { min?: number; max?: number } {
  if (limits === undefined || low === undefined || high === undefined) {
    return {};
  }
  const [least, most] = limits;
  const room = Math.max(high - low, Number.EPSILON) * GRACE;
  return { ...(low - room <= least ? { min: least } : {}), ...(high + room >= most ? { max: most } : {}) };
}

function spacingOf(ticks: readonly { readonly value: number }[]): number {
  return Math.abs((ticks[1]?.value ?? 0) - (ticks[0]?.value ?? 0));
}

function tickFont(theme: ChartTheme): { color: string; font: { family: string; size: number } } {
  return { color: theme.muted, font: { family: theme.font, size: theme.fontSize } };
}

function titleOf(theme: ChartTheme, text: string | undefined): { display: boolean; text?: string } {
  return text === undefined ? { display: false } : { display: true, text, ...tickFont(theme) };
}
