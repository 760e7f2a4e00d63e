// Draws an importance.json as a heatmap: rows are layers, the first column layer importance, then one column per unit.
//
//   node scripts/heatmap.mjs importance.json docs/images/heatmap.svg
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

const CELL = { width: 58, height: 17, gap: 1 };
const LEFT = 92;
const TOP = 96;
const FONT = 'font-family="ui-sans-serif, system-ui, sans-serif"';

/** Light to dark along one hue, so that it reads in print and for the colour-blind; @param {number} share 0 to 1 */
function colour(share) {
  const mix = (from, to) => Math.round(from + (to - from) * share);
  return `rgb(${mix(238, 12)},${mix(243, 70)},${mix(248, 118)})`;
}

/** @param {number[]} values @returns {(value: number) => number} position on a logarithmic scale, 0 to 1 */
function logScale(values) {
  const positive = values.filter((value) => value > 0).map(Math.log10);
  const [low, high] = [Math.min(...positive), Math.max(...positive)];
  return (value) => (value > 0 && high > low ? (Math.log10(value) - low) / (high - low) : 0);
}

/** @param {number} value three significant digits in at most six characters */
function short(value) {
  return Math.abs(value) >= 0.01 ? value.toPrecision(3) : value.toExponential(1).replace('e-', 'e−');
}

function cell(x, y, share, text) {
  const ink = share > 0.55 ? '#fff' : '#102030';
  return (
    `<rect x="${x}" y="${y}" width="${CELL.width}" height="${CELL.height}" fill="${colour(share)}"/>` +
    `<text x="${x + CELL.width / 2}" y="${y + 12.5}" font-size="10" text-anchor="middle" fill="${ink}" ${FONT}>${text}</text>`
  );
}

/** @param {{model: {path: string}, probe: {tokens: number}, layers: {index: number, importance: number}[], units: {layer: number, name: string, importance: number}[]}} importance */
export function heatmap({ probe, layers, units }, expanded = []) {
  const names = [...new Set(units.map(({ name }) => name))];
  const layerScale = logScale(layers.map(({ importance }) => importance));
  const unitScale = logScale(units.map(({ importance }) => importance));
  const step = CELL.width + CELL.gap;
  const columnX = (column) => LEFT + column * step + (column > 0 ? 10 : 0);
  const rowY = (row) => TOP + row * (CELL.height + CELL.gap);
  const width = columnX(names.length) + step + 8;
  const height = rowY(layers.length) + 26;
  const header = (column, text) =>
    `<text transform="translate(${columnX(column) + CELL.width / 2 + 3} ${TOP - 8}) rotate(-38)" font-size="11" fill="#203040" ${FONT}>${text}</text>`;
  const rows = layers.map(({ index, importance }, row) => {
    const chosen = expanded.includes(index);
    const label = `<text x="${LEFT - 8}" y="${rowY(row) + 12.5}" font-size="11" text-anchor="end" fill="#203040" ${chosen ? 'font-weight="700"' : ''} ${FONT}>${chosen ? '⊕ ' : ''}layer ${index}</text>`;
    const own = units.filter(({ layer }) => layer === index);
    const cells = names.map((name, column) => {
      const value = own.find((unit) => unit.name === name)?.importance ?? 0;
      return cell(columnX(column + 1), rowY(row), unitScale(value), short(value));
    });
    return label + cell(columnX(0), rowY(row), layerScale(importance), short(importance)) + cells.join('');
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" aria-label="Importance of each layer and unit">`,
    `<rect width="${width}" height="${height}" fill="#ffffff"/>`,
    header(0, 'layer (nats)'),
    ...names.map((name, column) => header(column + 1, name.replace(/^(self_attn|mlp)\./, ''))),
    ...rows,
    `<text x="${LEFT}" y="${height - 8}" font-size="10" fill="#506070" ${FONT}>importance on ${probe.tokens} tokens of general text, logarithmic colours${expanded.length > 0 ? '; ⊕ chosen for expansion' : ''}</text>`,
    '</svg>\n',
  ].join('\n');
}

const [, script, input, output, chosen = ''] = process.argv;
if (script?.endsWith('heatmap.mjs') && input && output) {
  const expanded = chosen === '' ? [] : chosen.split(',').map(Number);
  mkdirSync(dirname(output), { recursive: true });
  writeFileSync(output, heatmap(JSON.parse(readFileSync(input, 'utf8')), expanded));
}
