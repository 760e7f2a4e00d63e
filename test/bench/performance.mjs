// `npm run bench`: this project's engines native and torch beside PyTorch with transformers as a careful person writes it
// (test/bench/performance/peer.py), on the same jobs, weights and
// tokens, with the same threads. Every measurement is a process of its own, and the sides take turns. What they computed is
// compared before their times are. Prints a table, writes bench/results/performance-PROCESSOR.json, and
// the tables of docs/performance.md, which shows every processor that was measured.
//
//   npm run bench -- --repeats 3 --only tune --models deep
//   npm run bench -- --only exact    leaves what else was measured on this processor in the results
//   npm run bench -- --add --only exact    counts its runs beside those that were measured on this processor before
//   npm run bench -- --released        also peer (b), the way of the released scripts: minutes for each pass
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, totalmem } from 'node:os';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { ensurePython } from '../../scripts/python.mjs';
import { readResults, resultsName, withParts } from './performance/page.mjs';
import {
  baseJob,
  build,
  difference,
  LENGTHS,
  median,
  MODELS,
  ours,
  peer,
  prepare,
  randomTokens,
  root,
  run,
  spread,
  stepTimes,
  THREADS,
  torch,
  tuningJob,
  work,
} from './performance/sides.mjs';

/** Relative difference of what both sides computed, of the largest value. */
const TOLERANCE = 2e-3;

/** What is measured of a model, in the order of the table. */
function jobsOf(name, { folder, twin, trained }) {
  const { vocab } = MODELS[name];
  const base = baseJob(name, folder, values.engine);
  const tuning = tuningJob(base, twin, trained);
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

/** The sides take turns; where there is a peer, the engine torch does the same job. */
async function measure(python, name, title, { ours: mine, peer: theirs }, repeats) {
  const sides = { ours: [], torch: [], peer: [] };
  for (let repeat = 0; repeat < repeats; repeat++) {
    sides.ours.push(await run(process.execPath, [ours], mine));
    if (theirs !== undefined) {
      sides.torch.push(await run(process.execPath, [torch], theirs, { ADEPT_DEVICE: 'cpu' }, [python]));
      sides.peer.push(await run(python, [peer], theirs));
    }
    const show = (side) => sides[side].at(-1)?.seconds.toFixed(2) ?? '–';
    console.log(
      `${name} ${title} ${repeat + 1}/${repeats}: ${show('ours')} s, torch ${show('torch')} s, PyTorch ${show('peer')} s`,
    );
  }
  for (const side of theirs === undefined ? [] : ['ours', 'torch']) {
    const far = difference(sides[side][0].values, sides.peer[0].values);
    if (!(far <= TOLERANCE)) {
      throw new Error(`${name} ${title}: ${side} computed something else (${far.toExponential(1)})`);
    }
  }
  return sides;
}

/** A row of the table. `read` takes a number from a side's result. */
function row(name, title, unit, { ours, torch = [], peer }, read) {
  return rowOf({ model: name, name: title, unit }, ours.map(read), torch.map(read), peer.map(read));
}

/** A row of what the sides measured, run by run; ratios are to PyTorch. */
function rowOf(what, ours, torch, peer) {
  const mine = spread(ours);
  const [executor, theirs] = [torch, peer].map((all) => (all.length === 0 ? undefined : spread(all)));
  return {
    ...what,
    ours: mine,
    torch: executor,
    peer: theirs,
    ratio: theirs && theirs.median / mine.median,
    torchRatio: theirs && executor && theirs.median / executor.median,
    repeats: ours.length,
  };
}

/** A row with the runs that an earlier one counted. */
function joined(earlier, { ours, torch, peer, ...fresh }) {
  const { model, name, unit } = fresh;
  const all = (a, b) => [...(a?.all ?? []), ...(b?.all ?? [])];
  return rowOf(
    { model, name, unit },
    all(earlier?.ours, ours),
    all(earlier?.torch, torch),
    all(earlier?.peer, peer),
  );
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
  const times = (ratio) => (ratio === undefined ? '–' : `${ratio.toFixed(2)}×`);
  const lines = rows.map(
    ({ model, name, unit, ours: mine, torch: executor, peer: theirs, ratio, torchRatio }) =>
      [
        ...[model, name, unit, range(mine), range(executor), range(theirs)],
        ...[times(ratio), times(torchRatio)],
      ].join(' | '),
  );
  const head = ['model | job | unit | native | torch | PyTorch | native × | torch ×'];
  return [...head, Array.from({ length: 8 }, () => '---').join(' | '), ...lines]
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
  const same = earlier[key] ?? [];
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
const file = join(root, 'bench/results', resultsName(machine.processor ?? ''));
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
writeFileSync(page, withParts(readFileSync(page, 'utf8'), readResults(root)));
