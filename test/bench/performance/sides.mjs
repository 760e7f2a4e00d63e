// What the benchmarks beside and above share: models, tokens, and sides that run in processes of their own.
import { spawn } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { ensurePackages } from '../../../scripts/packages.mjs';

export const root = dirname(dirname(dirname(dirname(fileURLToPath(import.meta.url)))));
export const work = join(root, '.cache/bench/performance');
export const ours = join(root, 'out/bench/ours.cjs');
export const torch = join(root, 'out/bench/torch.cjs');
export const peer = join(root, 'test/bench/performance/peer.py');
export const THREADS = 2;
const SEQUENCES = 16;
const LENGTH = 256;
/** Sequence lengths at a constant number of tokens. */
export const LENGTHS = [256, 512, 1024, 2048, 4096];

/** The models, and the layers that are copied: of SmolLM2 the four that docs/first-run.md found least important. */
export const MODELS = {
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
export function randomTokens(count, length, vocab, seed) {
  let state = seed;
  return Array.from({ length: count }, () =>
    Array.from({ length }, () => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return state % vocab;
    }),
  );
}

/** @param {readonly number[]} values */
export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/**
 * Runs a program that prints a JSON object on its last line.
 * @param {(id: number) => void} onStart is told the process
 * @returns {Promise<Record<string, any>>}
 */
export function resultOf(program, args, what, env = process.env, onStart = () => undefined) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], env });
    child.on('spawn', () => onStart(child.pid));
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (text) => (stdout += text));
    child.stderr.on('data', (text) => (stderr += text));
    child.on('error', reject);
    child.on('exit', (status, signal) => {
      if (status === 0) {
        resolve(JSON.parse(stdout.trim().split('\n').at(-1)));
      } else {
        reject(new Error(`${what} ended with ${signal ?? `status ${status}`}:\n${stderr}`));
      }
    });
  });
}

/** Runs a side in a process of its own, with `more` environment and arguments behind the job's file. */
export function run(program, args, job, more = {}, after = []) {
  const file = join(work, 'job.json');
  writeFileSync(file, JSON.stringify({ ...job, started: Date.now() / 1000 }));
  const threads = { OMP_NUM_THREADS: String(THREADS), TF_NUM_INTRAOP_THREADS: String(THREADS) };
  return resultOf(program, [...args, file, ...after], `${job.job} of ${program}`, {
    ...process.env,
    ...threads,
    ...more,
  });
}

/** Largest difference, of the largest value. */
export function difference(a, b) {
  const largest = Math.max(...b.map(Math.abs));
  return Math.max(...b.map((value, index) => Math.abs(value - a[index]))) / largest;
}

const OURS = 'test/bench/performance/ours.ts';
const BUNDLE = { bundle: true, platform: 'node', format: 'cjs', absWorkingDir: root, logLevel: 'error' };

/**
 * This side with a line of its source changed, to see what the line is worth.
 * @param {{file: string, from: string, to: string}} change
 * @returns {Promise<string>} the program
 */
export async function buildChanged(name, { file, from, to }) {
  const { build: bundle } = await import('esbuild');
  const path = join(root, file);
  const source = readFileSync(path, 'utf8');
  if (!source.includes(from)) {
    throw new Error(`${file} has no ${from} to be changed.`);
  }
  const outfile = join(root, 'out/bench', `ours-${name}.cjs`);
  const plugin = {
    name: 'change',
    setup: ({ onLoad }) => {
      onLoad({ filter: /\.ts$/ }, (loaded) =>
        loaded.path === path ? { contents: source.replace(from, to), loader: 'ts' } : undefined,
      );
    },
  };
  await bundle({ ...BUNDLE, entryPoints: [OURS], outfile, plugins: [plugin] });
  return outfile;
}

export async function build() {
  await ensurePackages(root);
  const { build: bundle } = await import('esbuild');
  const { buildAll } = await import('../../../scripts/build.mjs');
  await buildAll({ extension: false, tests: false });
  const options = BUNDLE;
  await bundle({ ...options, entryPoints: [OURS], outfile: ours });
  await bundle({ ...options, entryPoints: ['test/bench/performance/torch.ts'], outfile: torch });
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
export async function prepare(name, parts) {
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

export const spread = (list) => ({
  median: median(list),
  lowest: Math.min(...list),
  highest: Math.max(...list),
  all: list,
});

/** What all jobs on a model's tokens share. */
export function baseJob(name, folder, engine = 'native') {
  return {
    engine,
    threads: THREADS,
    model: folder,
    batchSize: 4,
    tokens: randomTokens(SEQUENCES, LENGTH, MODELS[name].vocab, 7),
    trained: [],
    full: false,
    epochs: 1,
    learningRate: 1e-4,
    weightDecay: 0.1,
    maxGradNorm: 1,
  };
}

export function tuningJob(base, twin, trained) {
  return { ...base, job: 'tune', model: twin, trained, epochs: 3, tokens: base.tokens.slice(0, 8) };
}

/** One epoch is as many steps as there are batches; the first step also warms up, and is left out. */
export function stepTimes({ stepSeconds }, epochs) {
  const perEpoch = stepSeconds.length / epochs;
  return { first: median(stepSeconds.slice(1, perEpoch)), later: median(stepSeconds.slice(perEpoch)) };
}
