// `npm run bench:generation`: tokens per second of greedy answers on the native engine beside transformers' `generate`, of SmolLM2-135M with
// its weights in float32 and in bfloat16, one prompt and 16 side by side. Every measurement is a process of its own, and the sides take
// turns. The native tokens have to be those of transformers in float32. Prints a table, with the ratios of the medians.
//
//   npm run bench:generation -- --tokens 16 --turns 1
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseArgs, promisify } from 'node:util';
import { ensurePython } from '../../scripts/python.mjs';
import { median, MODELS, root, run, THREADS, work } from './performance/sides.mjs';

const PROMPTS = [1, 16];
const ROUNDS = 3;

const { values } = parseArgs({
  options: { tokens: { type: 'string', default: '64' }, turns: { type: 'string', default: '3' } },
});
const maxTokens = Number(values.tokens);

const python = await ensurePython();
if (python.reason !== undefined) {
  throw new Error(python.reason);
}
const { build: bundle } = await import('esbuild');
const ours = join(root, 'out/bench/generation.cjs');
mkdirSync(dirname(ours), { recursive: true });
mkdirSync(work, { recursive: true });
await bundle({
  ...{ bundle: true, platform: 'node', format: 'cjs', absWorkingDir: root, logLevel: 'error' },
  entryPoints: [join(root, 'test/bench/generation/ours.ts')],
  outfile: ours,
});
const peer = join(root, 'test/bench/generation/peer.py');
const { folder: model, vocab } = MODELS.smollm2;

/** Unequal prompts, the same ones each time. */
function promptsOf(count) {
  return Array.from({ length: count }, (_, row) =>
    Array.from(
      { length: 10 + ((row * 7) % 30) },
      (_value, at) => 100 + ((row * 991 + at * 37) % (vocab - 100)),
    ),
  );
}

/** The published type of the weights; the copy that is provided has them in float32. */
const rounded = join(work, 'SmolLM2-135M-bfloat16');
if (!existsSync(join(rounded, 'config.json'))) {
  await promisify(execFile)(python.python, [join(root, 'test/bench/generation/rounded.py'), model, rounded]);
}

/** Tokens per second of each side, medians over all rounds but each process's first, which warms up. */
async function rates(job, sides) {
  const seconds = Object.fromEntries(Object.keys(sides).map((side) => [side, []]));
  const ids = {};
  for (let turn = 0; turn < Number(values.turns); turn += 1) {
    for (const [side, measure] of Object.entries(sides)) {
      const result = await measure(job);
      ids[side] = JSON.stringify(result.ids);
      seconds[side].push(...result.seconds.slice(1));
    }
  }
  if (ids.native !== ids.float32) {
    throw new Error(`the two sides' tokens differ with ${job.prompts.length} prompts`);
  }
  const perSecond = (all) => (job.prompts.length * maxTokens) / median(all);
  return Object.fromEntries(Object.entries(seconds).map(([side, all]) => [side, perSecond(all)]));
}

const peerIn = (dtype) => (job) => run(python.python, [peer], { ...job, dtype });
const native = (job) => run(process.execPath, [ours], job);
console.log('| weights | prompts | native | transformers, float32 | | transformers, bfloat16 | |');
console.log('|---|--:|--:|--:|--:|--:|--:|');
for (const [type, folder] of [
  ['float32', model],
  ['bfloat16', rounded],
]) {
  for (const count of PROMPTS) {
    const job = {
      job: 'generate',
      model: folder,
      prompts: promptsOf(count),
      maxTokens,
      rounds: ROUNDS,
      threads: THREADS,
    };
    const all = await rates(job, { native, float32: peerIn('float32'), bfloat16: peerIn('bfloat16') });
    const beside = (side) => `${all[side].toFixed(1)} | ${(all.native / all[side]).toFixed(2)}×`;
    console.log(
      `| ${type} | ${count} | ${all.native.toFixed(1)} | ${beside('float32')} | ${beside('bfloat16')} |`,
    );
  }
}
