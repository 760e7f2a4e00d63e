import type { Batch } from '../../data/sequences/batch';
import type { Tensor } from '../engine/tensor';
import { blockBackward, blockForwardSaving, disposeSaved, type BlockSaved } from './block';
import type { CausalLM } from './causalLM';
import { headBackward } from './head';
import { targetsOf } from '../../data/sequences/targets';
import type { LayerGradients } from './weights';

/** Gradients of the tensors outside the layers; with tied embeddings `projection` is part of `embedding`. */
export interface OuterGradients {
  readonly embedding: Tensor;
  readonly norm: Tensor;
  readonly projection?: Tensor;
}

/** What enters and leaves a layer, and the gradient of the latter, all [B·T, D]. */
export interface LayerStates {
  readonly input: Tensor;
  readonly output: Tensor;
  readonly gradient: Tensor;
}

export interface GradientRequest {
  /** The gradient is that of `scale · Σ losses`. */
  readonly scale: number;
  /** Nothing below this layer is differentiated or kept. */
  readonly lowestLayer: number;
  /** Hidden states that enter the lowest layer, [B·T, D], where they are known without computing what lies below. */
  readonly input?: ((batch: Batch) => Tensor) | undefined;
  wants(layer: number): boolean;
  /** Called once for each differentiated layer, from the top down; the tensors are freed when it returns. */
  onHiddenStates?(layer: number, states: LayerStates): void;
  /** Called once for each wanted layer, from the top down; the tensors are freed when it returns. */
  onLayer(layer: number, gradients: LayerGradients): void;
  /** When given, everything is differentiated down to the embedding. */
  onOuter?(gradients: OuterGradients): void;
}

/**
 * One forward and backward pass over a batch. Frozen layers above `lowestLayer` pass gradients through without
 * computing their own. Nothing outlives the call but what the callbacks keep.
 * @returns the negative log-likelihood of every predicted position, nats.
 */
export function lossGradients(model: CausalLM, batch: Batch, request: GradientRequest): Float32Array {
  const { engine } = model;
  return engine.tidy(() => {
    // First: what computes it may need other batches' contexts, and the model keeps few.
    const known = request.input?.(batch);
    const context = model.context(batch);
    const states: Tensor[] = [];
    const saved: BlockSaved[] = [];
    let hiddenStates = known ?? model.run(context, model.embed(batch), 0, request.lowestLayer);
    for (const block of model.blocks.slice(request.lowestLayer)) {
      const forward = blockForwardSaving(context, block, hiddenStates);
      states.push(hiddenStates);
      saved.push(forward.saved);
      hiddenStates = forward.output;
    }
    const head = headBackward(
      engine,
      model.head,
      hiddenStates,
      targetsOf(batch),
      request.scale,
      request.onOuter !== undefined,
    );
    states.push(hiddenStates);
    let gradient = head.hiddenStates;
    for (let layer = model.blocks.length - 1; layer >= request.lowestLayer; layer--) {
      const block = model.blocks[layer];
      const index = layer - request.lowestLayer;
      const [state, input, output] = [saved[index], states[index], states[index + 1]];
      if (block === undefined || state === undefined || input === undefined || output === undefined) {
        throw new Error(`Layer ${layer} was not run.`);
      }
      const below = engine.tidy(() => {
        request.onHiddenStates?.(layer, { input, output, gradient });
        const back = blockBackward(context, block, state, gradient, request.wants(layer));
        if (back.gradients) {
          request.onLayer(layer, back.gradients);
        }
        return back.input;
      });
      disposeSaved(context, state);
      engine.dispose(gradient, output);
      gradient = below;
    }
    request.onOuter?.(outerGradients(model, batch, gradient, head.norm, head.projection));
    return head.losses;
  });
}

function outerGradients(
  model: CausalLM,
  batch: Batch,
  inputGradient: Tensor,
  norm: Tensor | undefined,
  projection: Tensor | undefined,
): OuterGradients {
  const { engine, config } = model;
  if (norm === undefined || projection === undefined) {
    throw new Error('The head was not asked for its gradients.');
  }
  const ids = engine.indices(batch.tokens, [batch.tokens.length]);
  const rows =
    config.embeddingScale === 1 ? inputGradient : engine.scale(inputGradient, config.embeddingScale);
  const embedding = engine.scatterAdd(ids, rows, config.vocabSize);
  return config.tieWordEmbeddings
    ? { embedding: engine.add(embedding, projection), norm }
    : { embedding, norm, projection };
}
