// `npm run bench`: this project beside PyTorch with transformers (test/bench/performance/peer.py) on the same jobs, weights and
// tokens, with the same threads. Every measurement is a process of its own, and the two sides take turns. What they computed is
// compared before their times are. Prints a table, writes bench/results/latest.json, and
// the tables of docs/performance.md.
//
//   npm run bench -- --repeats 3 --only tune --models deep
//   npm run bench -- --only exact    leaves what else was measured on this processor in the results
//   npm run bench -- --add --only exact    counts its runs beside those that were measured on this processor before
//   npm run bench -- --released        also peer (b), the way of the released scripts: minutes for each pass
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, totalmem } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { ensurePackages } from '../../scripts/packages.mjs';
import { ensurePython } from '../../scripts/python.mjs';
import { withParts } from './performance/page.mjs';

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const work = join(root, '.cache/bench/performance');
const ours = join(root, 'out/bench/ours.cjs');
const peer = join(root, 'test/bench/performance/peer.py');
const THREADS = 2;
const SEQUENCES = 16;
const LENGTH = 256;
/** Sequence lengths at a constant number of tokens. */
const LENGTHS = [256, 512, 1024, 2048, 4096];
/** Relative difference of what both sides computed, of the largest value. */
const TOLERANCE = 2e-3;

/** The models, and the layers that are copied: of SmolLM2 the four that docs/first-run.md found least important. */
const MODELS = {
  smollm2: {
    what: 'SmolLM2-135M (30 × 576, vocabulary 49152)',
    folder: join(root, '.cache/models/SmolLM2-135M-Instruct'),
    vocab: 49152,
    expanded: [3, 14, 17, 26],
  },
  deep: {
    what: 'random (48 × 320, vocabulary 8192)',
    folder: join(work, 'deep'),
    vocab: 8192,
    expanded: [30, 36, 41, 45],
    shape: { vocab: 8192, hidden: 320, mlp: 864, layers: 48, heads: 5, keyValueHeads: 5, tied: true },
  },
};

/** @param {number} count @param {number} length @param {number} vocab @param {number} seed */
function randomTokens(count, length, vocab, seed) {
  let state = seed;
  return Array.from({ length: count }, () =>
    Array.from({ length }, () => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return state % vocab;
    }),
  );
}

/** @param {readonly number[]} values */
function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** Runs a side in a process of its own. @returns {Promise<Record<string, any>>} */
function run(program, args, job) {
  const file = join(work, 'job.json');
  writeFileSync(file, JSON.stringify({ ...job, started: Date.now() / 1000 }));
  return new Promise((resolve, reject) => {
    const env = { ...process.env, OMP_NUM_THREADS: String(THREADS), TF_NUM_INTRAOP_THREADS: String(THREADS) };
    const child = spawn(program, [...args, file], { stdio: ['ignore', 'pipe', 'pipe'], env });
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (text) => (stdout += text));
    child.stderr.on('data', (text) => (stderr += text));
    child.on('error', reject);
    child.on('exit', (status, signal) => {
      if (status === 0) {
        resolve(JSON.parse(stdout.trim().split('\n').at(-1)));
      } else {
        reject(new Error(`${job.job} of ${program} ended with ${signal ?? `status ${status}`}:\n${stderr}`));
      }
    });
  });
}

/** Largest difference, of the largest value. */
function difference(a, b) {
  const largest = Math.max(...b.map(Math.abs));
  return Math.max(...b.map((value, index) => Math.abs(value - a[index]))) / largest;
}

async function build() {
  await ensurePackages(root);
  const { build: bundle } = await import('esbuild');
  const { buildAll } = await import('../../scripts/build.mjs');
  await buildAll({ extension: false, tests: false });
  const options = { bundle: true, platform: 'node', format: 'cjs', absWorkingDir: root, logLevel: 'error' };
  await bundle({ ...options, entryPoints: ['test/bench/performance/ours.ts'], outfile: ours });
  const part = async (entry) => {
    const outfile = join(root, 'out/bench', `${basename(entry, '.ts')}.cjs`);
    await bundle({ ...options, entryPoints: [entry], outfile });
    return (await import(pathToFileURL(outfile))).default;
  };
  return {
    ...(await part('test/support/shapedModel.ts')),
    ...(await part('test/bench/performance/products.ts')),
  };
}

function adept(...args) {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [join(root, 'out/cli.cjs'), ...args], { stdio: 'inherit' });
    child.on('exit', (status) => (status === 0 ? resolve() : reject(new Error(`adept ${args[0]} failed`))));
  });
}

/** The model and its expanded twin. */
async function prepare(name, parts) {
  const { folder, shape, expanded } = MODELS[name];
  if (shape !== undefined) {
    rmSync(folder, { recursive: true, force: true });
    parts.writeShapedModel(folder, shape);
  }
  const twin = join(work, `${name}-expanded`);
  rmSync(twin, { recursive: true, force: true });
  await adept('expand', '--model', folder, '--out', twin, '--layers', expanded.join());
  return { folder, twin, trained: expanded.map((layer, below) => layer + below + 1) };
}

/** What is measured of a model, in the order of the table. */
function jobsOf(name, { folder, twin, trained }) {
  const { vocab } = MODELS[name];
  const base = {
    engine: values.engine,
    threads: THREADS,
    model: folder,
    batchSize: 4,
    tokens: randomTokens(SEQUENCES, LENGTH, vocab, 7),
    trained: [],
    full: false,
    epochs: 1,
    learningRate: 1e-4,
    weightDecay: 0.1,
    maxGradNorm: 1,
  };
  const tuning = { ...base, job: 'tune', model: twin, trained, epochs: 3, tokens: base.tokens.slice(0, 8) };
  return {
    forward: { ours: { ...base, job: 'forward' }, peer: { ...base, job: 'forward' } },
    exact: { ours: { ...base, job: 'exactImportance' }, peer: { ...base, job: 'exactImportance' } },
    units: { ours: { ...base, job: 'unitImportance' }, peer: { ...base, job: 'unitImportance' } },
    tune: { ours: tuning, peer: tuning },
    fast: { ours: { ...base, job: 'fastImportance' } },
    ...Object.fromEntries(
      LENGTHS.map((length) => [`length ${length}`, { ours: lengthJob(tuning, vocab, length) }]),
    ),
    full: { ours: { ...tuning, full: true, epochs: 1 } },
  };
}

/** A step on 4096 tokens, however long their sequences are; three of them, since the first warms up. */
function lengthJob(tuning, vocab, length) {
  const batchSize = LENGTHS.at(-1) / length;
  return { ...tuning, batchSize, tokens: randomTokens(batchSize, length, vocab, 7) };
}

/** One epoch is as many steps as there are batches; the first step also warms up, and is left out. */
function stepTimes({ stepSeconds }, epochs) {
  const perEpoch = stepSeconds.length / epochs;
  return { first: median(stepSeconds.slice(1, perEpoch)), later: median(stepSeconds.slice(perEpoch)) };
}

async function measure(python, name, title, { ours: mine, peer: theirs }, repeats) {
  const sides = { ours: [], peer: [] };
  for (let repeat = 0; repeat < repeats; repeat++) {
    sides.ours.push(await run(process.execPath, [ours], mine));
    if (theirs !== undefined) {
      sides.peer.push(await run(python, [peer], theirs));
    }
    const show = (side) => sides[side].at(-1)?.seconds.toFixed(2) ?? '–';
    console.log(`${name} ${title} ${repeat + 1}/${repeats}: ${show('ours')} s, PyTorch ${show('peer')} s`);
  }
  if (theirs !== undefined) {
    const far = difference(sides.ours[0].values, sides.peer[0].values);
    if (!(far <= TOLERANCE)) {
      throw new Error(`${name} ${title}: the two sides computed different things (${far.toExponential(1)})`);
    }
  }
  return sides;
}

const spread = (list) => ({
  median: median(list),
  lowest: Math.min(...list),
  highest: Math.max(...list),
  all: list,
});

/** A row of the table. `read` takes a number from a side's result. */
function row(name, title, unit, sides, read) {
  return rowOf({ model: name, name: title, unit }, sides.ours.map(read), sides.peer.map(read));
}

/** A row of what both sides measured, run by run. */
function rowOf(what, ours, peer) {
  const mine = spread(ours);
  const theirs = peer.length === 0 ? undefined : spread(peer);
  return {
    ...what,
    ours: mine,
    peer: theirs,
    ratio: theirs && theirs.median / mine.median,
    repeats: ours.length,
  };
}

/** A row with the runs that an earlier one counted. */
function joined(earlier, { ours, peer, ...fresh }) {
  const { model, name, unit } = fresh;
  const all = (a, b) => [...(a?.all ?? []), ...(b?.all ?? [])];
  return rowOf({ model, name, unit }, all(earlier?.ours, ours), all(earlier?.peer, peer));
}

function rowsOf(name, title, sides, { epochs }) {
  const megabytes = ({ peakMemory }) => peakMemory / 1e6;
  if (title.startsWith('length')) {
    const step = ({ stepSeconds }) => median(stepSeconds.slice(1));
    return [
      row(name, `${title}, step`, 's', sides, step),
      row(name, `${title}, memory`, 'MB', sides, megabytes),
    ];
  }
  if (title !== 'tune' && title !== 'full') {
    return [
      row(name, title, 's', sides, ({ seconds }) => seconds),
      row(name, `${title}, memory`, 'MB', sides, megabytes),
    ];
  }
  const later = row(
    name,
    `${title}, step of later epochs`,
    's',
    sides,
    (run) => stepTimes(run, epochs).later,
  );
  return [
    row(name, `${title}, step of the first epoch`, 's', sides, (run) => stepTimes(run, epochs).first),
    ...(epochs > 1 ? [later] : []),
    row(name, `${title}, memory`, 'MB', sides, megabytes),
    row(name, `${title}, load`, 's', sides, ({ loadSeconds }) => loadSeconds),
    row(name, `${title}, start to first step`, 's', sides, ({ firstStep }) => firstStep),
  ];
}

function table(rows) {
  const number = (value) => (value >= 100 ? value.toFixed(0) : value.toFixed(2));
  const range = (side) =>
    side === undefined ? '–' : `${number(side.median)} (${number(side.lowest)}–${number(side.highest)})`;
  const lines = rows.map(({ model, name, unit, ours: mine, peer: theirs, ratio }) =>
    [model, name, unit, range(mine), range(theirs), ratio === undefined ? '–' : `${ratio.toFixed(2)}×`].join(
      ' | ',
    ),
  );
  return ['model | job | unit | ours | PyTorch | ratio', '--- | --- | --- | --- | --- | ---', ...lines]
    .map((line) => `| ${line} |`)
    .join('\n');
}

const { values } = parseArgs({
  options: {
    repeats: { type: 'string', default: '3' },
    only: { type: 'string' },
    models: { type: 'string', default: Object.keys(MODELS).join() },
    engine: { type: 'string', default: 'native' },
    released: { type: 'boolean', default: false },
    add: { type: 'boolean', default: false },
  },
});

const python = await ensurePython();
if ('reason' in python) {
  console.error(`bench: the peers need PyTorch, and there is none: ${python.reason}`);
  process.exit(1);
}
const parts = await build();
mkdirSync(work, { recursive: true });
const loadBefore = loadavg()[0];
const own = await run(process.execPath, [ours], {
  ...jobsOf('deep', {}).forward.ours,
  ...{ model: '', job: 'matmul' },
});
const theirs = await run(python.python, [peer], { job: 'matmul', threads: THREADS });
const machineRate = { ours: own.gigaflops, peer: theirs.gigaflops };
console.log(`2048³: ${machineRate.ours.toFixed(0)} GFLOP/s, PyTorch ${machineRate.peer.toFixed(0)} GFLOP/s`);
const rows = [];
const shapes = [];
const products = [];
for (const name of values.models.split(',')) {
  if (MODELS[name].shape === undefined && !existsSync(MODELS[name].folder)) {
    console.log(`${name}: not measured, ${MODELS[name].folder} is not there (npm run smollm2)`);
    continue;
  }
  const jobs = jobsOf(name, await prepare(name, parts));
  const { folder, expanded } = MODELS[name];
  for (const length of LENGTHS) {
    products.push({ model: name, name: length, ...parts.productsOfStep(folder, expanded, length) });
  }
  for (const [title, job] of Object.entries(jobs).filter(([key]) =>
    (values.only ?? key).split(',').includes(key.split(' ')[0]),
  )) {
    const sides = await measure(python.python, name, title, job, Number(values.repeats));
    rows.push(...rowsOf(name, title, sides, job.ours));
  }
  if ((values.only ?? 'shapes').split(',').includes('shapes')) {
    const { rates } = await run(process.execPath, [ours], { ...jobs.forward.ours, job: 'shapes' });
    for (const [shape, rate] of Object.entries(rates)) {
      shapes.push({ model: name, shape, gigaflops: rate, share: rate / machineRate.ours });
    }
  }
  if (values.released) {
    const few = { ...jobs.exact.ours, tokens: jobs.exact.ours.tokens.slice(0, 1) };
    const sides = { ours: [], peer: [] };
    sides.ours.push(await run(process.execPath, [ours], few));
    sides.peer.push(await run(python.python, [peer], { ...few, job: 'releasedImportance' }));
    const far = difference(sides.ours[0].values, sides.peer[0].values);
    if (!(far <= TOLERANCE)) {
      throw new Error(`${name} released: the two sides computed different things (${far.toExponential(1)})`);
    }
    rows.push(
      row(name, 'exact as the released scripts, 1 × 256 tokens', 's', sides, ({ seconds }) => seconds),
    );
  }
}
console.log(`\n${table(rows)}`);
if (shapes.length > 0) {
  const lines = shapes.map(
    ({ model, shape, gigaflops, share }) =>
      `| ${model} | ${shape} | ${gigaflops.toFixed(0)} | ${(share * 100).toFixed(0)} % |`,
  );
  console.log(`\n| model | product | GFLOP/s | of 2048³ |\n| --- | --- | --- | --- |\n${lines.join('\n')}`);
}
const machine = {
  processor: cpus()[0]?.model.trim(),
  processors: cpus().length,
  memory: totalmem(),
  threads: THREADS,
  node: process.version,
  load: [loadBefore, loadavg()[0]],
  matMulGigaflops: machineRate,
  callMicroseconds: own.callMicroseconds,
  idleMemory: { ours: own.idleMemory, peer: theirs.idleMemory },
};
console.log(
  `\n${machine.processors} × ${machine.processor}, Node.js ${machine.node}, ${THREADS} threads; median (lowest–highest) of ${values.repeats}`,
);
/** What an earlier part of the bench measured on the same processor, with what this one did in its place. */
function merged(key, fresh) {
  const earlier = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {};
  const same = earlier.machine?.processor === machine.processor ? (earlier[key] ?? []) : [];
  const id = (entry) => `${entry.model} ${entry.name ?? entry.shape}`;
  const measured = new Set(fresh.map(id));
  const known = new Map(same.map((entry) => [id(entry), entry]));
  const counted =
    values.add && key === 'rows' ? fresh.map((entry) => joined(known.get(id(entry)), entry)) : fresh;
  return [...same.filter((entry) => !measured.has(id(entry))), ...counted];
}
// Where they lie is this machine's matter.
const described = Object.fromEntries(
  Object.entries(MODELS).map(([name, { what, expanded }]) => [name, { what, expanded }]),
);
const file = join(root, 'bench/results/latest.json');
mkdirSync(dirname(file), { recursive: true });
const results = {
  machine,
  date: new Date().toISOString(),
  models: described,
  rows: merged('rows', rows),
  shapes: merged('shapes', shapes),
  products: merged('products', products),
};
writeFileSync(file, `${JSON.stringify(results, null, 2)}\n`);
const page = join(root, 'docs/performance.md');
writeFileSync(page, withParts(readFileSync(page, 'utf8'), results));
