import type { Tensor } from '../engine/tensor';
import type { AttentionInputs } from '../engine/fusedKernels';
import { attention } from './attention';
import type { AttentionContext, AttentionSaved } from './attentionContext';
import {
  addRmsNorm,
  linear,
  linearGradients,
  linearInputGradient,
  residual,
  rmsNorm,
  rmsNormBackward,
  swiGlu,
  swiGluBackward,
} from './primitives';
import type { LayerGradients, LayerTensors, UnitTensors } from './weights';

/**
 * What the backward pass of one layer needs. Everything else is cheap to compute again from these.
 * Rows are positions: n = B·T.
 */
export interface BlockSaved {
  /** [n, D]: the layer's input. */
  readonly input: Tensor;
  /** [n, D]: after attention's residual. */
  readonly middle: Tensor;
  /** [n·H, headDim] and [n·K, headDim] before the head norms; only where a family has them. */
  readonly headInputs?: { readonly queries: Tensor; readonly keys: Tensor };
  readonly attention: AttentionSaved;
  /** [n, H·headDim]: attention's output before o_proj. */
  readonly attended: Tensor;
  /** [n, F] */
  readonly gate: Tensor;
  readonly up: Tensor;
}

export interface Block {
  readonly tensors: LayerTensors;
  readonly slidingWindow: number | undefined;
}

/** Output of one decoder layer, [n, D], keeping nothing. */
export function blockForward(context: AttentionContext, block: Block, input: Tensor): Tensor {
  return context.engine.tidy(() => blockForwardSaving(context, block, input).output);
}

/** As {@link blockForward}, and what {@link blockBackward} needs. `input` stays the caller's. */
export function blockForwardSaving(
  context: AttentionContext,
  block: Block,
  input: Tensor,
): { output: Tensor; saved: BlockSaved } {
  const { engine, config } = context;
  const { tensors } = block;
  const { rmsNormEps: epsilon } = config;
  return engine.tidy(() => {
    const { headInputs, ...inputs } = engine.tidy(() => attentionInputs(context, tensors, input));
    const { attended, saved: attentionSaved } = attention(context, inputs, block.slidingWindow);
    const { middle, gate, up } = engine.tidy(() => {
      const { sum, normed } = addRmsNorm(
        engine,
        input,
        linear(engine, attended, tensors['self_attn.o_proj']),
        tensors.post_attention_layernorm.weight,
        epsilon,
      );
      return {
        middle: sum,
        gate: linear(engine, normed, tensors['mlp.gate_proj']),
        up: linear(engine, normed, tensors['mlp.up_proj']),
      };
    });
    const output = engine.tidy(() =>
      residual(engine, middle, linear(engine, swiGlu(engine, gate, up), tensors['mlp.down_proj'])),
    );
    const saved: BlockSaved = { input, middle, attention: attentionSaved, attended, gate, up };
    return { output, saved: headInputs ? { ...saved, headInputs } : saved };
  });
}

/** What the projections make of a layer's input, [n, heads·headDim] each, and the head norms' own inputs. */
function attentionInputs(
  context: AttentionContext,
  tensors: LayerTensors,
  input: Tensor,
): AttentionInputs & Pick<BlockSaved, 'headInputs'> {
  const { engine, config } = context;
  const normed = rmsNorm(engine, input, tensors.input_layernorm.weight, config.rmsNormEps);
  const q = projectHeads(context, normed, tensors['self_attn.q_proj'], tensors['self_attn.q_norm']);
  const k = projectHeads(context, normed, tensors['self_attn.k_proj'], tensors['self_attn.k_norm']);
  const values = linear(engine, normed, tensors['self_attn.v_proj']);
  const heads = { queries: q.heads, keys: k.heads, values };
  return q.input && k.input ? { ...heads, headInputs: { queries: q.input, keys: k.input } } : heads;
}

/** Frees what a forward pass saved, save the layer's input, which is the caller's. */
export function disposeSaved(context: AttentionContext, saved: BlockSaved): void {
  const { attention: attentionSaved, headInputs } = saved;
  context.engine.dispose(
    saved.middle,
    headInputs?.queries,
    headInputs?.keys,
    ...attentionSaved.tensors,
    saved.attended,
    saved.gate,
    saved.up,
  );
}

/**
 * Gradient of the layer's input, [n, D], and, when asked for, of its weights. Frozen layers need the former only.
 */
export function blockBackward(
  context: AttentionContext,
  block: Block,
  saved: BlockSaved,
  gradient: Tensor,
  wantGradients: boolean,
): { input: Tensor; gradients?: LayerGradients } {
  return context.engine.tidy(() => {
    const { engine } = context;
    const mlp = engine.tidy(() => mlpBackward(context, block, saved, gradient, wantGradients));
    const below = engine.tidy(() => attentionBackward(context, block, saved, mlp.input, wantGradients));
    return mlp.gradients && below.gradients
      ? { input: below.input, gradients: { ...below.gradients, ...mlp.gradients } }
      : { input: below.input };
  });
}

type MlpUnits = 'post_attention_layernorm' | 'mlp.gate_proj' | 'mlp.up_proj' | 'mlp.down_proj';
type MlpGradients = Pick<LayerGradients, MlpUnits>;
type AttentionGradients = Omit<LayerGradients, MlpUnits>;

function mlpBackward(
  context: AttentionContext,
  { tensors }: Block,
  saved: BlockSaved,
  gradient: Tensor,
  wantGradients: boolean,
): { input: Tensor; gradients?: MlpGradients } {
  const { engine, config } = context;
  const { middle, gate, up } = saved;
  const norm = tensors.post_attention_layernorm.weight;
  const { rmsNormEps: epsilon } = config;
  const activated = engine.tidy(() => {
    const downGradient = linearInputGradient(engine, gradient, tensors['mlp.down_proj']);
    return swiGluBackward(engine, downGradient, gate, up, wantGradients);
  });
  const normed = engine.tidy(() =>
    rmsNormBackward(engine, {
      input: middle,
      weight: norm,
      epsilon,
      gradients: [
        linearInputGradient(engine, activated.gate, tensors['mlp.gate_proj']),
        linearInputGradient(engine, activated.up, tensors['mlp.up_proj']),
      ],
      residual: gradient,
      wantWeight: wantGradients,
    }),
  );
  const { input } = normed;
  if (!normed.weight || !activated.product) {
    return { input };
  }
  const normedMiddle = rmsNorm(engine, middle, norm, epsilon);
  return {
    input,
    gradients: {
      post_attention_layernorm: { weight: normed.weight },
      'mlp.gate_proj': linearGradients(engine, activated.gate, normedMiddle, tensors['mlp.gate_proj']),
      'mlp.up_proj': linearGradients(engine, activated.up, normedMiddle, tensors['mlp.up_proj']),
      'mlp.down_proj': linearGradients(engine, gradient, activated.product, tensors['mlp.down_proj']),
    },
  };
}

function attentionBackward(
  context: AttentionContext,
  { tensors }: Block,
  saved: BlockSaved,
  gradient: Tensor,
  wantGradients: boolean,
): { input: Tensor; gradients?: AttentionGradients } {
  const { engine, config } = context;
  const { rmsNormEps: epsilon } = config;
  const heads = engine.tidy(() =>
    saved.attention.backward(
      saved.attended,
      linearInputGradient(engine, gradient, tensors['self_attn.o_proj']),
    ),
  );
  const { headInputs } = saved;
  const q = headsBackward(
    context,
    heads.queries,
    tensors['self_attn.q_norm'],
    headInputs?.queries,
    wantGradients,
  );
  const k = headsBackward(context, heads.keys, tensors['self_attn.k_norm'], headInputs?.keys, wantGradients);
  const norm = tensors.input_layernorm.weight;
  const normed = engine.tidy(() =>
    rmsNormBackward(engine, {
      input: saved.input,
      weight: norm,
      epsilon,
      gradients: [
        linearInputGradient(engine, q.projected, tensors['self_attn.q_proj']),
        linearInputGradient(engine, k.projected, tensors['self_attn.k_proj']),
        linearInputGradient(engine, heads.values, tensors['self_attn.v_proj']),
      ],
      residual: gradient,
      wantWeight: wantGradients,
    }),
  );
  const { input } = normed;
  if (!normed.weight) {
    return { input };
  }
  const normedInput = rmsNorm(engine, saved.input, norm, epsilon);
  return {
    input,
    gradients: {
      input_layernorm: { weight: normed.weight },
      'self_attn.q_proj': linearGradients(engine, q.projected, normedInput, tensors['self_attn.q_proj']),
      'self_attn.k_proj': linearGradients(engine, k.projected, normedInput, tensors['self_attn.k_proj']),
      'self_attn.v_proj': linearGradients(engine, heads.values, normedInput, tensors['self_attn.v_proj']),
      ...(q.norm && k.norm
        ? { 'self_attn.q_norm': { weight: q.norm }, 'self_attn.k_norm': { weight: k.norm } }
        : {}),
      'self_attn.o_proj': linearGradients(engine, gradient, saved.attended, tensors['self_attn.o_proj']),
    },
  };
}

/** Projection, and head norm where the family has it: [n, D] → [n, heads·headDim]; `input` is what the norm was given. */
function projectHeads(
  context: AttentionContext,
  normed: Tensor,
  projection: UnitTensors,
  headNorm: UnitTensors | undefined,
): { heads: Tensor; input?: Tensor } {
  const { engine, config } = context;
  const projected = linear(engine, normed, projection);
  if (headNorm === undefined) {
    return { heads: projected };
  }
  const input = engine.reshape(projected, [-1, config.headDim]);
  const scaled = rmsNorm(engine, input, headNorm.weight, config.rmsNormEps);
  return { heads: engine.reshape(scaled, projected.shape), input };
}

/** The reverse of {@link projectHeads} up to the projection, [n, heads·headDim]. */
function headsBackward(
  context: AttentionContext,
  gradient: Tensor,
  headNorm: UnitTensors | undefined,
  headInput: Tensor | undefined,
  wantWeight: boolean,
): { projected: Tensor; norm?: Tensor } {
  const { engine, config } = context;
  if (headNorm === undefined || headInput === undefined) {
    return { projected: gradient };
  }
  const { input, weight } = rmsNormBackward(engine, {
    input: headInput,
    weight: headNorm.weight,
    epsilon: config.rmsNormEps,
    gradients: [engine.reshape(gradient, headInput.shape)],
    wantWeight,
  });
  const projected = engine.reshape(input, gradient.shape);
  return weight ? { projected, norm: weight } : { projected };
}
