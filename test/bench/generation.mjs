// `npm run bench:generation`: tokens per second of greedy answers on the native engine beside transformers' `generate` in float32, of
// SmolLM2-135M, one prompt and 16 side by side. Every measurement is a process of its own, and the sides take turns. The tokens have to
// be the same. Prints a line for each, with the ratio of the medians.
//
//   npm run bench:generation -- --tokens 16 --turns 1
import { mkdirSync } from 'node:fs';
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
  const [native, transformers] = [rate('ours'), rate('peer')];
  console.log(
    `${count} prompts: native ${native.toFixed(1)}, transformers ${transformers.toFixed(1)} tokens/s, ${(native / transformers).toFixed(2)} times`,
  );
}
