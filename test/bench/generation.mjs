// `npm run bench:generation`: tokens per second of greedy answers on the native engine beside transformers' `generate` in float32, of
// SmolLM2-135M, one prompt and 16 side by side. Every measurement is a process of its own, and the sides take turns. The tokens have to
// be the same. Prints a line for each, with the ratio of the medians, and writes bench/results/generation.json.
//
//   npm run bench:generation -- --tokens 16 --turns 1
import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
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

const rows = [];
for (const count of PROMPTS) {
  const job = {
    job: 'generate',
    model,
    prompts: promptsOf(count),
    maxTokens,
    rounds: ROUNDS,
    threads: THREADS,
  };
  const seconds = { ours: [], peer: [] };
  for (let turn = 0; turn < Number(values.turns); turn += 1) {
    const [mine, theirs] = [await run(process.execPath, [ours], job), await run(python.python, [peer], job)];
    if (JSON.stringify(mine.ids) !== JSON.stringify(theirs.ids)) {
      throw new Error(`the two sides' tokens differ with ${count} prompts`);
    }
    // The first round warms up.
    seconds.ours.push(...mine.seconds.slice(1));
    seconds.peer.push(...theirs.seconds.slice(1));
  }
  const rate = (side) => (count * maxTokens) / median(seconds[side]);
  const row = { prompts: count, maxTokens, native: rate('ours'), transformers: rate('peer'), seconds };
  rows.push({ ...row, ratio: row.native / row.transformers });
  const shown = [row.native, row.transformers].map((value) => value.toFixed(1));
  console.log(
    `${count} prompts: native ${shown[0]}, transformers ${shown[1]} tokens/s, ${(row.native / row.transformers).toFixed(2)} times`,
  );
}
const file = join(root, 'bench/results/generation.json');
mkdirSync(dirname(file), { recursive: true });
writeFileSync(file, `${JSON.stringify({ processor: cpus()[0]?.model, threads: THREADS, rows }, null, 2)}\n`);
