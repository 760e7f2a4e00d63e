import { formatPrecise, formatShort } from '../../shared/heatmap/formatNumber';
import type { Heat } from '../../shared/heatmap/heatScale';
import { cssColour, HEAT_HIGH, HEAT_LOW, inkOn, mixed, type Rgb } from '../../shared/heatmap/ink';
import { html, type Html } from './html';

/** Colours between the two ends: more than an eye tells apart in a table. */
const STEPS = 32;
const DARK_LOW: Rgb = [24, 38, 54];
const DARK_HIGH: Rgb = [142, 200, 255];
const DARK_INK: Rgb = [230, 237, 243];
const LIGHT_INK: Rgb = [31, 35, 40];

export interface HeatTableRow {
  readonly name: string;
  readonly values: readonly (number | undefined)[];
  /** What stands behind its last cell. */
  readonly note?: string | undefined;
}

/**
 * Numbers in a table, each on the colour of its heat.
 * @param heat of a value in a column, 0 to 1
 */
export function heatTable(
  caption: string,
  columns: readonly string[],
  rows: readonly HeatTableRow[],
  heat: (value: number, column: number) => Heat | undefined,
): Html {
  const hasNotes = rows.some(({ note }) => note !== undefined);
  const cell = (value: number | undefined, column: number): Html => {
    const at = value === undefined ? undefined : heat(value, column);
    const colour = typeof at === 'number' ? html` class="h${Math.round(at * STEPS)}"` : undefined;
    return value === undefined
      ? html`<td>–</td>`
      : html`<td${colour} title="${columns[column]}: ${formatPrecise(value)}">${formatShort(value)}</td>`;
  };
  return html`<div class="scroll" tabindex="0" role="region" aria-label="${caption}">
    <table class="heat">
      <thead>
        <tr>
          <th scope="col">layer</th>
          ${columns.map((name) => html`<th scope="col">${breakable(name)}</th>`)}${hasNotes ? html`<th scope="col">copy</th>` : undefined}
        </tr>
      </thead>
      <tbody>
        ${rows.map(
          ({ name, values, note }) =>
            html`<tr>
              <th scope="row">${name}</th>
              ${values.map(cell)}${hasNotes ? html`<td class="note">${note ?? ''}</td>` : undefined}
            </tr> `,
        )}
      </tbody>
    </table>
  </div>`;
}

/** A unit's name may go on in another line: `self_attn.` `q_proj`, `input_` `layernorm`. */
function breakable(name: string): Html[] {
  const parts = name.split(name.includes('.') ? /(?<=\.)/ : /(?<=_)(?=[^_]+$)/);
  return parts.map((part) => html`${part}<wbr />`);
}

/** The style of the cells: grounds, and on each an ink that can be read. */
export function heatStyle(): { readonly light: string; readonly dark: string } {
  return { light: rules(HEAT_LOW, HEAT_HIGH, LIGHT_INK), dark: rules(DARK_LOW, DARK_HIGH, DARK_INK) };
}

function rules(low: Rgb, high: Rgb, ink: Rgb): string {
  return Array.from({ length: STEPS + 1 }, (_, step) => {
    const ground = mixed(low, high, step / STEPS);
    return `.heat .h${step}{background:${cssColour(ground)};color:${cssColour(inkOn(ground, ink))}}`;
  }).join('\n');
}
