import type { Rgb } from '../../src/shared/heatmap/ink';
import type { ImportanceTable } from '../../src/shared/heatmap/importanceTable';
import type { ColourRange } from '../../src/shared/heatmap/ranges';
import { l10n } from '../common/l10n';
import type { GridRow } from '../common/gridRow';
import type { HeatColours } from '../common/heatRamp';
import { offScaleText, samples } from './legend';
import { headingOf, rangeTitle } from './texts';

const CELL = { width: 76, height: 22 } as const;
const LABEL_WIDTH = 64;
const LEGEND_TITLE = 200;
const MARGIN = 16;
const LINE = 13;
const HEAD = 24 + 3 * LINE;
const FONT_SIZE = 12;
/** Sharp on screens of high resolution, and in print. */
const PIXELS_PER_UNIT = 2;

export interface PictureContent {
  readonly title: string;
  readonly table: ImportanceTable;
  readonly rows: readonly GridRow[];
  readonly ranges: readonly ColourRange[];
  readonly marked: ReadonlySet<number>;
  readonly colours: HeatColours;
}

/** The heatmap as it is shown, with title and legend, as a PNG file in base64. */
export function drawPicture(content: PictureContent): string {
  const { table, rows, ranges } = content;
  const width = MARGIN * 2 + LABEL_WIDTH + CELL.width * table.columns.length;
  const height = MARGIN * 2 + HEAD + CELL.height * (rows.length + 1 + ranges.length);
  const canvas = document.createElement('canvas');
  canvas.width = width * PIXELS_PER_UNIT;
  canvas.height = height * PIXELS_PER_UNIT;
  const context = canvas.getContext('2d');
  if (context === null) {
    throw new Error('This browser draws no pictures.');
  }
  context.scale(PIXELS_PER_UNIT, PIXELS_PER_UNIT);
  new Picture(context, content).draw(width, height);
  return canvas.toDataURL('image/png').replace(/^.*,/, '');
}

class Picture {
  private readonly ground: string;
  private readonly foreground: string;

  constructor(
    private readonly context: CanvasRenderingContext2D,
    private readonly content: PictureContent,
  ) {
    this.ground = css(content.colours.ground(undefined));
    this.foreground = css(content.colours.ink(undefined));
  }

  draw(width: number, height: number): void {
    const { context, content } = this;
    context.fillStyle = this.ground;
    context.fillRect(0, 0, width, height);
    context.textBaseline = 'middle';
    const family = getComputedStyle(document.body).fontFamily;
    context.font = `600 ${FONT_SIZE + 2}px ${family}`;
    this.text(content.title, MARGIN, MARGIN + FONT_SIZE / 2, 'start');
    context.font = `${FONT_SIZE}px ${family}`;
    const top = MARGIN + HEAD;
    this.heading(top - CELL.height / 2);
    for (const [index, row] of content.rows.entries()) {
      this.row(row, top + index * CELL.height);
    }
    for (const [index, range] of content.ranges.entries()) {
      this.legend(range, top + (content.rows.length + 1 + index) * CELL.height);
    }
  }

  private heading(middle: number): void {
    this.text(l10n.t('layer'), MARGIN, middle, 'start');
    for (const [index, column] of this.content.table.columns.entries()) {
      const lines = this.lines(headingOf(column));
      for (const [line, text] of lines.entries()) {
        this.text(text, cellRight(index), middle - (lines.length - 1 - line) * LINE, 'end');
      }
    }
  }

  /** A heading in as few lines as its column has room for, broken before underscores. */
  private lines(heading: string): string[] {
    const lines: string[] = [];
    for (const part of heading.split(/(?=_)/)) {
      const longer = `${lines.at(-1) ?? ''}${part}`;
      if (lines.length > 0 && this.context.measureText(longer).width <= CELL.width - 8) {
        lines[lines.length - 1] = longer;
      } else {
        lines.push(part);
      }
    }
    return lines;
  }

  private row({ layer, cells }: GridRow, top: number): void {
    const middle = top + CELL.height / 2;
    const marked = this.content.marked.has(layer);
    this.text(`${marked ? '✓ ' : ''}${layer}`, MARGIN, middle, 'start');
    for (const [index, { text }] of cells.entries()) {
      const heat = this.heatOf(layer, index);
      this.cell(cellRight(index) - CELL.width + 6, top, CELL.width, heat);
      this.context.fillStyle = css(this.content.colours.ink(heat));
      this.context.textAlign = 'end';
      this.context.fillText(text, cellRight(index), middle);
    }
    if (marked) {
      this.context.strokeStyle = this.foreground;
      this.context.strokeRect(
        MARGIN - 4.5,
        top + 0.5,
        LABEL_WIDTH + CELL.width * cells.length + 4,
        CELL.height - 1,
      );
    }
  }

  private heatOf(layer: number, column: number): ReturnType<ColourRange['scale']['heat']> | undefined {
    const value = this.content.table.rows[layer]?.values[column];
    const range = this.content.ranges.find(({ columns }) => columns.includes(column));
    return value === undefined ? undefined : range?.scale.heat(value);
  }

  private cell(left: number, top: number, width: number, heat: Parameters<HeatColours['ground']>[0]): void {
    const { context } = this;
    context.fillStyle = css(this.content.colours.ground(heat));
    context.fillRect(left, top, width - 1, CELL.height - 1);
    if (heat === 'off scale') {
      context.strokeStyle = this.foreground;
      context.setLineDash([2, 3]);
      context.strokeRect(left + 0.5, top + 0.5, width - 2, CELL.height - 2);
      context.setLineDash([]);
    }
  }

  private legend(range: ColourRange, top: number): void {
    const middle = top + CELL.height / 2;
    this.text(rangeTitle(range.name), MARGIN, middle, 'start');
    const shown = samples(range.scale, range.values);
    const all = range.scale.offScale === 0 ? shown : [...shown, ['off scale', '≤ 0'] as const];
    for (const [index, [heat, text]] of all.entries()) {
      const left = MARGIN + LEGEND_TITLE + index * CELL.width;
      this.cell(left, top, CELL.width, heat);
      this.context.fillStyle = css(this.content.colours.ink(heat));
      this.context.textAlign = 'center';
      this.context.fillText(text, left + CELL.width / 2, middle);
    }
    if (range.scale.offScale > 0) {
      const left = MARGIN + LEGEND_TITLE + all.length * CELL.width + 6;
      this.text(offScaleText(range.scale.offScale), left, middle, 'start');
    }
  }

  private text(text: string, x: number, y: number, align: CanvasTextAlign): void {
    this.context.fillStyle = this.foreground;
    this.context.textAlign = align;
    this.context.fillText(text, x, y);
  }
}

/** Where the text of a column's cells ends. */
function cellRight(column: number): number {
  return MARGIN + LABEL_WIDTH + CELL.width * (column + 1) - 6;
}

function css(colour: Rgb): string {
  return `rgb(${colour.join(' ')})`;
}
