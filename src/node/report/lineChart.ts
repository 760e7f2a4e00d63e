import { axisTicks, type Axis, type AxisTick } from '../../shared/common/axisTicks';
import type { Curve } from '../../shared/common/curve';
import { html, type Content, type Html } from './html';

/** A line's colour, by the name of its class in the style sheet. */
export type LineKind = 'loss' | 'domain' | 'general' | 'rate' | 'speed';

export interface ChartLine {
  readonly label: string;
  readonly kind: LineKind;
  readonly curve: Curve;
  /** Behind the others: the values that a smoothed line is made of. */
  readonly pale?: boolean;
  /** Few enough points that each is drawn. */
  readonly dots?: boolean;
}

/** Something that happened at a position. */
export interface ChartMark {
  readonly at: number;
  readonly kind: 'checkpoint' | 'resume' | 'remedy' | 'choice';
}

export interface LineChart {
  readonly title: string;
  /** Where the value came to, beside the title. */
  readonly note: string;
  readonly lines: readonly ChartLine[];
  /** What the values are in, unless the title says it, and the positions. */
  readonly units: readonly [y: string, x: string];
  readonly x: Axis & { readonly whole: boolean };
  /** A value on the axis, and of a point. */
  readonly tick: (tick: AxisTick) => string;
  readonly format: (value: number) => string;
  readonly position: (value: number) => string;
  readonly fromZero?: boolean;
  /** Drawn across. */
  readonly baseline?: number | undefined;
  readonly marks?: readonly ChartMark[];
  readonly wide?: boolean;
}

/** Of the plot, which is stretched to the page: lines and letters keep their size. */
const SIZE = 1000;
const PADDING = 0.06;
const TICKS = { y: 5, x: { wide: 8, narrow: 5 } } as const;
const MARK_TEXTS = {
  checkpoint: 'checkpoint',
  resume: 'resumed',
  remedy: 'response to forgetting',
  choice: 'recommended',
} as const;

/** A chart with its title, axes and key; undefined where it has no point. */
export function lineChart(chart: LineChart): Html | undefined {
  const y = valueAxis(chart);
  if (y === undefined) {
    return undefined;
  }
  const scales = { x: (value: number) => share(value, chart.x), y: (value: number) => 1 - share(value, y) };
  const yTicks = axisTicks(y, TICKS.y);
  const xTicks = axisTicks(chart.x, TICKS.x[chart.wide ? 'wide' : 'narrow'], chart.x.whole ? 1 : 0);
  const lines = chart.lines.map((line) => drawn(line, scales, chart));
  const across = (value: number, kind: string): Html =>
    html`<path class="${kind}" d="M0 ${at(scales.y(value))}H${SIZE}" />`;
  return html`<figure class="chart${chart.wide ? ' wide' : ''}">
    <figcaption>
      <strong>${chart.title}</strong>
      <span class="muted">${[chart.units[0], chart.note].filter(Boolean).join(', ')}</span>
    </figcaption>
    <div class="plot">
      <svg viewBox="0 0 ${SIZE} ${SIZE}" preserveAspectRatio="none" role="img" aria-label="${spoken(chart)}">
        ${yTicks.map(({ value }) => across(value, 'grid'))}${chart.baseline === undefined ? undefined : across(chart.baseline, 'baseline')}
        ${(chart.marks ?? []).map((mark) => drawnMark(mark, scales.x))}${lines}
      </svg>
      <div aria-hidden="true">
        ${yTicks.map((tick) => html`<span class="tick y" style="top:${percent(scales.y(tick.value))}">${chart.tick(tick)}</span>`)}
        ${xTicks.map(({ value }) => html`<span class="tick x" style="left:${percent(scales.x(value))}">${chart.position(value)}</span>`)}
      </div>
    </div>
    <div class="below muted">${key(chart)}<span class="unit" aria-hidden="true">${chart.units[1]}</span></div>
  </figure> `;
}

interface Scales {
  readonly x: (value: number) => number;
  readonly y: (value: number) => number;
}

/** All values with some room around them; undefined where there are none. */
function valueAxis({ lines, baseline, fromZero }: LineChart): Axis | undefined {
  let [low, high] = [Infinity, -Infinity];
  for (const value of lines.flatMap(({ curve }) => curve.y)) {
    if (Number.isFinite(value)) {
      low = Math.min(low, value);
      high = Math.max(high, value);
    }
  }
  if (low > high) {
    return undefined;
  }
  low = fromZero === true ? Math.min(0, low) : Math.min(low, baseline ?? low);
  high = Math.max(high, baseline ?? high);
  const room = (high - low || Math.abs(high) || 1) * PADDING;
  return { low: fromZero === true ? low : low - room, high: high + room };
}

function share(value: number, { low, high }: Axis): number {
  return (value - low) / (high - low || 1);
}

function drawn({ curve, kind, pale, dots, label }: ChartLine, scales: Scales, chart: LineChart): Content {
  const points = curve.x.flatMap((x, index): [number, number][] => {
    const y = curve.y[index] ?? NaN;
    return Number.isFinite(y) ? [[x, y]] : [];
  });
  const at2 = ([x, y]: readonly [number, number]): string => `${at(scales.x(x))} ${at(scales.y(y))}`;
  const path = points.map((point, index) => `${index === 0 ? 'M' : 'L'}${at2(point)}`).join('');
  // A dot is a line without length and with round ends: a circle would be stretched with the plot.
  const circles = dots === true || points.length === 1 ? points : [];
  return html`<path class="line ${kind}${pale ? ' pale' : ''}" d="${path}" /> ${circles.map(
      (point) =>
        html`<path class="dot ${kind}" d="M${at2(point)}h0"
          ><title>${label}, ${chart.position(point[0])}: ${chart.format(point[1])}</title></path
        >`,
    )}`;
}

function drawnMark({ at: position, kind }: ChartMark, x: Scales['x']): Html {
  const path =
    kind === 'checkpoint' ? `M${at(x(position))} ${SIZE}V${0.95 * SIZE}` : `M${at(x(position))} 0V${SIZE}`;
  return html`<path class="mark ${kind}" d="${path}" />`;
}

function key({ lines, marks = [] }: LineChart): Html | undefined {
  const kinds = [...new Set(marks.map(({ kind }) => kind))];
  if (lines.length < 2 && kinds.length === 0) {
    return undefined;
  }
  const shown = lines.length < 2 ? [] : lines;
  return html`<p class="key muted">
    ${shown.map(
      ({ label, kind, pale }) => html`<span><i class="${kind}${pale ? ' pale' : ''}"></i>${label}</span>`,
    )}${kinds.map((kind) => html`<span><i class="mark ${kind}"></i>${MARK_TEXTS[kind]}</span>`)}
  </p>`;
}

/** What a chart shows, for whoever hears it. */
function spoken({ title, lines, format, position, units }: LineChart): string {
  const [line] = lines.filter(({ pale }) => pale !== true);
  const ends = lines
    .filter((one) => one.pale !== true)
    .map(({ label, curve }) => {
      const [first, last] = [curve.y[0], curve.y.at(-1)];
      return first === undefined || last === undefined
        ? label
        : `${label} from ${format(first)} at ${units[1]} ${position(curve.x[0] ?? 0)} to ${format(last)} at ${position(curve.x.at(-1) ?? 0)}`;
    });
  return lines.length === 1 && line?.label === title ? (ends[0] ?? title) : `${title}: ${ends.join('; ')}`;
}

function at(shareOfPlot: number): string {
  return String(Number((shareOfPlot * SIZE).toFixed(1)));
}

function percent(shareOfPlot: number): string {
  return `${(shareOfPlot * 100).toFixed(2)}%`;
}
