import {
  Chart,
  type ChartConfiguration,
  type ChartDataset,
  LinearScale,
  LineController,
  LineElement,
  LogarithmicScale,
  PointElement,
} from 'chart.js';
import { html, LitElement, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { l10n } from './l10n';
import { shortCountText } from './quantities';
import { marksPlugin } from './chartMarks';
import { type ChartTheme, LINE_DASHES, type SeriesColour } from './chartTheme';
import { lineKey } from './lineKey';
import { formatCount } from './format';
import { type Curve, nearest } from './curve';

Chart.register(LineController, LineElement, PointElement, LinearScale, LogarithmicScale);

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
}

/** How the values of a chart are written on its axis, and whether the axis begins at zero. */
export interface ValueAxis {
  readonly tick: (value: number, spacing: number) => string;
  readonly fromZero: boolean;
}

export interface CurveChartEvents {
  /** The step that values are to be read at; null when the pointer left. */
  cursor: CustomEvent<number | null>;
}

const KEY_STEPS: Readonly<Record<string, number>> = {
  ArrowLeft: -1,
  ArrowRight: 1,
  PageUp: 10,
  PageDown: -10,
};
/** Part of the curve that an arrow key goes. */
const KEY_SHARE = 0.01;

/**
 * A chart of curves over steps. The values at the cursor stand in its heading, so that they can be read as text; the cursor
 * follows the pointer, or the arrow keys when the chart has the focus.
 */
export class CurveChart extends LitElement {
  static override properties = {
    label: { attribute: false },
    note: { attribute: false },
    series: { attribute: false },
    theme: { attribute: false },
    logScale: { attribute: false },
    checkpoints: { attribute: false },
    cursor: { attribute: false },
    baseline: { attribute: false },
    range: { attribute: false },
    format: { attribute: false },
    axis: { attribute: false },
  };

  declare label: string;
  /** Beside the heading when there is no cursor. */
  declare note: string;
  declare series: readonly Series[];
  declare theme: ChartTheme;
  declare logScale: boolean;
  declare checkpoints: readonly number[];
  declare cursor: number | null;
  declare baseline: number | undefined;
  /** First and last step of the axis, the same for all charts of a run. */
  declare range: readonly [number, number];
  declare format: (value: number) => string;
  declare axis: ValueAxis;

  private chart: Chart<'line'> | undefined;

  protected override createRenderRoot(): HTMLElement {
    return this;
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.chart?.destroy();
    this.chart = undefined;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    // Back in the page with what it had: the chart is made again.
    this.requestUpdate('series');
  }

  protected override render(): TemplateResult {
    const { cursor } = this;
    return html`<figure>
      <figcaption>
        <h3>${this.label}</h3>
        <span class="reading">${cursor === null ? this.note : this.valuesAt(cursor)}</span>
      </figcaption>
      ${this.series.some(({ curve }) => curve.x.length > 0) ? this.plot() : html`<p class="plot nothing muted">${l10n.t('Nothing yet')}</p>`}
      ${this.series.length > 1 ? this.legend() : nothing}
    </figure>`;
  }

  private plot(): TemplateResult {
    const { cursor } = this;
    const [first, last] = this.range;
    return html`<div
      class="plot"
      role="slider"
      tabindex="0"
      aria-label=${this.label}
      aria-orientation="horizontal"
      aria-valuemin=${first}
      aria-valuemax=${last}
      aria-valuenow=${cursor ?? last}
      aria-valuetext=${this.valuesAt(cursor ?? last)}
      @keydown=${this.onKey}
      @focus=${this.onFocus}
      @pointermove=${this.onMove}
      @pointerleave=${this.onLeave}
      @blur=${this.onLeave}
    >
      <canvas aria-hidden="true"></canvas>
    </div>`;
  }

  private legend(): TemplateResult {
    return html`<ul class="legend">
      ${this.series.map(
        ({ label, colour, pale }) =>
          html`<li>
            ${
              typeof colour === 'number'
                ? lineKey(colour)
                : html`<span class="key key-${colour} ${pale ? 'pale' : ''}" aria-hidden="true"></span>`
            }${label}
          </li>`,
      )}
    </ul>`;
  }

  /** The step nearest to `step` and each curve's value there. */
  private valuesAt(step: number): string {
    const values = this.series.flatMap(({ label, curve }) => {
      const index = nearest(curve.x, step);
      const [at, value] = index === undefined ? [] : [curve.x[index], curve.y[index]];
      return at === undefined || value === undefined
        ? []
        : [{ at, text: this.series.length > 1 ? `${label} ${this.format(value)}` : this.format(value) }];
    });
    const [first] = values;
    return first === undefined
      ? this.note
      : [l10n.t('step {0}', formatCount(Math.round(first.at))), ...values.map(({ text }) => text)].join(
          ' · ',
        );
  }

  protected override updated(changed: PropertyValues): void {
    const canvas = this.querySelector('canvas');
    if (canvas === null || canvas !== this.chart?.canvas) {
      this.chart?.destroy();
      this.chart = undefined;
    }
    if (canvas === null) {
      return;
    }
    if (this.chart === undefined) {
      this.chart = new Chart(canvas, this.configuration());
      return;
    }
    if (changed.has('theme') || changed.has('logScale')) {
      this.chart.options = this.configuration().options ?? {};
    }
    if (changed.size === 1 && changed.has('cursor')) {
      this.chart.draw();
      return;
    }
    this.applyRange(this.chart);
    this.chart.data.datasets = this.datasets();
    this.chart.update('none');
  }

  private applyRange(chart: Chart<'line'>): void {
    const x = chart.options.scales?.x;
    if (x !== undefined) {
      [x.min, x.max] = this.range;
    }
  }

  private datasets(): ChartDataset<'line', { x: number; y: number }[]>[] {
    return this.series.map(({ curve, colour, pale, dots, label }, index) => ({
      label,
      data: this.pointsOf(curve),
      borderColor: this.lineColour(colour, pale === true),
      backgroundColor: this.colourOf(colour),
      borderDash: typeof colour === 'number' ? [...(LINE_DASHES[colour] ?? [])] : [],
      borderWidth: pale ? 1 : typeof colour === 'number' ? 2 : 1.5,
      pointRadius: dots ? 2.5 : curve.x.length === 1 ? 2 : 0,
      pointHoverRadius: 0,
      // Points at the ends of the axis are drawn whole.
      clip: 4,
      order: -index,
    }));
  }

  private colourOf(colour: Series['colour']): string {
    const { lines, series, foreground } = this.theme;
    return typeof colour === 'number' ? (lines[colour] ?? foreground) : series[colour];
  }

  private lineColour(name: Series['colour'], pale: boolean): string {
    const colour = this.colourOf(name);
    return pale ? `color-mix(in srgb, ${colour} ${this.theme.pale}, transparent)` : colour;
  }

  /** A logarithmic axis leaves out zero and below. */
  private pointsOf({ x, y }: Curve): { x: number; y: number }[] {
    const points = x.map((step, index) => ({ x: step, y: y[index] ?? NaN }));
    return this.logScale ? points.filter(({ y }) => y > 0) : points;
  }

  private configuration(): ChartConfiguration<'line', { x: number; y: number }[]> {
    const { theme } = this;
    const ticks = { color: theme.muted, font: { family: theme.font, size: theme.fontSize } };
    const grid = { color: theme.grid, tickLength: 4 };
    const border = { color: theme.grid };
    const [min, max] = this.range;
    return {
      type: 'line',
      data: { datasets: this.datasets() },
      plugins: [marksPlugin(() => ({ ...this.marks, foreground: theme.foreground, muted: theme.muted }))],
      options: {
        animation: false,
        responsive: true,
        maintainAspectRatio: false,
        parsing: false,
        normalized: true,
        events: [],
        interaction: { mode: 'nearest' },
        elements: { line: { tension: 0 } },
        scales: {
          x: {
            type: 'linear',
            min,
            max,
            border,
            grid: { ...grid, display: false },
            ticks: {
              ...ticks,
              maxTicksLimit: 8,
              maxRotation: 0,
              callback: (value) => shortCountText(Number(value)),
            },
          },
          y: {
            type: this.logScale ? 'logarithmic' : 'linear',
            beginAtZero: this.axis.fromZero,
            ...(this.axis.fromZero ? {} : { grace: '5%' }),
            border: { ...border, display: false },
            grid,
            ticks: {
              ...ticks,
              maxTicksLimit: 6,
              callback: (value, _, all) =>
                this.axis.tick(Number(value), Math.abs((all[1]?.value ?? 0) - (all[0]?.value ?? 0))),
            },
          },
        },
      },
    };
  }

  private get marks(): {
    checkpoints: readonly number[];
    cursor: number | null;
    baseline: number | undefined;
  } {
    const { checkpoints, cursor, baseline } = this;
    return { checkpoints, cursor, baseline };
  }

  private readonly onMove = (event: PointerEvent): void => {
    const scale = this.chart?.scales.x;
    if (scale !== undefined && scale.width > 0) {
      const { left } = (event.currentTarget as HTMLElement).getBoundingClientRect();
      this.emit(scale.getValueForPixel(event.clientX - left) ?? null);
    }
  };

  /** What is read out then stays what it is while the run goes on. */
  private readonly onFocus = (): void => {
    if (this.cursor === null) {
      this.emit(this.range[1]);
    }
  };

  private readonly onLeave = (): void => {
    this.emit(null);
  };

  private readonly onKey = (event: KeyboardEvent): void => {
    const [first, last] = this.range;
    const at = this.cursor ?? last;
    const move = KEY_STEPS[event.key];
    const next =
      event.key === 'Home'
        ? first
        : event.key === 'End'
          ? last
          : move === undefined
            ? undefined
            : at + move * Math.max(1, (last - first) * KEY_SHARE);
    if (next !== undefined) {
      event.preventDefault();
      this.emit(next);
    } else if (event.key === 'Escape') {
      this.emit(null);
    }
  };

  private emit(step: number | null): void {
    const [first, last] = this.range;
    const detail = step === null ? null : Math.round(Math.min(last, Math.max(first, step)));
    const event: CurveChartEvents['cursor'] = new CustomEvent('cursor', { detail, bubbles: true });
    this.dispatchEvent(event);
  }
}
