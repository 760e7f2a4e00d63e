// `npm run bench:estimator`: how far the estimates of memory and time are from what `adept tune` needs, on random models
// of several shapes and engines. Prints a table and writes bench/results/estimator.json.
//
//   npm run bench:estimator -- --repeats 5 --only deep    leaves what else was measured in the results
//   npm run bench:estimator -- --add --only deep          counts its runs beside those that were measured before
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { ensurePackages } from '../../scripts/packages.mjs';
import { ensurePython } from '../../scripts/python.mjs';
import { watchDescendants } from './estimator/descendantMemory.mjs';
import { median, resultOf } from './performance/sides.mjs';

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const cli = join(root, 'out/cli.cjs');
const work = join(root, '.cache/bench/estimator');
const file = join(root, 'bench/results/estimator.json');
const STEPS = 8;

const QWEN3_1_7B = {
  what: '28 layers × 2048 in bfloat16, MLP 6144, 16 heads of 128 on 8 key heads, vocabulary 151936, tied',
  shape: {
    ...{ family: 'qwen3', vocab: 151936, hidden: 2048, mlp: 6144, layers: 28 },
    ...{ heads: 16, keyValueHeads: 8, tied: true, dtype: 'BF16' },
  },
  expanded: [20, 22, 24, 26],
  size: { batchSize: 1, seqLen: 128 },
  timed: true,
  steps: 4,
};

/**
 * Shapes whose parameters outweigh the noise of a process's memory, each with what is tuned. Where `timed`, there is no
 * analysis: `adept tune --dry-run` times steps.
 */
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
  large: { ...QWEN3_1_7B, engine: 'native', frozenWeights: 'bfloat16' },
  torch: {
    what: '12 layers × 512, vocabulary 16384',
    shape: { vocab: 16384, hidden: 512, mlp: 1408, layers: 12, heads: 8, keyValueHeads: 8, tied: false },
    expanded: [6, 9],
    size: { batchSize: 2, seqLen: 256 },
    engine: 'torch',
    timed: true,
  },
  torchLarge: { ...QWEN3_1_7B, engine: 'torch' },
};

/** The parts of the project that are written in TypeScript: the estimator, and who writes random models. */
async function loadParts() {
  const { build } = await import('esbuild');
  const file = join(work, 'parts.cjs');
  await build({
    stdin: {
      contents:
        "export * from './src/shared/estimate/estimate';\nexport * from './src/trainer/method/expansion';\nexport * from './src/node/process/descendants';\nexport * from './src/trainer/task';\nexport * from './test/support/shapedModel';",
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

/** Of the torch case; the other engines are where this machine has them. */
const torchHome = join(work, 'home');

/** @returns {Promise<Record<string, any>>} the JSON object that it ends with, and what its child processes took at most */
async function adept(engine, ...args) {
  const env = engine === 'torch' ? { ...process.env, ADEPT_HOME: torchHome } : process.env;
  let watch;
  const said = await resultOf(
    process.execPath,
    [cli, ...args.map(String), '--json'],
    `adept ${args[0]}`,
    env,
    (id) => (watch = engine === 'torch' ? watchDescendants(parts.descendantsOf, id) : undefined),
  ).finally(() => watch?.stop());
  return { ...said, childMemory: watch?.bytes() };
}

/** Median seconds of a step after the first, which also brings the weights in. */
function stepSeconds(run, tokens) {
  const events = readFileSync(join(run, 'events.ndjson'), 'utf8').trim().split('\n');
  const steps = events.map((line) => JSON.parse(line)).filter(({ type }) => type === 'step');
  return median(steps.slice(1).map(({ tokensPerSecond }) => tokens / tokensPerSecond));
}

/** The arguments of a run of a case. */
function tuneArguments(folder, { size, engine, frozenWeights = 'auto', steps = STEPS }) {
  const rows = join(folder, 'rows.jsonl');
  return [
    ...['tune', '--model', join(folder, 'expanded'), '--domain', rows, '--probe', rows],
    ...['--out', join(folder, 'run'), '--steps', steps, '--lr', 1e-4, '--engine', engine],
    ...['--seq-len', size.seqLen, '--batch-size', size.batchSize, '--frozen-weights', frozenWeights],
    ...['--max-probe-sequences', size.batchSize, '--max-eval-sequences', size.batchSize],
  ];
}

/** What an analysis lets one expect of a run. */
async function estimated(folder, parts, { shape, expanded, size, engine }) {
  const importance = join(folder, 'importance.json');
  await adept(
    engine,
    ...['analyze', '--model', join(folder, 'model'), '--probe', join(folder, 'rows.jsonl')],
    ...['--out', importance, '--max-sequences', size.batchSize, '--engine', engine],
    ...['--seq-len', size.seqLen, '--batch-size', size.batchSize],
  );
  const config = parts.configOfShape(shape);
  const analysis = JSON.parse(readFileSync(importance, 'utf8'));
  const speed = parts.speedFrom(analysis, config);
  const tune = { ...size, gradAccum: 1, full: false };
  const price = parts.estimate({ config, expanded, tune, engine, speed });
  return { price, speed, timing: analysis.timing };
}

/** What steps that are timed let one expect of it. */
async function timed(folder, one) {
  const { memoryBytes, secondsPerStep } = await adept(one.engine, ...tuneArguments(folder, one), '--dry-run');
  return { price: { memoryBytes, secondsPerStep } };
}

/** The estimate and one tuning right after it, so that both meet the machine in the same state. */
async function once(folder, parts, one) {
  const run = join(folder, 'run');
  rmSync(run, { recursive: true, force: true });
  const expected = one.timed === true ? await timed(folder, one) : await estimated(folder, parts, one);
  const tuned = await adept(one.engine, ...tuneArguments(folder, one));
  return {
    ...expected,
    memory: one.engine === 'torch' ? tuned.childMemory : tuned.peakMemory,
    seconds: stepSeconds(run, one.size.batchSize * one.size.seqLen),
  };
}

async function measure(name, parts, repeats) {
  const one = CASES[name];
  const { shape, expanded, size, steps = STEPS } = one;
  const folder = join(work, name);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  parts.writeShapedModel(join(folder, 'model'), shape);
  parts.writeRandomRows(join(folder, 'rows.jsonl'), {
    sequences: steps * size.batchSize,
    seqLen: size.seqLen,
    vocab: shape.vocab,
  });
  await parts.expandModel(
    { model: join(folder, 'model'), out: join(folder, 'expanded'), layers: expanded },
    parts.SILENT_TASK,
  );
  const runs = [];
  for (let repeat = 0; repeat < repeats; repeat++) {
    const run = await once(folder, parts, one);
    const { price, memory, seconds } = run;
    runs.push(run);
    const ratio = price.secondsPerStep / seconds;
    console.log(
      `${name} ${repeat + 1}/${repeats}: memory ${megabytes(price.memoryBytes)} of ${megabytes(memory)} MB, step ${price.secondsPerStep.toFixed(3)} of ${seconds.toFixed(3)} s (${ratio.toFixed(2)})`,
    );
  }
  rmSync(folder, { recursive: true, force: true });
  return summary(name, values.add ? [...(earlier(name)?.runs ?? []), ...runs] : runs);
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

/** Why a case cannot be measured here. */
async function missing({ engine }) {
  if (engine === 'native') {
    const { status } = spawnSync(process.execPath, [cli, 'engine', '--engine', 'native', '--json']);
    return status === 0 ? undefined : 'the native engine is not installed (npm run adept -- setup)';
  }
  if (engine !== 'torch') {
    return undefined;
  }
  const found = await ensurePython();
  if ('python' in found) {
    await adept(engine, 'setup', '--torch', '--python', found.python);
    return undefined;
  }
  return `there is no Python with PyTorch: ${found.reason}`;
}

/** What an earlier run of the bench found of a case. */
function earlier(name) {
  const results = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')).results : [];
  return results.find((result) => result.name === name);
}

/** In the order of the cases: those measured now, and of the others what an earlier run measured. */
function withEarlier(results) {
  return Object.keys(CASES).flatMap((key) => results.find(({ name }) => name === key) ?? earlier(key) ?? []);
}

const { values } = parseArgs({
  options: {
    repeats: { type: 'string', default: '3' },
    only: { type: 'string' },
    add: { type: 'boolean', default: false },
  },
});
await ensurePackages(root);
const { buildAll } = await import('../../scripts/build.mjs');
await buildAll({ tests: false });
mkdirSync(work, { recursive: true });
const parts = await loadParts();
const results = [];
const loadBefore = loadavg()[0];
for (const name of Object.keys(CASES).filter((key) => (values.only ?? key) === key)) {
  const reason = await missing(CASES[name]);
  if (reason !== undefined) {
    console.log(`${name}: not measured, ${reason}`);
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
mkdirSync(dirname(file), { recursive: true });
const found = { machine, date: new Date().toISOString() };
const kept = { results: withEarlier(results.map((result) => ({ ...result, ...found }))) };
writeFileSync(file, `${JSON.stringify(kept, null, 2)}\n`);
