// `npm run bench:effects`: what each technique of docs/performance.md is worth. The same job with it and without, in turns, each in a
// process of its own; what both computed is compared before. Writes bench/results/effects.json and the table of the page.
//
//   npm run bench:effects -- --repeats 3 --only kernels
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { withEffects } from './performance/page.mjs';
import {
  baseJob,
  build,
  buildChanged,
  difference,
  MODELS,
  ours,
  prepare,
  randomTokens,
  root,
  run,
  spread,
  stepTimes,
  tuningJob,
  work,
} from './performance/sides.mjs';

const TOLERANCE = 5e-3;
const seconds = { unit: 's', read: (result) => result.seconds };
const memory = { unit: 'MB', read: ({ peakMemory }) => peakMemory / 1e6 };
const step = { unit: 's', read: (result) => stepTimes(result, 3).first };
const laterStep = { unit: 's', read: (result) => stepTimes(result, 3).later };

/** What is compared, by a name for --only. A side is a job, and where it differs, a program or the environment. */
async function effectsOf(models) {
  const { deep, smollm2 } = models;
  const base = baseJob('deep', deep.folder);
  const few = { ...base, tokens: base.tokens.slice(0, 4) };
  const tuning = tuningJob(base, deep.twin, deep.trained);
  const long = { ...tuning, batchSize: 1, tokens: randomTokens(1, 4096, MODELS.deep.vocab, 7) };
  const large = { ...baseJob('smollm2', smollm2.folder), job: 'forward' };
  const bfloat16 = { ...base, model: deep.bfloat16, job: 'forward' };
  const composed = { ADEPT_FUSED_KERNELS: '0' };
  const changed = {
    wholeLogits: await buildChanged('wholeLogits', {
      file: 'src/shared/model/headChunk.ts',
      from: '16 * 1024 * 1024',
      to: '2 ** 40',
    }),
    plainAdamW: await buildChanged('plainAdamW', {
      file: 'src/trainer/tfjs/tuning/adamW.ts',
      from: 'if (engine.fused)',
      to: 'if (false as boolean && engine.fused)',
    }),
    wholeAttention: await buildChanged('wholeAttention', {
      file: 'src/shared/model/queryBlock.ts',
      from: 'QUERY_BLOCK = 512',
      to: 'QUERY_BLOCK = 2 ** 20',
    }),
  };
  return {
    suffix: {
      what: 'suffix evaluation, against a whole pass for each layer',
      where: 'deep, exact importance of 4 × 256 tokens',
      with: { job: { ...few, job: 'exactImportance' } },
      without: { job: { ...few, job: 'passPerLayer' } },
      rows: [seconds],
    },
    batch: {
      what: 'several sequences at once, against one by one',
      where: 'deep, exact importance of 4 × 256 tokens',
      with: { job: { ...few, job: 'exactImportance' } },
      without: { job: { ...few, job: 'exactImportance', batchSize: 1 } },
      rows: [seconds, memory],
    },
    lowest: {
      what: 'nothing below the lowest trained layer, against training the first layer too',
      where: 'deep, step of the first epoch',
      with: { job: tuning },
      without: { job: { ...tuning, trained: [0, ...tuning.trained] } },
      rows: [step, memory],
      differs: true,
    },
    keepStates: {
      what: 'cached activations, against none',
      where: 'deep, step of later epochs',
      with: { job: tuning },
      without: { job: { ...tuning, keepStates: 0 } },
      rows: [laterStep],
    },
    logits: {
      what: 'the loss in chunks, against all logits at once',
      where: 'smollm2, forward',
      with: { job: large },
      without: { job: large, program: changed.wholeLogits },
      rows: [seconds, memory],
    },
    kernels: {
      what: 'fused kernels, against composed operations',
      where: 'deep, step of later epochs',
      with: { job: tuning },
      without: { job: tuning, env: composed },
      rows: [laterStep, memory],
    },
    longKernels: {
      what: 'the attention kernel, against composed blocks of queries',
      where: 'deep, step on 1 × 4096 tokens',
      with: { job: long },
      without: { job: long, env: composed },
      rows: [laterStep, memory],
    },
    blocks: {
      what: 'composed blocks of queries, against all pairs at once',
      where: 'deep, step on 1 × 4096 tokens',
      with: { job: long, env: composed },
      without: { job: long, env: composed, program: changed.wholeAttention },
      rows: [laterStep, memory],
    },
    adamW: {
      what: 'AdamW in place, against single operations',
      where: 'deep, step that trains everything',
      with: { job: { ...tuning, full: true } },
      without: { job: { ...tuning, full: true }, program: changed.plainAdamW },
      rows: [laterStep, memory],
    },
    oneDNN: {
      what: "oneDNN, against libtensorflow's own choice",
      where: 'smollm2, forward',
      with: { job: large },
      without: { job: large, env: { TF_ENABLE_ONEDNN_OPTS: '0' } },
      rows: [seconds],
    },
    bfloat16: {
      what: 'frozen matrices in bfloat16, against float32',
      where: 'deep stored in bfloat16, forward',
      with: { job: { ...bfloat16, storage: 'bfloat16' } },
      without: { job: bfloat16 },
      rows: [seconds, memory],
    },
  };
}

async function measure(name, effect, repeats) {
  const results = { with: [], without: [] };
  for (let repeat = 0; repeat < repeats; repeat++) {
    for (const side of ['with', 'without']) {
      const { job, program = ours, env } = effect[side];
      results[side].push(await run(process.execPath, [program], job, env));
    }
    const show = (side) => results[side].at(-1).seconds.toFixed(2);
    console.log(`${name} ${repeat + 1}/${repeats}: ${show('with')} s, without ${show('without')} s`);
  }
  if (effect.differs !== true) {
    const far = difference(results.with[0].values, results.without[0].values);
    if (!(far <= TOLERANCE)) {
      throw new Error(`${name}: the two sides computed different things (${far.toExponential(1)})`);
    }
  }
  return effect.rows.map(({ unit, read }) => {
    const [mine, others] = [spread(results.with.map(read)), spread(results.without.map(read))];
    const { what, where } = effect;
    return { name, what, where, unit, with: mine, without: others, ratio: others.median / mine.median };
  });
}

const { values } = parseArgs({
  options: { repeats: { type: 'string', default: '3' }, only: { type: 'string' } },
});
const parts = await build();
mkdirSync(work, { recursive: true });
const deep = await prepare('deep', parts);
const bfloat16 = parts.writeShapedModel(join(work, 'deep-bfloat16'), { ...MODELS.deep.shape, dtype: 'BF16' });
const effects = await effectsOf({ deep: { ...deep, bfloat16 }, smollm2: { folder: MODELS.smollm2.folder } });
const rows = [];
for (const [name, effect] of Object.entries(effects)) {
  if ((values.only ?? name).split(',').includes(name)) {
    rows.push(...(await measure(name, effect, Number(values.repeats))));
  }
}
const file = join(root, 'bench/results/effects.json');
const earlier = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')).rows : [];
const measured = new Set(rows.map(({ name }) => name));
const order = Object.keys(effects);
const all = [...earlier.filter(({ name }) => !measured.has(name)), ...rows].sort(
  (a, b) => order.indexOf(a.name) - order.indexOf(b.name),
);
const results = { processor: cpus()[0]?.model.trim(), date: new Date().toISOString(), rows: all };
mkdirSync(dirname(file), { recursive: true });
writeFileSync(file, `${JSON.stringify(results, null, 2)}\n`);
const page = join(root, 'docs/performance.md');
writeFileSync(page, withEffects(readFileSync(page, 'utf8'), results));
