import { Chart, LinearScale, LineController, LineElement, LogarithmicScale, PointElement } from 'chart.js';
import { html, LitElement, nothing, type PropertyValues, type TemplateResult } from 'lit';
import type { RunMark } from '../../src/shared/run/runMark';
import { l10n } from './l10n';
import {
  chartDatasets,
  chartOptions,
  type ChartContent,
  type CurveConfiguration,
  type Series,
  type ValueAxis,
} from './chartConfig';
import { chartKey } from './chartKeys';
import { marksPlugin } from './chartMarks';
import { ChartPointer, type PointerTarget } from './chartPointer';
import type { ChartTheme } from './chartTheme';
import { shownRange, type StepRange } from './chartZoom';
import { markText } from './markText';
import { marksNear, positionTip, tipBox } from './markTip';
import { nearest } from './curve';
import { STEPS, type Positions } from './positions';
import { seriesLegend } from './seriesLegend';

Chart.register(LineController, LineElement, PointElement, LinearScale, LogarithmicScale);

export interface CurveChartEvents {
  /** The step that values are to be read at; null when the pointer left. */
  cursor: CustomEvent<number | null>;
  /** What is to be shown; null: all. */
  zoom: CustomEvent<StepRange | null>;
}

/** A mark within so many pixels of the pointer is told of. */
const NEAR_PIXELS = 6;

/**
 * A chart of curves over steps. The values at the cursor stand in its heading, so that they can be read as text; the cursor
 * follows the pointer, or the arrow keys when the chart has the focus. What is shown is zoomed and panned by pointer and keys.
 */
export class CurveChart extends LitElement {
  static override properties = {
    label: { attribute: false },
    note: { attribute: false },
    series: { attribute: false },
    theme: { attribute: false },
    logScale: { attribute: false },
    checkpoints: { attribute: false },
    happened: { attribute: false },
    cursor: { attribute: false },
    baseline: { attribute: false },
    range: { attribute: false },
    zoom: { attribute: false },
    format: { attribute: false },
    axis: { attribute: false },
    positions: { attribute: false },
    hint: { attribute: false },
    tip: { state: true },
  };

  declare label: string;
  /** Beside the heading when there is no cursor. */
  declare note: string;
  declare series: readonly Series[];
  declare theme: ChartTheme;
  declare logScale: boolean;
  declare checkpoints: readonly number[];
  /** What is marked above the curves. */
  declare happened: readonly RunMark[];
  declare cursor: number | null;
  declare baseline: number | undefined;
  /** First and last step of the axis, the same for all charts of a run. */
  declare range: StepRange;
  /** What of it is shown; null: all. */
  declare zoom: StepRange | null;
  declare format: (value: number) => string;
  declare axis: ValueAxis;
  declare positions: Positions;
  /** The id of the element that says how to zoom. */
  declare hint: string;
  /** The marks at the pointer, or at the cursor that keys moved. */
  declare private tip: readonly RunMark[];

  private chart: Chart<'line'> | undefined;
  private brush: StepRange | null = null;
  private readonly pointer = new ChartPointer(this.target());

  constructor() {
    super();
    this.checkpoints = [];
    this.happened = [];
    this.zoom = null;
    this.logScale = false;
    this.positions = STEPS;
    this.tip = [];
  }

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

  private get shown(): StepRange {
    return shownRange(this.range, this.zoom);
  }

  protected override render(): TemplateResult {
    const { cursor } = this;
    return html`<figure>
      <figcaption>
        <h3>${this.label}</h3>
        <span class="reading">${cursor === null ? this.note : this.valuesAt(cursor)}</span>
      </figcaption>
      ${this.series.some(({ curve }) => curve.x.length > 0) ? this.plot() : html`<p class="plot nothing muted">${l10n.t('Nothing yet')}</p>`}
      ${this.series.length > 1 ? seriesLegend(this.series) : nothing}
    </figure>`;
  }

  private plot(): TemplateResult {
    const { cursor, pointer } = this;
    const [first, last] = this.shown;
    const at = cursor ?? last;
    const marks = this.tip.map(markText);
    return html`<div
      class="plot"
      role="slider"
      tabindex="0"
      aria-label=${this.label}
      aria-describedby=${this.hint}
      aria-orientation="horizontal"
      aria-valuemin=${first}
      aria-valuemax=${last}
      aria-valuenow=${Math.min(last, Math.max(first, at))}
      aria-valuetext=${[this.valuesAt(at), ...marks].join(' · ')}
      @keydown=${this.onKey}
      @focus=${this.onFocus}
      @pointerdown=${pointer.onDown}
      @pointermove=${this.onMove}
      @pointerup=${pointer.onUp}
      @pointercancel=${pointer.cancel}
      @pointerleave=${this.onLeave}
      @dblclick=${this.onReset}
      @wheel=${pointer.onWheel}
      @blur=${this.onLeave}
    >
      <canvas aria-hidden="true"></canvas>
      ${this.tip.length === 0 ? nothing : tipBox(this.tip, this.positions)}
    </div>`;
  }

  /** The step nearest to `step` and each curve's value there. */
  private valuesAt(step: number): string {
    const values = this.series.flatMap(({ label, curve, interval }) => {
      const index = nearest(curve.x, step);
      const [at, value] = index === undefined ? [] : [curve.x[index], curve.y[index]];
      if (index === undefined || at === undefined || value === undefined || Number.isNaN(value)) {
        return [];
      }
      const range = interval === undefined ? '' : ` (${this.rangeText(interval, index)})`;
      const text = `${this.format(value)}${range}`;
      return [{ at, text: this.series.length > 1 ? `${label} ${text}` : text }];
    });
    const [first] = values;
    return first === undefined
      ? this.note
      : [this.positions.reading(first.at), ...values.map(({ text }) => text)].join(' · ');
  }

  private rangeText({ low, high }: NonNullable<Series['interval']>, index: number): string {
    return l10n.t('{0} to {1}', this.format(low[index] ?? NaN), this.format(high[index] ?? NaN));
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
    } else if ([...changed.keys()].every((name) => name === 'cursor' || name === 'tip')) {
      this.chart.draw();
    } else {
      this.chart.options = chartOptions(this.content);
      this.chart.data.datasets = chartDatasets(this.content);
      this.chart.update('none');
    }
    const [mark] = this.tip;
    positionTip(this, mark && this.chart.scales.x?.getPixelForValue(mark.step));
  }

  private get content(): ChartContent {
    const { series, theme, axis, logScale, shown, positions, happened } = this;
    return {
      ...{ series, theme, axis, logScale, range: shown, marked: happened.length > 0 },
      ...(positions.tick === undefined ? {} : { position: positions.tick }),
      ...(positions.ticks === undefined ? {} : { ticks: positions.ticks }),
    };
  }

  private configuration(): CurveConfiguration {
    const plugin = marksPlugin(() => {
      const { checkpoints, happened, cursor, baseline, brush, series: drawn, theme } = this;
      return { checkpoints, happened, cursor, baseline, brush, drawn, theme };
    });
    return {
      type: 'line',
      data: { datasets: chartDatasets(this.content) },
      plugins: [plugin],
      options: chartOptions(this.content),
    };
  }

  private target(): PointerTarget {
    const element = (): this => this;
    return {
      stepAt: (clientX) => this.stepAt(clientX),
      get shown() {
        return element().shown;
      },
      get full() {
        return element().range;
      },
      get stepsPerPixel() {
        const [first, last] = element().shown;
        return (last - first) / Math.max(1, element().chart?.scales.x?.width ?? 1);
      },
      zoom: (range) => {
        this.setZoom(range);
      },
      brush: (range) => {
        this.brush = range;
        this.chart?.draw();
      },
    };
  }

  private stepAt(clientX: number): number | undefined {
    const scale = this.chart?.scales.x;
    const plot = this.querySelector('.plot');
    if (scale === undefined || plot === null || scale.width <= 0) {
      return undefined;
    }
    const step = scale.getValueForPixel(clientX - plot.getBoundingClientRect().left);
    const [first, last] = this.shown;
    return step === undefined ? undefined : Math.min(last, Math.max(first, step));
  }

  private readonly onMove = (event: PointerEvent): void => {
    const step = this.stepAt(event.clientX);
    this.pointer.onMove(event);
    if (step !== undefined) {
      const [first, last] = this.shown;
      const near = (NEAR_PIXELS * (last - first)) / Math.max(1, this.chart?.scales.x?.width ?? 1);
      this.tip = this.pointer.isDragging ? [] : marksNear(this.happened, step, near);
      this.emitCursor(step);
    }
  };

  /** What is read out then stays what it is while the run goes on. */
  private readonly onFocus = (): void => {
    if (this.cursor === null) {
      this.emitCursor(this.shown[1]);
    }
  };

  private readonly onLeave = (): void => {
    this.tip = [];
    this.emitCursor(null);
  };

  private readonly onReset = (): void => {
    if (this.zoom !== null) {
      this.setZoom(null);
    }
  };

  private readonly onKey = (event: KeyboardEvent): void => {
    const { shown, range: full, zoom, cursor } = this;
    const marks = this.happened.map(({ step }) => step);
    const result = chartKey(event, { shown, full, zoom, cursor, marks });
    if (result === undefined) {
      return;
    }
    event.preventDefault();
    if ('leave' in result) {
      this.pointer.cancel();
      this.onLeave();
      return;
    }
    if (result.zoom !== undefined) {
      this.setZoom(result.zoom);
    }
    this.tip = marksNear(this.happened, Math.round(result.cursor), result.near);
    this.emitCursor(result.cursor);
  };

  private readonly setZoom = (detail: StepRange | null): void => {
    this.tip = [];
    // At once: what is done next, before the page is drawn, goes on from there.
    this.zoom = detail;
    const event: CurveChartEvents['zoom'] = new CustomEvent('zoom', { detail });
    this.dispatchEvent(event);
  };

  private emitCursor(step: number | null): void {
    const [first, last] = this.shown;
    const detail = step === null ? null : Math.round(Math.min(last, Math.max(first, step)));
    const event: CurveChartEvents['cursor'] = new CustomEvent('cursor', { detail });
    this.dispatchEvent(event);
  }
}
