// `npm run bench:generation`: tokens per second of greedy answers on the native engine beside transformers' `generate`, of SmolLM2-135M with
// its weights in float32 and in bfloat16: prompts one after the other, and 16 side by side. Native once as it is, guessing tokens that it
// reads along, and once token by token. Every measurement is a process of its own, and the sides take turns. The native tokens have to
// be those of transformers in float32. Prints a table, with the ratios of the medians.
//
//   npm run bench:generation -- --tokens 16 --turns 1
//   npm run bench:generation -- --check    no times: whether 64 tokens of 20 prompts are those of transformers, native and torch
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { parseArgs, promisify } from 'node:util';
import { ensurePython } from '../../scripts/python.mjs';
import { TEXTS } from './generation/texts.mjs';
import { median, MODELS, root, run, THREADS, work } from './performance/sides.mjs';

/** Of the texts, those that are continued one after the other. */
const ALONE = 8;
const ROUNDS = 3;
/** Prompts of `--check`. */
const CHECKED = 20;

const { values } = parseArgs({
  options: {
    tokens: { type: 'string', default: '64' },
    turns: { type: 'string', default: '3' },
    check: { type: 'boolean' },
  },
});
const maxTokens = Number(values.tokens);

const python = await ensurePython();
if (python.reason !== undefined) {
  throw new Error(python.reason);
}
const { build: bundle } = await import('esbuild');
const { ensureBuilt } = await import('../../scripts/build.mjs');
const ours = join(root, 'out/bench/generation.cjs');
mkdirSync(dirname(ours), { recursive: true });
mkdirSync(work, { recursive: true });
await bundle({
  ...{ bundle: true, platform: 'node', format: 'cjs', absWorkingDir: root, logLevel: 'error' },
  entryPoints: [join(root, 'test/bench/generation/ours.ts')],
  outfile: ours,
});
const peer = join(root, 'test/bench/generation/peer.py');
const { folder: model } = MODELS.smollm2;

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
  for (const side of ['native', 'single']) {
    if (ids[side] !== ids.float32) {
      throw new Error(
        `${side}: tokens are not those of transformers with ${job.groups.length} groups of prompts`,
      );
    }
  }
  const perSecond = (all) => (job.groups.flat().length * maxTokens) / median(all);
  return Object.fromEntries(Object.entries(seconds).map(([side, all]) => [side, perSecond(all)]));
}

const peerIn = (dtype) => (job) => run(python.python, [peer], { ...job, dtype });
const native = (readsAhead) => (job) => run(process.execPath, [ours], { ...job, readsAhead });
const { ids: prompts } = await run(process.execPath, [ours], { job: 'encode', model, texts: TEXTS });

/** Prompts of the speeds, and beginnings of some: as many as the families have in parity/generate. */
async function check() {
  const few = prompts.slice(0, CHECKED - prompts.length);
  const group = [...prompts, ...few.map((ids) => ids.slice(0, Math.ceil(ids.length / 2)))];
  const job = { job: 'generate', model, groups: [group], maxTokens, rounds: 1, threads: THREADS };
  const expected = JSON.stringify((await peerIn('float32')(job)).ids);
  const home = mkdtempSync(join(tmpdir(), 'adept-bench-'));
  try {
    await ensureBuilt();
    const env = { ADEPT_HOME: home, ADEPT_DEVICE: 'cpu' };
    await promisify(execFile)(
      process.execPath,
      [join(root, 'out/cli.cjs'), 'setup', '--torch', '--python', python.python],
      { env: { ...process.env, ...env } },
    );
    for (const [engine, more] of Object.entries({ native: {}, torch: env })) {
      const { ids } = await run(process.execPath, [ours], { ...job, engine, readsAhead: true }, more);
      const same = JSON.stringify(ids) === expected;
      console.log(
        `${engine}: ${maxTokens} tokens of ${group.length} prompts ${same ? 'are' : 'are NOT'} those of transformers`,
      );
      process.exitCode = same ? process.exitCode : 1;
    }
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}

if (values.check) {
  await check();
  process.exit();
}
const GROUPS = {
  1: prompts.slice(0, ALONE).map((prompt) => [prompt]),
  16: [prompts],
};
console.log(
  '| weights | prompts | native | token by token | transformers, float32 | | transformers, bfloat16 | |',
);
console.log('|---|--:|--:|--:|--:|--:|--:|--:|');
for (const [type, folder] of [
  ['float32', model],
  ['bfloat16', rounded],
]) {
  for (const [count, groups] of Object.entries(GROUPS)) {
    const job = { job: 'generate', model: folder, groups, maxTokens, rounds: ROUNDS, threads: THREADS };
    const sides = { native: native(true), float32: peerIn('float32'), single: native(false) };
    const all = await rates(job, { ...sides, bfloat16: peerIn('bfloat16') });
    const beside = (side) => `${all[side].toFixed(1)} | ${(all.native / all[side]).toFixed(2)}×`;
    const own = `${all.native.toFixed(1)} | ${all.single.toFixed(1)}`;
    console.log(`| ${type} | ${count} | ${own} | ${beside('float32')} | ${beside('bfloat16')} |`);
  }
}
