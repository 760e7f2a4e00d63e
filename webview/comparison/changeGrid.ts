import { html, LitElement, type PropertyValues, type TemplateResult } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import type { ChangeTable } from '../../src/shared/comparisonTable';
import type { HeatScale } from '../../src/shared/heatmap/heatScale';
import type { HeatRow } from '../../src/shared/heatmap/importanceTable';
import { moveCell } from '../../src/shared/heatmap/moveCell';
import type { SortOrder } from '../../src/shared/heatmap/sortRows';
import type { ChangeMeasure } from '../../src/shared/webview/comparison';
import { l10n } from '../common/l10n';
import { CellTooltip } from '../heatmap/cellTooltip';
import { heatClass } from '../heatmap/heatRamp';
import { cellFacts, cellText, columnName, headingOf, layerText } from './texts';

const DETAIL_ID = 'cell-detail';

/** What the grid tells its owner. */
export interface ChangeGridEvents {
  sort: CustomEvent<SortOrder['by']>;
}

/** Layers × units, coloured by how far they moved; one cell in the tab order at a time. */
export class ChangeGrid extends LitElement {
  static override properties = {
    table: { attribute: false },
    rows: { attribute: false },
    scale: { attribute: false },
    measure: { attribute: false },
    order: { attribute: false },
  };

  declare table: ChangeTable;
  /** The numbers that are coloured, in the order that is shown. */
  declare rows: readonly HeatRow[];
  declare scale: HeatScale;
  declare measure: ChangeMeasure;
  declare order: SortOrder;

  private active: HTMLTableCellElement | undefined;
  private readonly tooltip = new CellTooltip();

  /** In the page itself: its styles, and ids that descriptions can refer to. */
  protected override createRenderRoot(): HTMLElement {
    return this;
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.tooltip.remove();
  }

  protected override render(): TemplateResult {
    return html`
      <div class="grid-scroll">
        <table
          role="grid"
          class="heatmap"
          aria-label=${l10n.t('Change of layers and their units')}
          aria-rowcount=${this.rows.length + 1}
          aria-colcount=${this.table.columns.length + 1}
          @keydown=${this.onKey}
          @click=${this.onClick}
          @focusin=${this.onFocus}
          @focusout=${this.onBlur}
          @mouseover=${this.onHover}
          @mouseleave=${this.tooltip.hide}
        >
          <thead>
            <tr aria-rowindex="1">
              ${this.heading(l10n.t('layer'), l10n.t('layer number'), 'number')}
              ${this.table.columns.map((column, index) =>
                this.heading(headingOf(column), columnName(column), { column: index }),
              )}
            </tr>
          </thead>
          <tbody>
            ${repeat(
              this.rows,
              ({ layer }) => layer,
              (row, index) => this.row(row, index),
            )}
          </tbody>
        </table>
      </div>
      <p id=${DETAIL_ID} class="cell-detail numeric"></p>
    `;
  }

  private heading(text: string, title: string, by: SortOrder['by']): TemplateResult {
    const sorted = isSameKey(this.order.by, by);
    const direction = this.order.descending ? 'descending' : 'ascending';
    const arrow = this.order.descending ? 'codicon-arrow-down' : 'codicon-arrow-up';
    const parts = text.split('_');
    return html`<th scope="col" aria-sort=${sorted ? direction : 'none'} title=${l10n.t('{0}: sort', title)}>
      ${parts.map((part, index) => (index === 0 ? part : html`<wbr />_${part}`))}
      <span class="codicon ${sorted ? arrow : ''}" aria-hidden="true"></span>
    </th>`;
  }

  private row({ layer, values }: HeatRow, index: number): TemplateResult {
    const row = this.table.rows.find((one) => one.layer.layer === layer);
    const cells = row?.cells ?? [];
    return html`<tr aria-rowindex=${index + 2} data-layer=${layer}>
      <th scope="row">
        <span class="visually-hidden">${l10n.t('layer')}</span> ${row ? layerText(row.layer) : layer}
      </th>
      ${values.map((value, column) => {
        const heat = value === undefined ? undefined : this.scale.heat(value);
        return html`<td class=${heatClass(heat)}>${cellText(cells[column], this.measure)}</td>`;
      })}
    </tr>`;
  }

  protected override updated(changed: PropertyValues): void {
    if (this.active?.isConnected !== true) {
      const first = this.grid?.rows[1]?.cells[0];
      if (first !== undefined) {
        this.activate(first);
      }
    }
    if (changed.has('table')) {
      this.describe(this.active);
    }
  }

  private get grid(): HTMLTableElement | null {
    return this.querySelector('table');
  }

  private activate(cell: HTMLTableCellElement): void {
    if (this.active !== cell) {
      this.active?.removeAttribute('tabindex');
    }
    this.active = cell;
    cell.tabIndex = 0;
  }

  private readonly onKey = (event: KeyboardEvent): void => {
    const cell = cellOf(event.target);
    if (cell === undefined || event.altKey) {
      return;
    }
    if (event.key === ' ' || event.key === 'Enter') {
      event.preventDefault();
      this.act(cell);
      return;
    }
    const { grid } = this;
    const size = {
      rows: grid?.rows.length ?? 0,
      columns: this.table.columns.length + 1,
      page: this.pageSize(cell),
    };
    const row = cell.closest('tr')?.rowIndex ?? 0;
    const next = moveCell({ row, column: cell.cellIndex }, event.key, event.ctrlKey || event.metaKey, size);
    const target = next === undefined ? undefined : grid?.rows[next.row]?.cells[next.column];
    if (target !== undefined) {
      event.preventDefault();
      this.activate(target);
      target.focus();
    }
  };

  /** Rows that the visible part of the grid has room for, but one, so that one stays in sight. */
  private pageSize(cell: HTMLTableCellElement): number {
    const visible = this.querySelector('.grid-scroll')?.clientHeight ?? 0;
    const head = this.grid?.tHead?.offsetHeight ?? 0;
    return Math.max(1, Math.floor((visible - head) / Math.max(1, cell.offsetHeight)) - 1);
  }

  private readonly onClick = (event: MouseEvent): void => {
    const cell = cellOf(event.target);
    if (cell !== undefined) {
      this.activate(cell);
      cell.focus();
      this.act(cell);
    }
  };

  /** A heading sorts by its column. */
  private act(cell: HTMLTableCellElement): void {
    if (layerOf(cell) === undefined) {
      const detail: SortOrder['by'] = cell.cellIndex === 0 ? 'number' : { column: cell.cellIndex - 1 };
      this.dispatchEvent(new CustomEvent('sort', { detail }) satisfies ChangeGridEvents['sort']);
    }
  }

  private readonly onFocus = (event: FocusEvent): void => {
    const cell = cellOf(event.target);
    if (cell !== undefined) {
      this.activate(cell);
      cell.setAttribute('aria-describedby', DETAIL_ID);
      this.describe(cell);
    }
  };

  private readonly onBlur = (event: FocusEvent): void => {
    cellOf(event.target)?.removeAttribute('aria-describedby');
  };

  private readonly onHover = (event: MouseEvent): void => {
    const cell = cellOf(event.target);
    if (cell === undefined || layerOf(cell) === undefined || cell.cellIndex === 0) {
      this.tooltip.hide();
    } else {
      this.tooltip.show(cell, this.textOf(cell));
    }
  };

  private describe(cell: HTMLTableCellElement | undefined): void {
    const detail = this.querySelector(`#${DETAIL_ID}`);
    if (detail !== null) {
      detail.textContent = cell === undefined ? '' : this.textOf(cell);
    }
  }

  private textOf(cell: HTMLTableCellElement): string {
    const number = layerOf(cell);
    const column = this.table.columns[cell.cellIndex - 1];
    if (number === undefined) {
      const name = column === undefined ? l10n.t('layer number') : columnName(column);
      return l10n.t('{0}: Enter sorts by it', name);
    }
    const row = this.table.rows.find(({ layer }) => layer.layer === number);
    if (row === undefined) {
      return '';
    }
    return column === undefined
      ? l10n.t('Layer {0}', layerText(row.layer))
      : cellFacts(row.layer, column, row.cells[cell.cellIndex - 1]);
  }
}

function isSameKey(a: SortOrder['by'], b: SortOrder['by']): boolean {
  return a === b || (typeof a === 'object' && typeof b === 'object' && a.column === b.column);
}

function cellOf(target: EventTarget | null): HTMLTableCellElement | undefined {
  return target instanceof Element
    ? (target.closest<HTMLTableCellElement>('td, th') ?? undefined)
    : undefined;
}

/** The layer of a cell's row; undefined for headings. */
function layerOf(cell: HTMLTableCellElement): number | undefined {
  const layer = cell.closest('tr')?.dataset.layer;
  return layer === undefined ? undefined : Number(layer);
}
