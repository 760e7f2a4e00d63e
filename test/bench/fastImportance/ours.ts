import { readFileSync } from 'node:fs';
import * as v from 'valibot';
import {
  exactLayerImportance,
  fastLayerImportance,
  probeOf,
} from '../../../src/trainer/method/layerImportance';
import { batches as batchesOf, type BatchList } from '../../../src/trainer/data/sequences/batch';
import { loadCorpus } from '../../../src/trainer/data/corpus/corpus';
import { tokensOf } from '../../../src/trainer/data/sequences/sequences';
import type { Tensor } from '../../../src/trainer/tfjs/engine/tensor';
import { openEngine } from '../../../src/trainer/tfjs/engine/open';
import { CausalLM } from '../../../src/trainer/tfjs/model/causalLM';
import { lossGradients } from '../../../src/trainer/tfjs/model/gradients';
import { targetsOf } from '../../../src/trainer/data/sequences/targets';
import { TfjsModel } from '../../../src/trainer/tfjs/tfjsModel';
import { SILENT_TASK } from '../../../src/trainer/task';

const Job = v.object({
  model: v.string(),
  data: v.string(),
  seqLen: v.number(),
  maxSequences: v.number(),
  batchSize: v.number(),
});

/** What one forward (and backward) pass says of each layer. */
interface OnePass {
  /** Block influence (Men et al. 2024, arXiv 2403.03853): 1 − the mean cosine of input and output. */
  readonly influence: number[];
  /** −Σ ∂L/∂output · (output − input): the first-order rise of the mean loss when the layer is passed by, nats. */
  readonly taylor: number[];
  /** The same with the absolute value at each position. */
  readonly taylorAbsolute: number[];
}

function rowsOf(tensor: Tensor, values: Float32Array): Float32Array[] {
  const [rows = 0, width = 0] = tensor.shape;
  return Array.from({ length: rows }, (_, row) => values.subarray(row * width, (row + 1) * width));
}

function dot(a: Float32Array, b: Float32Array): number {
  return a.reduce((sum, value, at) => sum + value * (b[at] ?? NaN), 0);
}

/** One pass with gradients of the hidden states alone. */
function onePass(model: CausalLM, batches: BatchList): OnePass {
  const { engine } = model;
  const zeros = (): number[] => model.blocks.map(() => 0);
  const result = { influence: zeros(), taylor: zeros(), taylorAbsolute: zeros() };
  const targets = [...batches].reduce((sum, batch) => sum + targetsOf(batch).rows.length, 0);
  for (const batch of batches) {
    lossGradients(model, batch, {
      scale: 1 / targets,
      lowestLayer: 0,
      wants: () => false,
      onLayer: () => undefined,
      onHiddenStates: (layer, { input, output, gradient }) => {
        const [inputs, slopes] = [rowsOf(input, engine.read(input)), rowsOf(gradient, engine.read(gradient))];
        const outputs = rowsOf(output, engine.read(output));
        const changes = rowsOf(input, engine.read(engine.sub(output, input)));
        changes.forEach((change, row) => {
          const [from = change, slope = change] = [inputs[row], slopes[row]];
          const first = -dot(slope, change);
          result.taylor[layer] = (result.taylor[layer] ?? NaN) + first;
          result.taylorAbsolute[layer] = (result.taylorAbsolute[layer] ?? NaN) + Math.abs(first);
          const to = outputs[row] ?? change;
          const cosine = dot(from, to) / Math.sqrt(dot(from, from) * dot(to, to));
          result.influence[layer] = (result.influence[layer] ?? NaN) + (1 - cosine) / targets;
        });
      },
    });
  }
  return result;
}

async function main(): Promise<void> {
  const {
    model: folder,
    data,
    ...sizes
  } = v.parse(Job, JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8')));
  const engine = await openEngine('auto');
  try {
    const model = CausalLM.load(engine, folder);
    const { seqLen, maxSequences, batchSize } = sizes;
    const { vocabSize } = model.config;
    const request = { paths: [data], folder, vocabSize, seqLen, maxSequences };
    const corpus = await loadCorpus(request, SILENT_TASK);
    const batches = batchesOf(corpus.sequences, batchSize);
    const timed = async <T>(work: () => T | Promise<T>): Promise<{ seconds: number; value: T }> => {
      const begin = performance.now();
      const value = await work();
      return { seconds: (performance.now() - begin) / 1000, value };
    };
    const asked = new TfjsModel(model);
    const fast = await timed(() => fastLayerImportance(asked, batches, SILENT_TASK));
    const others = await timed(() => onePass(model, batches));
    const exact = await timed(() => exactLayerImportance(asked, probeOf(batches), SILENT_TASK));
    console.log(
      JSON.stringify({
        exact: exact.value.layers,
        estimators: { 'relative change': fast.value.layers, ...others.value },
        seconds: { exact: exact.seconds, forward: fast.seconds, withGradients: others.seconds },
        tokens: tokensOf(corpus.sequences),
      }),
    );
  } finally {
    engine.close();
  }
}

void main();
