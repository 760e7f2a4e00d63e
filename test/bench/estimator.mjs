// `npm run bench:estimator`: how far the estimates of memory and time are from what `adept tune` needs, on random models
// of three shapes with the native engine and one with wasm. Prints a table and writes bench/results/estimator.json.
//
//   npm run bench:estimator -- --repeats 5 --only deep
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { ensurePackages } from '../../scripts/packages.mjs';
import { median, resultOf } from './performance/sides.mjs';

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const cli = join(root, 'out/cli.cjs');
const work = join(root, '.cache/bench/estimator');
const STEPS = 8;

/** Shapes whose parameters outweigh the noise of a process's memory, each with what is tuned. */
const CASES = {
  wide: {
    what: '6 layers × 256, vocabulary 49152, tied',
    shape: { vocab: 49152, hidden: 256, mlp: 768, layers: 6, heads: 4, keyValueHeads: 4, tied: true },
    expanded: [2, 5],
    size: { batchSize: 4, seqLen: 256 },
    engine: 'native',
  },
  deep: {
    what: '30 layers × 320, vocabulary 8192',
    shape: { vocab: 8192, hidden: 320, mlp: 864, layers: 30, heads: 5, keyValueHeads: 5, tied: false },
    expanded: [14, 22, 27, 29],
    size: { batchSize: 4, seqLen: 256 },
    engine: 'native',
  },
  grouped: {
    what: '10 layers × 640, MLP 2560, 10 heads on 2 key heads',
    shape: { vocab: 16384, hidden: 640, mlp: 2560, layers: 10, heads: 10, keyValueHeads: 2, tied: true },
    expanded: [6, 9],
    size: { batchSize: 2, seqLen: 512 },
    engine: 'native',
  },
  wasm: {
    what: '8 layers × 256, vocabulary 16384',
    shape: { vocab: 16384, hidden: 256, mlp: 768, layers: 8, heads: 4, keyValueHeads: 2, tied: false },
    expanded: [5, 7],
    size: { batchSize: 2, seqLen: 128 },
    engine: 'wasm',
  },
};

/** The parts of the project that are written in TypeScript: the estimator, and who writes random models. */
async function loadParts() {
  const { build } = await import('esbuild');
  const file = join(work, 'parts.cjs');
  await build({
    stdin: {
      contents: "export * from './src/shared/estimate';\nexport * from './test/support/shapedModel';",
      resolveDir: root,
      loader: 'ts',
    },
    bundle: true,
    platform: 'node',
    format: 'cjs',
    outfile: file,
    absWorkingDir: root,
  });
  return (await import(pathToFileURL(file))).default;
}

/** @param {readonly (string | number)[]} args @returns {Promise<Record<string, any>>} the JSON object that it ends with */
function adept(...args) {
  return resultOf(process.execPath, [cli, ...args.map(String), '--json'], `adept ${args[0]}`);
}

/** Median seconds of a step after the first, which also brings the weights in. */
function stepSeconds(run, tokens) {
  const events = readFileSync(join(run, 'events.ndjson'), 'utf8').trim().split('\n');
  const steps = events.map((line) => JSON.parse(line)).filter(({ type }) => type === 'step');
  return median(steps.slice(1).map(({ tokensPerSecond }) => tokens / tokensPerSecond));
}

/** One analysis and one tuning right after it, so that both meet the machine in the same state. */
async function once(folder, { size, engine }) {
  const importance = join(folder, 'importance.json');
  const run = join(folder, 'run');
  rmSync(run, { recursive: true, force: true });
  const rows = join(folder, 'rows.jsonl');
  const common = ['--seq-len', size.seqLen, '--batch-size', size.batchSize, '--engine', engine];
  const analysis = await adept(
    ...['analyze', '--model', join(folder, 'model'), '--probe', rows, '--out', importance],
    ...['--max-sequences', size.batchSize, ...common],
  );
  const tuned = await adept(
    ...['tune', '--model', join(folder, 'expanded'), '--domain', rows, '--probe', rows, '--out', run],
    ...['--steps', STEPS, '--lr', 1e-4, '--max-probe-sequences', size.batchSize],
    ...['--max-eval-sequences', size.batchSize, ...common],
  );
  return {
    importance: JSON.parse(readFileSync(importance, 'utf8')),
    analysisMemory: analysis.peakMemory,
    memory: tuned.peakMemory,
    seconds: stepSeconds(run, size.batchSize * size.seqLen),
  };
}

async function measure(name, parts, repeats) {
  const { shape, expanded, size, engine } = CASES[name];
  const folder = join(work, name);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  parts.writeShapedModel(join(folder, 'model'), shape);
  parts.writeRandomRows(join(folder, 'rows.jsonl'), {
    sequences: STEPS * size.batchSize,
    seqLen: size.seqLen,
    vocab: shape.vocab,
  });
  await adept(
    ...['expand', '--model', join(folder, 'model'), '--out', join(folder, 'expanded')],
    ...['--layers', expanded.join(), '--engine', engine],
  );
  const config = parts.configOfShape(shape);
  const tune = { ...size, gradAccum: 1, full: false };
  const runs = [];
  for (let repeat = 0; repeat < repeats; repeat++) {
    const { importance, ...measured } = await once(folder, CASES[name]);
    const speed = parts.speedFrom(importance, config);
    const price = parts.estimate({ config, expanded, tune, engine, speed });
    runs.push({ ...measured, price, timing: importance.timing, speed });
    const ratio = price.secondsPerStep / measured.seconds;
    console.log(
      `${name} ${repeat + 1}/${repeats}: memory ${megabytes(price.memoryBytes)} of ${megabytes(measured.memory)} MB, step ${price.secondsPerStep.toFixed(3)} of ${measured.seconds.toFixed(3)} s (${ratio.toFixed(2)})`,
    );
  }
  rmSync(folder, { recursive: true, force: true });
  return summary(name, runs);
}

/** Memory hardly varies between repeats; times do on a busy machine, so the errors' median is what counts. */
function summary(name, runs) {
  const memory = { estimated: runs[0].price.memoryBytes, measured: median(runs.map((run) => run.memory)) };
  const seconds = {
    estimated: median(runs.map(({ price }) => price.secondsPerStep)),
    measured: median(runs.map((run) => run.seconds)),
  };
  const errors = runs.map((run) => run.price.secondsPerStep / run.seconds - 1);
  return {
    name,
    ...CASES[name],
    memory: { ...memory, error: memory.estimated / memory.measured - 1 },
    seconds: { ...seconds, error: median(errors), errors },
    runs,
  };
}

const megabytes = (bytes) => (bytes / 1e6).toFixed(0);
const percent = (share) => `${share >= 0 ? '+' : '−'}${Math.abs(share * 100).toFixed(1)}%`;

function table(results) {
  const rows = results.map(({ what, engine, size, expanded, memory, seconds }) => [
    what,
    engine,
    `${size.batchSize} × ${size.seqLen}`,
    expanded.join(', '),
    ...[megabytes(memory.estimated), megabytes(memory.measured), percent(memory.error)],
    ...[seconds.estimated.toFixed(3), seconds.measured.toFixed(3), percent(seconds.error)],
  ]);
  const header = [
    'model',
    'engine',
    'batch',
    'copied',
    'MB est.',
    'MB',
    'error',
    's/step est.',
    's/step',
    'error',
  ];
  const line = (cells) => `| ${cells.join(' | ')} |`;
  return [line(header), line(header.map(() => '---')), ...rows.map(line)].join('\n');
}

function hasNative() {
  const { status } = spawnSync(process.execPath, [cli, 'engine', '--engine', 'native', '--json']);
  return status === 0;
}

const { values } = parseArgs({
  options: { repeats: { type: 'string', default: '3' }, only: { type: 'string' } },
});
await ensurePackages(root);
const { buildAll } = await import('../../scripts/build.mjs');
await buildAll({ tests: false });
mkdirSync(work, { recursive: true });
const parts = await loadParts();
const native = hasNative();
const results = [];
const loadBefore = loadavg()[0];
for (const name of Object.keys(CASES).filter((key) => (values.only ?? key) === key)) {
  if (CASES[name].engine === 'native' && !native) {
    console.log(`${name}: not measured, the native engine is not installed (npm run adept -- setup)`);
    continue;
  }
  results.push(await measure(name, parts, Number(values.repeats)));
}
console.log(`\n${table(results)}`);
const machine = {
  processor: cpus()[0]?.model.trim(),
  processors: cpus().length,
  node: process.version,
  load: [loadBefore, loadavg()[0]],
};
console.log(
  `\n${machine.processors} × ${machine.processor}, Node.js ${machine.node}, load ${machine.load.map((load) => load.toFixed(1)).join(' before, ')} after; median of ${values.repeats}`,
);
const folder = join(root, 'bench/results');
mkdirSync(folder, { recursive: true });
writeFileSync(
  join(folder, 'estimator.json'),
  `${JSON.stringify({ machine, date: new Date().toISOString(), results }, null, 2)}\n`,
);
