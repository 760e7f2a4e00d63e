import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { tensorMemory } from '../../../src/shared/estimate/memory';
import { isPriced, plannedEngine, plannedModel, type Plan } from '../../../src/shared/estimate/plan';
import { allParameters, layerParameters } from '../../../src/trainer/tfjs/tuning/parameters';
import { Tuner } from '../../../src/trainer/tfjs/tuning/tuner';
import { TfjsModel } from '../../../src/trainer/tfjs/tfjsModel';
import { unitImportance } from '../../../src/trainer/method/unitImportance';
import { makeBatch, type Batch } from '../../../src/trainer/data/sequences/batch';
import type { Engine } from '../../../src/trainer/tfjs/engine/engine';
import { CausalLM } from '../../../src/trainer/tfjs/model/causalLM';
import { SILENT_TASK } from '../../../src/trainer/task';
import { onEveryEngine } from '../../support/engines';
import { seededRandom } from '../../../src/shared/common/random';
import { configOfShape, writeShapedModel, type ModelShape } from '../../support/shapedModel';
import { stepOf } from '../../support/steps';
import { countTensorBytes } from '../../support/tensorBytes';

interface Case {
  readonly shape: ModelShape;
  readonly expanded: readonly number[];
  readonly tune: Plan['tune'];
}

const base = { vocab: 512, hidden: 64, mlp: 160, layers: 4, heads: 4, keyValueHeads: 4, tied: true };
const once = { batchSize: 4, seqLen: 64, gradAccum: 1, full: false };

/** Between them every term decides a peak once: layers, head, head norms, kept gradients, updates, the first probe. */
const CASES: Readonly<Record<string, Case>> = {
  'a copy at the top': { shape: base, expanded: [3], tune: once },
  'copies at the bottom and in the middle': { shape: base, expanded: [0, 2], tune: once },
  'few key heads and a wide MLP': {
    shape: { ...base, mlp: 384, keyValueHeads: 1, tied: false },
    expanded: [1, 2],
    tune: once,
  },
  'norms of every head': {
    shape: { ...base, family: 'qwen3', keyValueHeads: 2 },
    expanded: [1, 3],
    tune: once,
  },
  'norms after the sublayers': {
    shape: { ...base, family: 'olmo2', keyValueHeads: 2 },
    expanded: [1, 3],
    tune: once,
  },
  'norms around the sublayers, and scores with a cap': {
    shape: { ...base, family: 'gemma2', keyValueHeads: 2, more: { sliding_window: 16 } },
    expanded: [1, 3],
    tune: once,
  },
  'norms around the sublayers, and rotation in parts': {
    shape: { ...base, family: 'glm4', keyValueHeads: 2, tied: false },
    expanded: [1, 3],
    tune: once,
  },
  'outputs that are scaled': {
    shape: { ...base, family: 'granite', more: { residual_multiplier: 0.2, embedding_multiplier: 12 } },
    expanded: [1, 3],
    tune: once,
  },
  'long sequences': { shape: base, expanded: [1, 2], tune: { ...once, batchSize: 1, seqLen: 256 } },
  'a vocabulary that outweighs the layers': {
    shape: { ...base, vocab: 8192 },
    expanded: [3],
    tune: { ...once, batchSize: 2 },
  },
  'gradients summed over three passes': {
    shape: base,
    expanded: [0, 1, 2, 3],
    tune: { ...once, batchSize: 1, gradAccum: 3 },
  },
  'frozen matrices in bfloat16, where the engine holds them so': {
    shape: { ...base, hidden: 128, mlp: 512, layers: 8, dtype: 'BF16' },
    expanded: [5, 7],
    tune: { ...once, batchSize: 1, seqLen: 32 },
  },
  'everything trained, tied': { shape: base, expanded: [], tune: { ...once, full: true } },
  'everything trained, untied, over two passes': {
    shape: { ...base, vocab: 4096, tied: false },
    expanded: [],
    tune: { batchSize: 1, seqLen: 32, gradAccum: 2, full: true },
  },
};

onEveryEngine('the estimate of what tensors hold at once is what they hold', (test) => {
  for (const [name, { shape, expanded, tune }] of Object.entries(CASES)) {
    test(name, async (engine) => {
      const folder = mkdtempSync(join(tmpdir(), 'adept-estimate-'));
      try {
        const planned = plannedEngine({ ...engine.describe() });
        const frozen = shape.dtype === 'BF16' && engine.bfloat16Storage ? 'bfloat16' : 'float32';
        const config = configOfShape(shape);
        const plan: Plan = { config, expanded, tune, engine: planned ?? 'torch', frozen };
        assert.ok(isPriced(plan));
        const { layers } = plannedModel(plan);
        writeShapedModel(folder, { ...shape, layers });
        const measured = await measuredPeak(engine, folder, plan);
        const { weights, moments, tables, working } = tensorMemory(plan);
        const ratio = (weights + moments + tables + working) / measured;
        assert.ok(
          Math.abs(ratio - 1) < 0.1,
          `estimated ${ratio.toFixed(3)} of the measured ${measured} bytes`,
        );
      } finally {
        rmSync(folder, { recursive: true, force: true });
      }
    });
  }
});

/** The most bytes in tensors over the first probe and two steps. */
async function measuredPeak(engine: Engine, folder: string, plan: Plan): Promise<number> {
  const bytes = countTensorBytes();
  const { trained, probed } = plannedModel(plan);
  const { batchSize, seqLen, gradAccum, full } = plan.tune;
  const model = CausalLM.load(engine, folder, undefined, {
    choice: plan.frozen ?? 'float32',
    rows: batchSize * seqLen,
    frozen: (layer) => !trained.includes(layer),
  });
  const tuner = new Tuner(model, full ? allParameters(model) : layerParameters(model, trained));
  try {
    const batches = Array.from({ length: gradAccum }, (_, seed) =>
      randomBatch(batchSize, seqLen, plan.config.vocabSize, seed),
    );
    const request = { layers: probed, definition: 'released' } as const;
    await unitImportance(new TfjsModel(model), batches.slice(0, 1), request, SILENT_TASK);
    for (const step of [1, 2]) {
      tuner.step(stepOf({ trained: tuner.parameters }, batches, step, { rate: 1e-3, clipAt: 1e-3 }));
    }
    return bytes.takePeak();
  } finally {
    tuner.dispose();
    model.dispose();
  }
}

function randomBatch(batch: number, length: number, vocab: number, seed: number): Batch {
  const random = seededRandom(seed);
  return makeBatch(
    Array.from({ length: batch }, () => Int32Array.from({ length }, () => Math.floor(random() * vocab))),
  );
}
