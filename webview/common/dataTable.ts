import { html, nothing, type TemplateResult } from 'lit';
import { ifDefined } from 'lit/directives/if-defined.js';

/** A heading of a column, or the name of a row, with a hint where it needs one. */
export interface Heading {
  readonly text: unknown;
  readonly title?: string;
}

export interface DataRow {
  readonly name: unknown;
  /** The hint of the name. */
  readonly title?: string;
  readonly cells: readonly unknown[];
  /** What stands in place of the cells that are missing. */
  readonly note?: unknown;
}

export interface DataTable {
  /** Classes of the table; `numbers` (webview/common/numbers.css) when left out. */
  readonly classes?: string;
  readonly caption?: string;
  /** Whether the caption is for screen readers alone. */
  readonly captionIsHidden?: boolean;
  /** One more than a row has cells: the first is that of the rows' names. */
  readonly headings: readonly (string | Heading)[];
  readonly rows: readonly DataRow[];
}

/** A plain table: a heading over every column, and every row with its name. */
export function dataTable({
  classes = 'numbers',
  caption,
  captionIsHidden = false,
  headings,
  rows,
}: DataTable): TemplateResult {
  return html`<table class=${classes}>
    ${
      caption === undefined
        ? nothing
        : html`<caption class=${ifDefined(captionIsHidden ? 'visually-hidden' : undefined)}>
            ${caption}
          </caption>`
    }
    <thead>
      <tr>
        ${headings.map((heading) => {
          const { text, title } = typeof heading === 'string' ? { text: heading } : heading;
          return html`<th scope="col" title=${ifDefined(title)}>${text}</th>`;
        })}
      </tr>
    </thead>
    <tbody>
      ${rows.map(
        ({ name, title, cells, note }) =>
          html`<tr>
            <th scope="row" title=${ifDefined(title)}>${name}</th>
            ${cells.map((cell) => html`<td>${cell}</td>`)}
            ${
              note === undefined
                ? nothing
                : html`<td class="muted" colspan=${headings.length - 1 - cells.length}>${note}</td>`
            }
          </tr>`,
      )}
    </tbody>
  </table>`;
}

/** A table in a region that scrolls by itself, and that the Tab key reaches. */
export function scrollingTable(
  label: string,
  table: DataTable,
  { classes = 'table-scroll', note }: { readonly classes?: string; readonly note?: string } = {},
): TemplateResult {
  return html`<div class=${classes} tabindex="0" role="region" aria-label=${label}>
    ${dataTable(table)} ${note === undefined ? nothing : html`<p class="muted">${note}</p>`}
  </div>`;
}
