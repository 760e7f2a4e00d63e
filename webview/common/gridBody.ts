import type { GridRow } from './gridRow';
import { l10n } from './l10n';

interface DrawnRow {
  readonly element: HTMLTableRowElement;
  readonly header: RowHeader;
  readonly cells: readonly HTMLTableCellElement[];
  row: GridRow;
  /** Undefined until it is known, and where rows cannot be marked. */
  marked: boolean | undefined;
}

interface RowHeader {
  readonly cell: HTMLTableCellElement;
  readonly text: Text;
  readonly check: HTMLElement;
  readonly note: HTMLElement;
}

/**
 * The rows of the grid. Written by hand, since a template keeps several nodes for each of thousands of cells: here a cell is
 * an element with a text, and a click changes one row.
 */
export class GridBody {
  readonly element = withRole('tbody', 'rowgroup');
  private drawn = new Map<number, DrawnRow>();
  private order: readonly GridRow[] = [];

  /**
   * Draws what is new or different; rows of the same layers and columns keep their elements.
   * @param marked undefined where rows cannot be marked
   */
  update(rows: readonly GridRow[], marked: ReadonlySet<number> | undefined): void {
    if (rows !== this.order) {
      this.arrange(rows);
      this.order = rows;
    }
    if (marked !== undefined) {
      for (const drawn of this.drawn.values()) {
        mark(drawn, marked.has(drawn.row.layer));
      }
    }
  }

  private arrange(rows: readonly GridRow[]): void {
    const before = this.drawn;
    this.drawn = new Map(
      rows.map((row) => {
        const kept = before.get(row.layer);
        const fits = kept?.cells.length === row.cells.length;
        return [row.layer, kept !== undefined && fits ? redraw(kept, row) : draw(row)];
      }),
    );
    const elements = [...this.drawn.values()].map(({ element }) => element);
    // Moving an element takes the focus from it.
    if (
      elements.some((element, index) => element !== this.element.rows[index]) ||
      elements.length !== this.element.rows.length
    ) {
      this.element.replaceChildren(...elements);
    }
    for (const [index, element] of elements.entries()) {
      // The first row holds the headings.
      element.ariaRowIndex = String(index + 2);
    }
  }
}

function draw(row: GridRow): DrawnRow {
  const element = withRole('tr', 'row');
  element.dataset.layer = String(row.layer);
  const header = drawHeader(row);
  const cells = row.cells.map(({ text, heat }) => {
    const cell = withRole('td', 'gridcell');
    cell.className = heat;
    cell.textContent = text;
    return cell;
  });
  element.append(header.cell, ...cells);
  return { element, header, cells, row, marked: undefined };
}

function drawHeader({ heading }: GridRow): RowHeader {
  const cell = withRole('th', 'rowheader');
  cell.scope = 'row';
  const check = document.createElement('span');
  check.className = 'check codicon';
  check.ariaHidden = 'true';
  const word = document.createElement('span');
  word.className = 'visually-hidden';
  word.textContent = `${l10n.t('layer')} `;
  const note = document.createElement('span');
  note.className = 'visually-hidden';
  const text = document.createTextNode(heading);
  cell.append(word, text, note);
  return { cell, text, check, note };
}

function redraw(drawn: DrawnRow, row: GridRow): DrawnRow {
  if (drawn.row !== row) {
    for (const [index, cell] of drawn.cells.entries()) {
      const { text = '', heat = '' } = row.cells[index] ?? {};
      cell.className = heat;
      if (cell.textContent !== text) {
        cell.textContent = text;
      }
    }
    drawn.header.text.data = row.heading;
    drawn.row = row;
  }
  return drawn;
}

function mark(drawn: DrawnRow, marked: boolean): void {
  if (drawn.marked === undefined) {
    drawn.header.cell.prepend(drawn.header.check);
  }
  if (drawn.marked !== marked) {
    drawn.marked = marked;
    drawn.element.ariaSelected = String(marked);
    drawn.header.check.classList.toggle('codicon-check', marked);
    drawn.header.note.textContent = marked ? `, ${l10n.t('marked for expansion')}` : '';
  }
}

/** An element of a table that keeps its meaning whatever its layout is. */
function withRole<K extends 'tbody' | 'tr' | 'td' | 'th'>(name: K, role: string): HTMLElementTagNameMap[K] {
  const element = document.createElement(name);
  element.role = role;
  return element;
}
