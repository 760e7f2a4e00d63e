import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readEvents } from '../../../src/node/run/eventWriter';
import { RunFolder } from '../../../src/node/run/runFolder';
import { adeptResult } from '../../support/command';
import { movementsOf } from '../../support/movement';
import { projectRoot } from '../../support/projectRoot';
import { FIGURES, measuredHere, type Bfloat16Figures, type Side } from './figures';
import { bfloat16Problems, withBfloat16 } from './page';
import { keepFigures } from './keepFigures';
import { setUpTorch } from './setUpTorch';

// bfloat16 with float32 masters beside float32: the same 200 steps of SmolLM2-135M. See test/bench/torch.mjs.

const MODEL = join(projectRoot, '.cache/models/SmolLM2-135M-Instruct');
const DATA = join(projectRoot, '../shared/data');
const PLAN = { steps: 200, batchSize: 2, seqLen: 128, sequences: 64, layers: [22, 25, 26], seed: 1 };

/** In one type, in a process of its own, as a person would. */
async function tuned(folder: string, dtype: 'float32' | 'bfloat16'): Promise<Side> {
  const [model, run] = [join(folder, 'expanded'), join(folder, dtype)];
  const sizes = {
    steps: PLAN.steps,
    'batch-size': PLAN.batchSize,
    'seq-len': PLAN.seqLen,
    seed: PLAN.seed,
    'max-train-sequences': PLAN.sequences,
    'max-probe-sequences': 4,
    'max-eval-sequences': 16,
    // A unit of the highest importance would have a rate of 0, and rightly stay where it is.
    'rate-floor': 0.1,
    ...{ lr: 3e-4, warmup: 20, schedule: 'cosine', 'update-every': 50, 'eval-every': 100, 'save-every': 200 },
  };
  const texts = {
    domain: 'math/gsm8k_train.jsonl',
    probe: 'general/c4_demo.jsonl',
    eval: 'math/gsm8k_test.jsonl',
    'eval-general': 'general/wiki_demo.txt',
  };
  await adeptResult(
    [
      ...['tune', '--model', model, '--out', run, '--engine', 'torch', '--dtype', dtype],
      ...Object.entries(texts).flatMap(([name, file]) => [`--${name}`, join(DATA, file)]),
      ...Object.entries(sizes).flatMap(([name, value]) => [`--${name}`, value]),
    ],
    { env: {}, longest: 0 },
  );
  return sideOf(run, model);
}

function sideOf(run: string, model: string): Side {
  const events = readEvents(RunFolder.open(run).file('events'));
  const steps = events.filter((event) => event.type === 'step');
  const last = steps.slice(-PLAN.steps / 10);
  const moved = movementsOf(run, PLAN.steps, model);
  const [least] = moved
    .flatMap(({ name, relative }) => (relative === null ? [] : [{ name, relative }]))
    .sort((a, b) => a.relative - b.relative);
  if (steps.length !== PLAN.steps || least === undefined) {
    throw new Error(`${run}: ${steps.length} steps of ${PLAN.steps} are there.`);
  }
  const tokens = PLAN.batchSize * PLAN.seqLen;
  return {
    evaluations: events.flatMap((event) =>
      event.type === 'eval'
        ? [{ step: event.step, domain: event.domainLoss ?? NaN, general: event.generalLoss ?? NaN }]
        : [],
    ),
    lastLoss: last.reduce((sum, { loss }) => sum + loss, 0) / last.length,
    seconds: steps.reduce((sum, { tokensPerSecond }) => sum + tokens / tokensPerSecond, 0),
    tensors: moved.length,
    unmoved: moved.filter(({ share }) => share === 0).map(({ name }) => name),
    leastMoved: least,
  };
}

async function main(): Promise<void> {
  for (const needed of [MODEL, DATA]) {
    if (!existsSync(needed)) {
      throw new Error(
        `${needed} is missing: npm run smollm2 provides the model; the texts are GSM8K, C4 and Wikipedia.`,
      );
    }
  }
  const folder = mkdtempSync(join(tmpdir(), 'adept-bfloat16-'));
  try {
    const versions = await setUpTorch();
    const expand = ['expand', '--model', MODEL, '--out', join(folder, 'expanded'), '--engine', 'torch'];
    await adeptResult([...expand, '--layers', PLAN.layers.join()], { env: {} });
    const float32 = await tuned(folder, 'float32');
    const bfloat16 = await tuned(folder, 'bfloat16');
    const figures: Bfloat16Figures = {
      ...measuredHere('npm run torch:bfloat16', versions),
      ...PLAN,
      ...{ float32, bfloat16 },
    };
    keepFigures({ file: FIGURES.bfloat16, figures, page: withBfloat16, problems: bfloat16Problems });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
