// What docs/performance.md shows of bench/results/performance-*.json, one file for each processor that was measured: between
// its markers, written by `npm run bench` and compared by test/repository/performanceDocument.test.ts.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const NAME = /^performance-.+\.json$/;

/**
 * Its clock is part of the name: it is all that tells some processors of a make apart, whose times differ by half.
 * @param {string} processor as the system calls it @returns {string} the name of the file with its results
 */
export function resultsName(processor) {
  const words = processor
    .replace(/\(R\)|\(TM\)|Processor|CPU/gi, ' ')
    .toLowerCase()
    .match(/[a-z0-9]+/g);
  return `performance-${(words ?? ['unknown']).join('-')}.json`;
}

/** @param {string} root the clone @returns {any[]} what was measured on every processor, by the names of their files */
export function readResults(root) {
  const folder = join(root, 'bench/results');
  const names = readdirSync(folder).filter((name) => NAME.test(name));
  return names.sort().map((name) => JSON.parse(readFileSync(join(folder, name), 'utf8')));
}

/** Least ratios that a row is to reach, by model and job; `*` stands for every model. */
const AIMS = {
  'smollm2 exact': 1.5,
  'deep exact': 1.8,
  '* exact, memory': 1.25,
  '* exact as the released scripts, 1 × 256 tokens': 8,
  '* units': 1,
  '* units, memory': 1.25,
  '* tune, step of the first epoch': 1,
  '* tune, step of later epochs': 1.5,
  '* tune, memory': 1.25,
};

const ORDER = ['forward', 'exact', 'fast', 'units', 'tune', 'full', 'length'];

function number(value) {
  return value >= 100 ? value.toFixed(0) : value.toPrecision(3);
}

function range(side) {
  if (side === undefined) {
    return '–';
  }
  const all = side.lowest === side.highest ? '' : ` (${number(side.lowest)}–${number(side.highest)})`;
  return `${number(side.median)}${all}`;
}

function table(head, rows) {
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

/** Rows in the order of their jobs; a job's own rows stay as they were measured. */
function inOrder(rows) {
  const rank = ({ model, name }) => {
    const job = ORDER.indexOf(name.split(/[ ,]/)[0]);
    return (model === 'smollm2' ? 0 : 100) + (job < 0 ? 50 : job);
  };
  return [...rows].sort((a, b) => rank(a) - rank(b));
}

function speedTable(rows) {
  const lines = inOrder(rows)
    .filter(({ name }) => !name.startsWith('length'))
    .map(({ model, name, unit, ours, torch, peer, ratio, torchRatio, repeats }) => {
      const aim = AIMS[`${model} ${name}`] ?? AIMS[`* ${name}`];
      const said = aim === undefined ? '–' : `≥ ${aim}×${ratio >= aim ? '' : ' **missed**'}`;
      const times = [ratio, torchRatio].map((one) => (one === undefined ? '–' : `${one.toFixed(2)}×`));
      return [model, name, unit, ...[ours, torch, peer].map(range), ...times, said, repeats];
    });
  const sides = ['native', 'torch', 'PyTorch', 'native ×', 'torch ×'];
  return table(['model', 'job', 'unit', ...sides, 'aim of native', 'runs'], lines);
}

/** How many times as long a token takes as in a sequence of 256, were products all there is and all equally fast. */
function countedRatio(products, model, length) {
  const total = (wanted) => {
    const found = products.find((entry) => entry.model === model && entry.length === wanted);
    return found.attention + found.everythingElse;
  };
  return total(length) / total(256);
}

function lengthTable(rows, products) {
  const million = (value) => (value / 1e6).toFixed(0);
  const lines = [];
  for (const { model, name, ours } of rows.filter((row) => /^length \d+, step$/.test(row.name))) {
    const of = (length, what) =>
      rows.find((row) => row.model === model && row.name === `length ${length}, ${what}`)?.ours.median;
    const length = Number(/\d+/.exec(name)[0]);
    const counts = products.find((entry) => entry.model === model && entry.length === length);
    lines.push([
      model,
      length,
      `${((ours.median / 4096) * 1e6).toFixed(0)}`,
      `${(ours.median / of(256, 'step')).toFixed(2)}×`,
      of(length, 'memory').toFixed(0),
      million(counts.attention),
      million(counts.everythingElse),
      `${countedRatio(products, model, length).toFixed(2)}×`,
    ]);
  }
  return table(
    [
      'model',
      'tokens of a sequence',
      'µs for a token',
      'of that at 256',
      'MB',
      'attention, 10⁶ operations',
      'everything else',
      'of that at 256',
    ],
    lines,
  );
}

function shapeTable(shapes) {
  return table(
    ['model', 'product', 'GFLOP/s', 'of 2048³'],
    shapes.map(({ model, shape, gigaflops, share }) => [
      model,
      shape,
      gigaflops.toFixed(0),
      `${(share * 100).toFixed(0)} %`,
    ]),
  );
}

/** The first epoch's and later epochs' step of ADEPT, of a step that trains everything. */
function shareTable(rows) {
  const median = (model, name) => rows.find((row) => row.model === model && row.name === name)?.ours.median;
  const lines = [...new Set(rows.map(({ model }) => model))].map((model) => {
    const full = median(model, 'full, step of the first epoch');
    // What was not measured of a model makes no number.
    const shown = (value, text) => (Number.isFinite(value) ? text(value) : '–');
    const share = (name) => shown(median(model, name) / full, (part) => `${(part * 100).toFixed(0)} %`);
    const fast = median(model, 'exact') / median(model, 'fast');
    return [
      model,
      share('tune, step of the first epoch'),
      share('tune, step of later epochs'),
      shown(fast, (times) => `1/${times.toFixed(1)}`),
    ];
  });
  return table(
    ['model', 'first epoch (≤ 60 %)', 'later (≤ 40 %)', 'fast importance, of exact (≤ 1/8)'],
    lines,
  );
}

function machineLine({ node, threads, matMulGigaflops, callMicroseconds, idleMemory }) {
  return `${threads} threads, Node.js ${node}; a 2048³ product reaches ${matMulGigaflops.ours.toFixed(0)} GFLOP/s here and ${matMulGigaflops.peer.toFixed(0)} in PyTorch; a call from JavaScript costs ${callMicroseconds.toFixed(0)} µs beside its work. Before there is a model, a process takes ${(idleMemory.ours / 1e6).toFixed(0)} MB here and ${(idleMemory.peer / 1e6).toFixed(0)} in PyTorch.`;
}

/** A part of each processor that has it, under its name. */
function ofEach(results, has, part) {
  return results
    .filter(has)
    .map((one) => `**${one.machine.processors} × ${one.machine.processor}**\n\n${part(one)}`)
    .join('\n\n');
}

const hasRow =
  (...names) =>
  ({ rows }) =>
    names.every((name) => rows.some((row) => row.name === name));

/** The parts of the page by name of their marker. @param {any[]} results of every processor */
export function pageParts(results) {
  return {
    speed: ofEach(
      results,
      () => true,
      ({ rows, machine }) => `${speedTable(rows)}\n\n${machineLine(machine)}`,
    ),
    shares: ofEach(results, hasRow('exact', 'fast', 'full, step of the first epoch'), ({ rows }) =>
      shareTable(rows),
    ),
    length: ofEach(results, hasRow('length 256, step'), ({ rows, products }) => lengthTable(rows, products)),
    shapes: ofEach(
      results,
      ({ shapes }) => shapes.length > 0,
      ({ shapes }) => shapeTable(shapes),
    ),
  };
}

/** How one-pass estimates of layer importance rank layers beside the exact one: bench/results/fastImportance.json. */
function fastTable(rows) {
  return table(
    [
      'model and text',
      'layers',
      'estimator',
      'rank correlation',
      'least important in common',
      'of the exact time',
    ],
    rows.map(({ model, layers, estimator, rankCorrelation, leastInCommon, ofExactTime }) => [
      model,
      layers,
      estimator,
      rankCorrelation.toFixed(2),
      leastInCommon.join(' of '),
      `1/${(1 / ofExactTime).toFixed(1)}`,
    ]),
  );
}

/** The page with its parts as the results of `npm run bench` have them.
 * @param {any[]} results of every processor
 */
export function withParts(page, results) {
  return replaced(page, pageParts(results));
}

/** The page with its part as the results of `npm run bench:fast` have it. */
export function withFast(page, { rows }) {
  return replaced(page, { fast: fastTable(rows) });
}

/** The page with its part as the results of `npm run bench:effects` have it. */
export function withEffects(page, { rows }) {
  const lines = rows.map(({ what, where, unit, with: mine, without, ratio }) => [
    what,
    where,
    unit,
    range(mine),
    range(without),
    `${ratio.toFixed(2)}×`,
  ]);
  const head = ['technique', 'job', 'unit', 'with', 'without', 'without, of with'];
  return replaced(page, { effects: table(head, lines) });
}

function replaced(page, parts) {
  let next = page;
  for (const [name, text] of Object.entries(parts)) {
    const marker = new RegExp(`(<!-- ${name} -->\\n)(?:[^]*?\\n)?(<!-- /${name} -->)`);
    if (!marker.test(next)) {
      throw new Error(`docs/performance.md has no part <!-- ${name} -->.`);
    }
    next = next.replace(marker, (_all, begin, end) => `${begin}\n${text}\n\n${end}`);
  }
  return next;
}
