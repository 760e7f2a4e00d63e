import { heatScale, type HeatScale } from '../../../shared/heatmap/heatScale';
import { cssColour, HEAT_HIGH, HEAT_LOW, inkOn, mixed, type Rgb } from '../../../shared/heatmap/ink';
import type { ImportanceTable } from '../../../shared/heatmap/importanceTable';

const GROUND: Rgb = [255, 255, 255];
const INK: Rgb = [36, 41, 47];
const CELL = { width: 26, height: 16 };
const LEFT = 44;
/** Room for "copied", at least. */
const RIGHT = 60;
const LEGEND = 34;
/** Of a letter, in pixels: headings rise as steeply as 60°. */
const LETTER = 6.4;

/**
 * A heatmap as an SVG file of its own: a row for each layer of the source, a column for its importance and one for each unit's,
 * coloured by rank, since layers and units are measured in units of their own.
 * @param copied layers of the source that were copied, which are marked
 */
export function importancePicture({ columns, rows }: ImportanceTable, copied: ReadonlySet<number>): string {
  const longest = Math.max(...columns.map(({ name }) => name.length)) * LETTER;
  const top = Math.ceil(longest * Math.sin(Math.PI / 3)) + 12;
  const right = Math.max(RIGHT, Math.ceil(longest * Math.cos(Math.PI / 3)));
  const width = LEFT + columns.length * CELL.width + right;
  const height = top + rows.length * CELL.height + LEGEND;
  const scales = scalesOf(columns.length, rows);
  const heads = columns.map(({ name }, column) => {
    const [x, y] = [LEFT + (column + 0.5) * CELL.width, top - 6];
    return `<text x="${x}" y="${y}" transform="rotate(-60 ${x} ${y})">${escaped(name)}</text>`;
  });
  const cells = rows.flatMap(({ layer, values }, row) => {
    const y = top + row * CELL.height;
    const middle = y + CELL.height * 0.72;
    return [
      `<text x="${LEFT - 6}" y="${middle}" text-anchor="end">${layer}</text>`,
      ...values.map((value, column) => cell(column, y, value, scales[column])),
      ...(copied.has(layer)
        ? [`<text x="${LEFT + columns.length * CELL.width + 6}" y="${middle}">copied</text>`]
        : []),
    ];
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" font-family="sans-serif" font-size="11" fill="${cssColour(INK)}">`,
    '<title>Importance of every layer and unit of the source model</title>',
    `<rect width="${width}" height="${height}" fill="${cssColour(GROUND)}"/>`,
    ...heads,
    ...cells,
    `<text x="${LEFT}" y="${height - 12}">darker: more important, by rank</text>`,
    '</svg>',
    '',
  ].join('\n');
}

/** Layers among themselves, units among themselves. */
function scalesOf(columns: number, rows: ImportanceTable['rows']): HeatScale[] {
  const finite = (values: readonly (number | undefined)[]): number[] =>
    values.flatMap((value) => (value !== undefined && Number.isFinite(value) ? [value] : []));
  const layers = heatScale('rank', finite(rows.map(({ values }) => values[0])));
  const units = heatScale('rank', finite(rows.flatMap(({ values }) => values.slice(1))));
  return Array.from({ length: columns }, (_, column) => (column === 0 ? layers : units));
}

function cell(column: number, y: number, value: number | undefined, scale: HeatScale | undefined): string {
  const x = LEFT + column * CELL.width;
  const heat = value === undefined || scale === undefined ? undefined : scale.heat(value);
  const fill = typeof heat === 'number' ? mixed(HEAT_LOW, HEAT_HIGH, heat) : GROUND;
  const box = `x="${x}" y="${y}" width="${CELL.width - 1}" height="${CELL.height - 1}"`;
  const said = value === undefined ? 'not measured' : String(value);
  return `<rect ${box} fill="${cssColour(fill)}" stroke="${cssColour(inkOn(fill, HEAT_LOW))}" stroke-opacity="0.15"><title>${said}</title></rect>`;
}

function escaped(text: string): string {
  return text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
}
