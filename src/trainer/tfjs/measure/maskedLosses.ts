import type { Batch } from '../../data/sequences/batch';
import { targetsOf } from '../../data/sequences/targets';
import type { MemoryLimit } from '../../executor/requests';
import type { MaskedLosses } from '../../executor/results';
import { yieldToEventLoop, type Task } from '../../task';
import { blockForward } from '../model/block';
import type { CausalLM } from '../model/causalLM';
import { headLosses } from '../model/head';
import { MaskedPasses } from './maskedPasses';

/**
 * Losses with no layer masked and with each masked in turn.
 *
 * Masking layer l changes nothing before l, so one sweep through the layers serves all of them: at layer l the
 * untouched hidden states are kept once more as the pass that skips l, and every later layer runs on all passes
 * so far. That is L(L−1)/2 layer evaluations instead of L², and each layer's weights are visited once per batch.
 */
export async function maskedLosses(
  model: CausalLM,
  batch: Batch,
  memoryLimit: MemoryLimit | undefined,
  task: Task,
): Promise<MaskedLosses> {
  const { engine, head, config, blocks } = model;
  const wanted = targetsOf(batch);
  const targets = new Int32Array(batch.batch);
  for (const sequence of wanted.sequences) {
    targets[sequence] = (targets[sequence] ?? 0) + 1;
  }
  const sums = new Float64Array((blocks.length + 1) * batch.batch);
  const passes = new MaskedPasses(engine, [batch.tokens.length, config.hiddenSize], memoryLimit);
  try {
    await sweep(model, batch, passes, task);
    for (let pass = 0; pass <= blocks.length; pass++) {
      await yieldToEventLoop(task);
      const hiddenStates = passes.take(pass);
      const losses = headLosses(engine, head, hiddenStates, wanted);
      for (const [index, sequence] of wanted.sequences.entries()) {
        const at = pass * batch.batch + sequence;
        sums[at] = (sums[at] ?? 0) + (losses[index] ?? NaN);
      }
      engine.dispose(hiddenStates);
    }
  } finally {
    passes.dispose();
  }
  return { targets, sums };
}

/** Takes a batch through all layers; pass 0 is the untouched model, pass l + 1 the one that skips layer l. */
async function sweep(model: CausalLM, batch: Batch, passes: MaskedPasses, task: Task): Promise<void> {
  const { engine, blocks } = model;
  const context = model.context(batch);
  passes.put(0, model.embed(batch));
  for (const [layer, block] of blocks.entries()) {
    task.report(((layer + 1) / blocks.length) ** 2, `layer ${layer + 1} of ${blocks.length}`);
    await yieldToEventLoop(task);
    const count = passes.size;
    for (let pass = 0; pass < count; pass++) {
      const hiddenStates = passes.take(pass);
      const next = blockForward(context, block, hiddenStates);
      if (pass === 0) {
        passes.put(count, hiddenStates);
      } else {
        engine.dispose(hiddenStates);
      }
      passes.put(pass, next);
    }
  }
}
