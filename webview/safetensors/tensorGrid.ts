import { html, LitElement, nothing, type PropertyValues, type TemplateResult } from 'lit';
import {
  elementCount,
  formatShape,
  type TensorColumn,
  type TensorRow,
  type TensorSort,
} from '../../src/shared/model/tensorTable';
import { badge } from '../common/badge';
import { l10n } from '../common/l10n';
import { bytesText, countText } from '../common/quantities';

const GRID_ID = 'tensor-grid';
const DETAIL_ID = 'tensor-detail';
/** Rows drawn above and below what is in sight, so that scrolling shows no gap. */
const MARGIN_ROWS = 12;
/** Until the first row is drawn and can be measured, pixels. */
const FIRST_GUESS = 24;

const COLUMNS: readonly TensorColumn[] = ['name', 'dtype', 'shape', 'parameters', 'byteLength', 'byteOffset'];

/** Events of the grid. */
export interface TensorGridEvents {
  sort: CustomEvent<TensorColumn>;
  copy: CustomEvent<string>;
}

/**
 * A list of tensors of any length: only the rows in sight are drawn. One row is active; arrow keys move it, and what does
 * not fit its cells stands below the list.
 */
export class TensorGrid extends LitElement {
  static override properties = {
    rows: { attribute: false },
    sources: { attribute: false },
    sort: { attribute: false },
    first: { state: true },
    active: { state: true },
  };

  /** In the order that is shown. */
  declare rows: readonly TensorRow[];
  /** Of every added layer, the layer it copies. */
  declare sources: ReadonlyMap<number, number>;
  declare sort: TensorSort;
  declare private first: number;
  declare private active: number;
  private rowHeight = FIRST_GUESS;
  private inSight = 40;
  private resize: ResizeObserver | undefined;

  constructor() {
    super();
    this.first = 0;
    this.active = 0;
  }

  /** In the page itself: its styles, and ids that descriptions can refer to. */
  protected override createRenderRoot(): HTMLElement {
    return this;
  }

  /** How far the list is scrolled, pixels. */
  get scrolled(): number {
    return this.scroller?.scrollTop ?? 0;
  }

  set scrolled(top: number) {
    this.scroller?.scrollTo({ top });
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.resize?.disconnect();
    this.resize = undefined;
  }

  private get scroller(): HTMLElement | null {
    return this.querySelector('.tensor-scroll');
  }

  protected override willUpdate(changed: PropertyValues): void {
    if (changed.has('rows')) {
      const before: unknown = changed.get('rows');
      const name = isRows(before) ? before[this.active]?.name : undefined;
      const now = name === undefined ? -1 : this.rows.findIndex((row) => row.name === name);
      this.active = Math.max(0, now);
      this.first = Math.min(this.first, Math.max(0, this.rows.length - this.inSight));
    }
  }

  protected override render(): TemplateResult {
    const last = Math.min(this.rows.length, this.first + this.inSight + MARGIN_ROWS);
    const begin = Math.max(0, this.first - MARGIN_ROWS);
    const drawn = this.rows.slice(begin, last);
    const isDrawn = this.active >= begin && this.active < last;
    return html`
      <div class="tensor-scroll" @scroll=${this.onScroll}>
        <table
          id=${GRID_ID}
          role="grid"
          tabindex="0"
          aria-label=${l10n.t('Tensors')}
          aria-rowcount=${this.rows.length + 1}
          aria-colcount=${COLUMNS.length}
          aria-activedescendant=${isDrawn ? rowId(this.active) : nothing}
          aria-describedby=${DETAIL_ID}
          @keydown=${this.onKey}
          @click=${this.onClick}
        >
          <thead>
            <tr aria-rowindex="1">
              ${COLUMNS.map((column) => this.heading(column))}
            </tr>
          </thead>
          <tbody>
            <tr class="spacer before" aria-hidden="true" data-rows=${begin}></tr>
            ${drawn.map((row, index) => this.row(row, begin + index))}
            <tr class="spacer after" aria-hidden="true" data-rows=${this.rows.length - last}></tr>
          </tbody>
        </table>
      </div>
      <p id=${DETAIL_ID} class="tensor-detail">${this.detail()}</p>
    `;
  }

  private heading(column: TensorColumn): TemplateResult {
    const sorted = this.sort.column === column;
    const direction = this.sort.descending ? 'descending' : 'ascending';
    const arrow = this.sort.descending ? 'codicon-arrow-down' : 'codicon-arrow-up';
    return html`<th scope="col" class=${column} aria-sort=${sorted ? direction : 'none'}>
      <button
        type="button"
        @click=${() => {
          this.emit('sort', column);
        }}
      >
        ${columnTitle(column)}
        <span class="codicon ${sorted ? arrow : 'codicon-blank'}" aria-hidden="true"></span>
      </button>
    </th>`;
  }

  private row(row: TensorRow, index: number): TemplateResult {
    const { name, dtype, shape, byteLength, byteOffset, problem } = row;
    const classes = [index === this.active ? 'active' : '', problem === null ? '' : 'broken'].join(' ');
    return html`<tr
      id=${rowId(index)}
      class=${classes}
      aria-rowindex=${index + 2}
      aria-selected=${index === this.active ? 'true' : 'false'}
      data-index=${index}
    >
      <td title=${name}><div class="tensor">${this.name(row)}</div></td>
      <td class="dtype">${dtype}</td>
      <td class="shape">${formatShape(shape)}</td>
      <td class="numeric">${countText(elementCount(shape))}</td>
      <td class="numeric">${byteLength === null ? '–' : bytesText(byteLength)}</td>
      <td class="numeric">${byteOffset === null ? '–' : countText(byteOffset)}</td>
    </tr>`;
  }

  private name({ name, added, problem }: TensorRow): TemplateResult {
    const broken = html`<span class="codicon codicon-error" aria-hidden="true"></span
      ><span class="visually-hidden">${l10n.t('broken:')}</span>`;
    return html`${problem === null ? nothing : broken}<span class="tensor-name">${name}</span> ${
        added ? badge(l10n.t('added')) : nothing
      }`;
  }

  private detail(): string {
    const row = this.rows[this.active];
    if (row === undefined) {
      return '';
    }
    const source = row.added ? this.sources.get(layerOf(row.name)) : undefined;
    const copied = source === undefined ? '' : ` ${l10n.t('(copy of layer {0})', source)}`;
    const size =
      row.byteLength === null
        ? ''
        : `; ${l10n.t('{0} bytes from byte {1}', countText(row.byteLength), countText(row.byteOffset ?? 0))}`;
    const facts = `${row.name}${copied}: ${row.dtype} ${formatShape(row.shape)}${size}`;
    return row.problem === null ? facts : `${facts}. ${row.problem}`;
  }

  protected override updated(): void {
    // Properties, not attributes: the content security policy allows no inline style.
    for (const spacer of this.querySelectorAll<HTMLElement>('.spacer')) {
      spacer.style.height = `${Number(spacer.dataset.rows) * this.rowHeight}px`;
    }
    const drawn = this.querySelector<HTMLElement>('tr[data-index]');
    const height = drawn?.getBoundingClientRect().height ?? this.rowHeight;
    if (Math.abs(height - this.rowHeight) > 0.01 && height > 0) {
      this.rowHeight = height;
      this.requestUpdate();
    }
    const { scroller } = this;
    if (this.resize === undefined && scroller !== null) {
      this.resize = new ResizeObserver(this.onScroll);
      this.resize.observe(scroller);
    }
  }

  private readonly onScroll = (): void => {
    const { scroller } = this;
    if (scroller !== null) {
      this.inSight = Math.ceil(scroller.clientHeight / this.rowHeight) + 1;
      this.first = Math.floor(scroller.scrollTop / this.rowHeight);
      this.requestUpdate();
    }
  };

  private readonly onKey = (event: KeyboardEvent): void => {
    if (event.target !== event.currentTarget || event.altKey) {
      return;
    }
    const copies = event.key === 'Enter' || (event.key === 'c' && (event.ctrlKey || event.metaKey));
    const row = this.rows[this.active];
    if (copies && row !== undefined) {
      event.preventDefault();
      this.emit('copy', row.name);
      return;
    }
    const next = this.moved(event.key);
    if (next !== undefined) {
      event.preventDefault();
      this.activate(next);
    }
  };

  private moved(key: string): number | undefined {
    const page = Math.max(1, this.inSight - 3);
    switch (key) {
      case 'ArrowDown':
        return this.active + 1;
      case 'ArrowUp':
        return this.active - 1;
      case 'PageDown':
        return this.active + page;
      case 'PageUp':
        return this.active - page;
      case 'Home':
        return 0;
      case 'End':
        return this.rows.length - 1;
      default:
        return undefined;
    }
  }

  private activate(index: number): void {
    this.active = Math.max(0, Math.min(this.rows.length - 1, index));
    const { scroller } = this;
    const head = this.querySelector('thead')?.getBoundingClientRect().height ?? 0;
    if (scroller === null) {
      return;
    }
    const top = this.active * this.rowHeight;
    const bottom = top + this.rowHeight + head;
    if (top < scroller.scrollTop) {
      scroller.scrollTop = top;
    } else if (bottom > scroller.scrollTop + scroller.clientHeight) {
      scroller.scrollTop = bottom - scroller.clientHeight;
    }
  }

  private readonly onClick = (event: MouseEvent): void => {
    const row = event.target instanceof Element ? event.target.closest<HTMLElement>('tr[data-index]') : null;
    if (row !== null) {
      this.activate(Number(row.dataset.index));
    }
  };

  private emit<K extends keyof TensorGridEvents>(type: K, detail: TensorGridEvents[K]['detail']): void {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}

function isRows(value: unknown): value is readonly TensorRow[] {
  return Array.isArray(value);
}

function rowId(index: number): string {
  return `tensor-${index}`;
}

function layerOf(name: string): number {
  return Number(/^model\.layers\.(\d+)\./.exec(name)?.[1]);
}

/** A column's heading. */
function columnTitle(column: TensorColumn): string {
  switch (column) {
    case 'name':
      return l10n.t('Name');
    case 'dtype':
      return l10n.t('Type');
    case 'shape':
      return l10n.t('Shape');
    case 'parameters':
      return l10n.t('Parameters');
    case 'byteLength':
      return l10n.t('Size');
    case 'byteOffset':
      return l10n.t('Offset');
  }
}
