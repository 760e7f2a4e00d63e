import { html, type Content, type Html } from './html';

/** A column of a table. */
export interface Column {
  readonly name: string;
  /** Stands to the right, with digits of one width. */
  readonly isNumber?: boolean;
  /** Sentences, which keep some width. */
  readonly isProse?: boolean;
}

/** Columns of numbers after one of names. */
export function numbersAfter(first: string, ...names: readonly string[]): Column[] {
  return [{ name: first }, ...names.map((name) => ({ name, isNumber: true }))];
}

/**
 * A table; the first cell of each row names it. It can be scrolled by keyboard where it is wider than the page.
 * @param caption for whoever cannot see what stands around it
 */
export function table(
  caption: string,
  columns: readonly Column[],
  rows: readonly (readonly Content[])[],
): Html {
  const kind = (index: number): Content => {
    const { isNumber, isProse } = columns[index] ?? {};
    return isNumber ? html` class="number"` : isProse ? html` class="prose"` : undefined;
  };
  return html`<div class="scroll" tabindex="0" role="region" aria-label="${caption}">
    <table>
      <thead>
        <tr>
          ${columns.map(({ name }, index) => html`<th scope="col" ${kind(index)}>${name}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${rows.map(
          ([name, ...cells]) =>
            html`<tr>
              <th scope="row" ${kind(0)}>${name}</th>
              ${cells.map((cell, index) => html`<td${kind(index + 1)}>${cell}</td>`)}
            </tr> `,
        )}
      </tbody>
    </table>
  </div>`;
}

/** Names and what belongs to each. */
export function facts(pairs: readonly (readonly [name: string, value: Content])[]): Html {
  const known = pairs.filter(([, value]) => value !== undefined);
  return html`<dl class="facts">
    ${known.map(
      ([name, value]) =>
        html`<div>
          <dt>${name}</dt>
          <dd>${value}</dd>
        </div>`,
    )}
  </dl>`;
}
