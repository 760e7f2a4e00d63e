import { html, LitElement, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { guard } from 'lit/directives/guard.js';
import { moveCell } from '../../src/shared/heatmap/moveCell';
import type { SortOrder } from '../../src/shared/heatmap/sortRows';
import { CellTooltip } from './cellTooltip';
import { GridBody } from './gridBody';
import { l10n } from './l10n';
import { SideScroll } from './sideScroll';
import type { GridRow } from './gridRow';

const DETAIL_ID = 'cell-detail';

export interface GridColumn {
  /** Short, as it stands above the column. */
  readonly heading: string;
  /** In full. */
  readonly name: string;
  /** What it is, for somebody who does not know the name; undefined where nobody has said. */
  readonly about?: string | undefined;
}

/** What a menu is told of a cell, beside its text; of the whole row where there is no column. */
export type CellContext = (layer: number, column: number | undefined) => Readonly<Record<string, unknown>>;

/** All that a cell stands for; of the whole row where there is no column, which may be marked. */
export type DescribeCell = (layer: number, column: number | undefined, isMarked: boolean) => string;

/** Events of the grid. */
export interface HeatGridEvents {
  /** A layer is to be marked, or no longer. */
  mark: CustomEvent<number>;
  sort: CustomEvent<SortOrder['by']>;
}

/**
 * A heatmap: a row for each layer, a column for each value, one cell in the tab order at a time. Moving the focus changes
 * two attributes of two cells and draws nothing again.
 */
export class HeatGrid extends LitElement {
  static override properties = {
    label: { attribute: false },
    columns: { attribute: false },
    rows: { attribute: false },
    order: { attribute: false },
    marked: { attribute: false },
    describe: { attribute: false },
    context: { attribute: false },
  };

  declare label: string;
  declare columns: readonly GridColumn[];
  /** In the order that is shown. */
  declare rows: readonly GridRow[];
  declare order: SortOrder;
  /** The layers that are marked; undefined where none can be. */
  declare marked: ReadonlySet<number> | undefined;
  declare describe: DescribeCell;
  /** Undefined where menus offer nothing but copying. */
  declare context: CellContext | undefined;

  private active: HTMLTableCellElement | undefined;
  private readonly tooltip = new CellTooltip();
  private readonly body = new GridBody();
  private readonly sides = new SideScroll(this);

  /** In the page itself: its styles, and ids that descriptions can refer to. */
  protected override createRenderRoot(): HTMLElement {
    return this;
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.tooltip.remove();
    this.sides.stop();
  }

  protected override render(): TemplateResult {
    return html`
      <div class="grid-frame">
        <div class="grid-scroll">
          <table
            role="grid"
            class="heatmap"
            aria-label=${this.label}
            aria-multiselectable=${this.marked === undefined ? nothing : 'true'}
            aria-rowcount=${this.rows.length + 1}
            aria-colcount=${this.columns.length + 1}
            data-vscode-context='{"preventDefaultContextMenuItems": true}'
            @keydown=${this.onKey}
            @contextmenu=${this.onContextMenu}
            @click=${this.onClick}
            @focusin=${this.onFocus}
            @focusout=${this.onBlur}
            @mouseover=${this.onHover}
            @mouseleave=${this.tooltip.hide}
          >
            ${guard([this.columns, this.order], () => this.head())} ${this.body.element}
          </table>
        </div>
      </div>
      <p class="grid-hint muted">
        ${l10n.t('There are more columns than fit: scroll sideways, hold Shift and turn the wheel, or move by the arrow keys.')}
      </p>
      <p id=${DETAIL_ID} class="cell-detail numeric"></p>
    `;
  }

  private head(): TemplateResult {
    return html`<thead role="rowgroup">
      <tr role="row" aria-rowindex="1">
        ${this.heading({ heading: l10n.t('layer'), name: l10n.t('layer number') }, 'number')}
        ${this.columns.map((column, index) => this.heading(column, { column: index }))}
      </tr>
    </thead>`;
  }

  private heading({ heading, name, about }: GridColumn, by: SortOrder['by']): TemplateResult {
    const sorted = sameKey(this.order.by, by);
    const direction = this.order.descending ? 'descending' : 'ascending';
    const arrow = this.order.descending ? 'codicon-arrow-down' : 'codicon-arrow-up';
    const parts = heading.split('_');
    return html`<th
      role="columnheader"
      scope="col"
      aria-sort=${sorted ? direction : 'none'}
      title=${[l10n.t('{0}: sort', name), ...(about === undefined ? [] : [about])].join('\n')}
    >
      ${parts.map((part, index) => (index === 0 ? part : html`<wbr />_${part}`))}
      <span class="codicon ${sorted ? arrow : ''}" aria-hidden="true"></span>
    </th>`;
  }

  protected override willUpdate(): void {
    this.body.update(this.rows, this.marked);
  }

  protected override updated(changed: PropertyValues): void {
    if (this.active?.isConnected !== true) {
      const first = this.grid.rows[1]?.cells[0];
      if (first !== undefined) {
        this.activate(first);
      }
    }
    const box = this.querySelector<HTMLElement>('.grid-scroll');
    if (box !== null) {
      this.sides.watch(box);
    }
    if (changed.has('columns')) {
      this.grid.style.setProperty('--columns', String(this.columns.length));
    }
    if (changed.has('rows')) {
      const longest = this.rows.reduce((most, { heading }) => Math.max(most, heading.length), 0);
      this.grid.style.setProperty('--layer-letters', String(longest));
    }
    if (changed.has('describe') || changed.has('marked')) {
      this.showDetail(this.active);
    }
  }

  private get grid(): HTMLTableElement {
    const table = this.querySelector('table');
    if (table === null) {
      throw new Error('The heatmap has no table before it is drawn.');
    }
    return table;
  }

  /** How far it is scrolled, pixels. */
  get scrolled(): number {
    return this.querySelector('.grid-scroll')?.scrollTop ?? 0;
  }

  set scrolled(top: number) {
    this.querySelector('.grid-scroll')?.scrollTo({ top });
  }

  private activate(cell: HTMLTableCellElement): void {
    if (this.active !== cell) {
      this.active?.removeAttribute('tabindex');
      this.active = cell;
      cell.tabIndex = 0;
    }
  }

  private focusCell(cell: HTMLTableCellElement | undefined): void {
    if (cell !== undefined) {
      this.activate(cell);
      cell.focus();
    }
  }

  private readonly onKey = (event: KeyboardEvent): void => {
    const cell = cellOf(event.target);
    if (cell === undefined || event.altKey) {
      return;
    }
    if (isCopy(event)) {
      event.preventDefault();
      void navigator.clipboard.writeText(this.copyOf(cell).value);
      return;
    }
    if (event.key === ' ' || event.key === 'Enter') {
      event.preventDefault();
      this.act(cell);
      return;
    }
    const size = {
      rows: this.grid.rows.length,
      columns: this.columns.length + 1,
      page: this.pageSize(cell),
    };
    const next = moveCell(positionOf(cell), event.key, event.ctrlKey || event.metaKey, size);
    if (next !== undefined) {
      event.preventDefault();
      this.focusCell(this.grid.rows[next.row]?.cells[next.column]);
    }
  };

  /** Rows that the visible part of the grid has room for, but one, so that one stays in sight. */
  private pageSize(cell: HTMLTableCellElement): number {
    const visible = this.querySelector('.grid-scroll')?.clientHeight ?? 0;
    const head = this.grid.tHead?.offsetHeight ?? 0;
    return Math.max(1, Math.floor((visible - head) / Math.max(1, cell.offsetHeight)) - 1);
  }

  private readonly onClick = (event: MouseEvent): void => {
    const cell = cellOf(event.target);
    if (cell !== undefined) {
      this.focusCell(cell);
      this.act(cell);
    }
  };

  private act(cell: HTMLTableCellElement): void {
    const layer = layerOf(cell);
    if (layer !== undefined) {
      if (this.marked !== undefined) {
        this.emit('mark', layer);
      }
    } else {
      this.emit('sort', cell.cellIndex === 0 ? 'number' : { column: cell.cellIndex - 1 });
    }
  }

  private emit<K extends keyof HeatGridEvents>(type: K, detail: HeatGridEvents[K]['detail']): void {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }

  private readonly onFocus = (event: FocusEvent): void => {
    const cell = cellOf(event.target);
    if (cell !== undefined) {
      this.activate(cell);
      cell.setAttribute('aria-describedby', DETAIL_ID);
      this.showDetail(cell);
    }
  };

  private readonly onBlur = (event: FocusEvent): void => {
    cellOf(event.target)?.removeAttribute('aria-describedby');
  };

  private readonly onHover = (event: MouseEvent): void => {
    const cell = cellOf(event.target);
    if (cell === undefined || layerOf(cell) === undefined) {
      this.tooltip.hide();
    } else {
      this.tooltip.show(cell, this.textOf(cell));
    }
  };

  /** Where the menu of the editor is opened on, for its commands. */
  private readonly onContextMenu = (event: MouseEvent): void => {
    const cell = cellOf(event.target);
    if (cell !== undefined) {
      const layer = layerOf(cell);
      const column = cell.cellIndex === 0 ? undefined : cell.cellIndex - 1;
      const context = {
        preventDefaultContextMenuItems: true,
        webviewSection: 'heatCell',
        ...this.copyOf(cell),
        ...(layer === undefined ? {} : this.context?.(layer, column)),
      };
      cell.dataset.vscodeContext = JSON.stringify(context);
      window.addEventListener(
        'focus',
        () => {
          // The editor's menu takes the focus, and gives it back to the page alone.
          if (document.activeElement === document.body) {
            cell.focus({ preventScroll: true });
          }
        },
        { once: true },
      );
    }
  };

  /** What a cell and its row are as text: numbers in a row are separated by tabs, as spreadsheets take them. */
  private copyOf(cell: HTMLTableCellElement): { readonly value: string; readonly row: string } {
    const cells = [...(cell.closest('tr')?.cells ?? [])];
    return {
      value: plainText(cell),
      row: cells.map(plainText).join('\t'),
    };
  }

  private showDetail(cell: HTMLTableCellElement | undefined): void {
    const detail = this.querySelector(`#${DETAIL_ID}`);
    if (detail !== null) {
      detail.textContent = cell === undefined ? '' : this.textOf(cell);
    }
  }

  private textOf(cell: HTMLTableCellElement): string {
    const layer = layerOf(cell);
    const column = cell.cellIndex === 0 ? undefined : cell.cellIndex - 1;
    if (layer !== undefined) {
      return this.describe(layer, column, this.marked?.has(layer) === true);
    }
    const { name, about } = (column === undefined ? undefined : this.columns[column]) ?? {};
    const sorts = l10n.t('{0}: Enter sorts by it', name ?? l10n.t('layer number'));
    return about === undefined ? sorts : `${sorts}. ${about}`;
  }
}

function sameKey(a: SortOrder['by'], b: SortOrder['by']): boolean {
  return a === b || (typeof a === 'object' && typeof b === 'object' && a.column === b.column);
}

function isCopy({ key, ctrlKey, metaKey }: KeyboardEvent): boolean {
  return key.toLowerCase() === 'c' && (ctrlKey || metaKey) && (getSelection()?.toString() ?? '') === '';
}

/** With the signs that other programs read. */
function plainText(cell: HTMLTableCellElement): string {
  return cell.textContent.trim().replace('−', '-');
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

function positionOf(cell: HTMLTableCellElement): { row: number; column: number } {
  return { row: cell.closest('tr')?.rowIndex ?? 0, column: cell.cellIndex };
}
