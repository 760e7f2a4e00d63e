import { html, LitElement, type TemplateResult } from 'lit';
import type { HeatScale } from '../../src/shared/heatmap/heatScale';
import type { Rgb } from '../../src/shared/heatmap/ink';
import { layerText, type Copies } from '../../src/shared/run/layerText';
import type { UnitName } from '../../src/shared/webview/run';
import type { HeatColours } from '../common/heatRamp';
import { l10n } from '../common/l10n';
import { shortCountText } from '../common/quantities';
import type { ChartTheme } from '../common/chartTheme';
import { shortUnitName } from './unitTable';

export interface UnitMapEvents {
  /** A measurement was clicked. */
  pick: CustomEvent<number>;
  /** The cell under the pointer, as [unit, measurement]. */
  hover: CustomEvent<readonly [number, number] | null>;
}

const ROW_HEIGHTS = { smallest: 5, largest: 18, wanted: 380 } as const;
const LABELS_FROM_HEIGHT = 11;
/** So many units have their names in any case, in a picture that is higher than wanted. */
const NAMED_UNITS = 54;
/** As `.scrubber` has them, which stands below. */
const LABEL_WIDTH = 250;
const NARROW_LABEL_WIDTH = 110;
const LAYER_WIDTH = 98;
/** Room for the mark around the last measurement. */
const RIGHT_MARGIN = 2;
const AXIS_HEIGHT = 22;
const TICK_DISTANCE = 70;

/** A picture of every unit's value at every measurement; what it shows is also there as a table. */
export class UnitMap extends LitElement {
  static override properties = {
    label: { attribute: false },
    units: { attribute: false },
    copies: { attribute: false },
    steps: { attribute: false },
    values: { attribute: false },
    scale: { attribute: false },
    column: { attribute: false },
    colours: { attribute: false },
    theme: { attribute: false },
  };

  declare label: string;
  declare units: readonly UnitName[];
  declare copies: Copies;
  declare steps: readonly number[];
  /** By measurement, then by unit; NaN where there is none. */
  declare values: readonly (readonly number[])[];
  declare scale: HeatScale;
  /** The measurement that is marked. */
  declare column: number;
  declare colours: HeatColours;
  declare theme: ChartTheme;

  private readonly resizes = new ResizeObserver(() => {
    this.draw();
  });

  protected override createRenderRoot(): HTMLElement {
    return this;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.resizes.observe(this);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.resizes.disconnect();
  }

  protected override render(): TemplateResult {
    return html`<canvas
      role="img"
      aria-label=${this.label}
      @pointerdown=${this.onDown}
      @pointermove=${this.onMove}
      @pointerleave=${this.onLeave}
    ></canvas>`;
  }

  protected override updated(): void {
    this.draw();
  }

  private get rowHeight(): number {
    return rowHeightOf(this.units.length);
  }

  private get labelWidth(): number {
    return hasRowLabels(this.units.length) ? LABEL_WIDTH : NARROW_LABEL_WIDTH;
  }

  private get columnWidth(): number {
    return Math.max(0, this.clientWidth - this.labelWidth - RIGHT_MARGIN) / Math.max(1, this.steps.length);
  }

  private draw(): void {
    const canvas = this.querySelector('canvas');
    const width = this.clientWidth;
    // Hidden: it is drawn when it gets a size.
    if (canvas === null || width === 0) {
      return;
    }
    const height = this.rowHeight * this.units.length + AXIS_HEIGHT;
    const ratio = window.devicePixelRatio;
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(height * ratio);
    canvas.style.width = `${width}px`;
    canvas.style.height = `${height}px`;
    const context = canvas.getContext('2d');
    if (context !== null) {
      context.scale(ratio, ratio);
      context.font = `${this.theme.fontSize}px ${this.theme.font}`;
      this.drawCells(context);
      this.drawLabels(context);
      this.drawAxis(context, height - AXIS_HEIGHT);
      this.drawMark(context, height - AXIS_HEIGHT);
    }
  }

  private drawCells(context: CanvasRenderingContext2D): void {
    const { rowHeight, columnWidth, labelWidth } = this;
    const gap = columnWidth >= 6 ? 1 : 0;
    for (const [column, values] of this.values.entries()) {
      const left = labelWidth + column * columnWidth;
      for (const [row, value] of values.entries()) {
        if (Number.isFinite(value)) {
          context.fillStyle = css(this.colours.ground(this.scale.heat(value)));
          // Slightly wider than it is, so that no background shows between narrow neighbours.
          context.fillRect(
            left,
            row * rowHeight,
            columnWidth - gap + (gap === 0 ? 0.5 : 0),
            rowHeight - (rowHeight > 6 ? 1 : 0),
          );
        }
      }
    }
  }

  private drawLabels(context: CanvasRenderingContext2D): void {
    const { rowHeight, units } = this;
    context.textBaseline = 'middle';
    context.fillStyle = this.theme.foreground;
    let drawnTo = -Infinity;
    for (const [row, { layer, name }] of units.entries()) {
      const middle = (row + 0.5) * rowHeight;
      const isFirst = units[row - 1]?.layer !== layer;
      if (hasRowLabels(units.length)) {
        this.rightText(context, isFirst ? this.layerText(layer) : '', LAYER_WIDTH, middle);
        this.rightText(context, shortUnitName(name), LABEL_WIDTH - 8, middle);
      } else if (isFirst && middle - drawnTo >= LABELS_FROM_HEIGHT) {
        this.rightText(context, this.layerText(layer), NARROW_LABEL_WIDTH - 8, middle);
        drawnTo = middle;
      }
    }
  }

  private layerText(layer: number): string {
    return layerText(layer, this.copies, l10n);
  }

  private rightText(context: CanvasRenderingContext2D, text: string, right: number, middle: number): void {
    context.textAlign = 'right';
    context.fillText(text, right, middle, right);
  }

  private drawAxis(context: CanvasRenderingContext2D, top: number): void {
    const { columnWidth, labelWidth, steps } = this;
    context.fillStyle = this.theme.muted;
    context.textAlign = 'center';
    const every = Math.max(1, Math.ceil(TICK_DISTANCE / Math.max(1, columnWidth)));
    for (let column = 0; column < steps.length; column += every) {
      const middle = labelWidth + (column + 0.5) * columnWidth;
      context.fillText(shortCountText(steps[column] ?? 0), middle, top + AXIS_HEIGHT / 2 + 2);
    }
  }

  private drawMark(context: CanvasRenderingContext2D, bottom: number): void {
    const { columnWidth, labelWidth, column } = this;
    const left = labelWidth + column * columnWidth;
    const width = Math.max(3, columnWidth);
    context.lineWidth = 2;
    context.strokeStyle = this.theme.background;
    context.strokeRect(left - 1, 0, width + 2, bottom);
    context.lineWidth = 1.5;
    context.strokeStyle = this.theme.foreground;
    context.strokeRect(left, 0.75, width, bottom - 1.5);
  }

  private cellAt(event: PointerEvent): readonly [number, number] | null {
    const { left, top } = this.getBoundingClientRect();
    const row = Math.floor((event.clientY - top) / this.rowHeight);
    const column = Math.floor((event.clientX - left - this.labelWidth) / this.columnWidth);
    const inside = row >= 0 && row < this.units.length && column >= 0 && column < this.steps.length;
    return inside ? [row, column] : null;
  }

  private readonly onDown = (event: PointerEvent): void => {
    this.pick(event);
  };

  private readonly onMove = (event: PointerEvent): void => {
    if ((event.buttons & 1) === 1) {
      this.pick(event);
    }
    this.hover(this.cellAt(event));
  };

  private readonly onLeave = (): void => {
    this.hover(null);
  };

  private pick(event: PointerEvent): void {
    const cell = this.cellAt(event);
    if (cell !== null) {
      const told: UnitMapEvents['pick'] = new CustomEvent('pick', { detail: cell[1] });
      this.dispatchEvent(told);
    }
  }

  private hover(detail: readonly [number, number] | null): void {
    const told: UnitMapEvents['hover'] = new CustomEvent('hover', { detail });
    this.dispatchEvent(told);
  }
}

function rowHeightOf(units: number): number {
  const { smallest, largest, wanted } = ROW_HEIGHTS;
  const least = units <= NAMED_UNITS ? LABELS_FROM_HEIGHT : smallest;
  return Math.max(least, Math.min(largest, Math.floor(wanted / Math.max(1, units))));
}

/** Whether the rows of so many units are high enough to be labelled; layers are, otherwise. */
export function hasRowLabels(units: number): boolean {
  return rowHeightOf(units) >= LABELS_FROM_HEIGHT;
}

function css(colour: Rgb): string {
  return `rgb(${colour.join(' ')})`;
}
