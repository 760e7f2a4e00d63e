import type { Tensor } from '../engine/engine';
import {
  applyRope,
  applyRopeBackward,
  attend,
  attendBackward,
  maskOf,
  mergeHeads,
  splitHeads,
  type AttentionContext,
  type AttentionSaved,
  type RopeTensors,
} from './attention';
import {
  linear,
  linearGradients,
  linearInputGradient,
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
    const normed = rmsNorm(engine, input, tensors.input_layernorm.weight, epsilon);
    const q = projectHeads(
      context,
      normed,
      tensors['self_attn.q_proj'],
      tensors['self_attn.q_norm'],
      config.numAttentionHeads,
      context.queryRope,
    );
    const k = projectHeads(
      context,
      normed,
      tensors['self_attn.k_proj'],
      tensors['self_attn.k_norm'],
      config.numKeyValueHeads,
      context.keyRope,
    );
    const queries = groupQueries(context, q.heads);
    const values = splitHeads(
      context,
      linear(engine, normed, tensors['self_attn.v_proj']),
      config.numKeyValueHeads,
    );
    const { output, probabilities } = attend(
      engine,
      queries,
      k.heads,
      values,
      maskOf(context, block.slidingWindow),
    );
    const attended = mergeHeads(context, ungroupQueries(context, output), config.numAttentionHeads);
    const middle = engine.add(input, linear(engine, attended, tensors['self_attn.o_proj']));
    const normedMiddle = rmsNorm(engine, middle, tensors.post_attention_layernorm.weight, epsilon);
    const gate = linear(engine, normedMiddle, tensors['mlp.gate_proj']);
    const up = linear(engine, normedMiddle, tensors['mlp.up_proj']);
    const result = engine.add(middle, linear(engine, swiGlu(engine, gate, up), tensors['mlp.down_proj']));
    const headInputs = q.input && k.input ? { queries: q.input, keys: k.input } : undefined;
    const attention = { queries, keys: k.heads, values, probabilities };
    const saved: BlockSaved = { input, middle, attention, attended, gate, up };
    return { output: result, saved: headInputs ? { ...saved, headInputs } : saved };
  });
}

/** Frees what a forward pass saved, save the layer's input, which is the caller's. */
export function disposeSaved(context: AttentionContext, saved: BlockSaved): void {
  const { attention, headInputs } = saved;
  context.engine.dispose(
    saved.middle,
    headInputs?.queries,
    headInputs?.keys,
    attention.queries,
    attention.keys,
    attention.values,
    attention.probabilities,
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
    const mlp = mlpBackward(context, block, saved, gradient, wantGradients);
    const attention = attentionBackward(context, block, saved, mlp.input, wantGradients);
    return mlp.gradients && attention.gradients
      ? { input: attention.input, gradients: { ...attention.gradients, ...mlp.gradients } }
      : { input: attention.input };
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
  const activated = swiGluBackward(
    engine,
    linearInputGradient(engine, gradient, tensors['mlp.down_proj']),
    gate,
    up,
  );
  const normedGradient = engine.add(
    linearInputGradient(engine, activated.gate, tensors['mlp.gate_proj']),
    linearInputGradient(engine, activated.up, tensors['mlp.up_proj']),
  );
  const normed = rmsNormBackward(engine, normedGradient, middle, norm, config.rmsNormEps, wantGradients);
  const input = engine.add(gradient, normed.input);
  if (!normed.weight) {
    return { input };
  }
  const normedMiddle = rmsNorm(engine, middle, norm, config.rmsNormEps);
  return {
    input,
    gradients: {
      post_attention_layernorm: { weight: normed.weight },
      'mlp.gate_proj': linearGradients(engine, activated.gate, normedMiddle, tensors['mlp.gate_proj']),
      'mlp.up_proj': linearGradients(engine, activated.up, normedMiddle, tensors['mlp.up_proj']),
      'mlp.down_proj': linearGradients(engine, gradient, swiGlu(engine, gate, up), tensors['mlp.down_proj']),
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
  const { numAttentionHeads, numKeyValueHeads, rmsNormEps: epsilon } = config;
  const outputGradient = linearInputGradient(engine, gradient, tensors['self_attn.o_proj']);
  const heads = attendBackward(
    engine,
    saved.attention,
    groupQueries(context, splitHeads(context, outputGradient, numAttentionHeads)),
  );
  const q = headsBackward(
    context,
    ungroupQueries(context, heads.queries),
    numAttentionHeads,
    context.queryRope,
    tensors['self_attn.q_norm'],
    saved.headInputs?.queries,
    wantGradients,
  );
  const k = headsBackward(
    context,
    heads.keys,
    numKeyValueHeads,
    context.keyRope,
    tensors['self_attn.k_norm'],
    saved.headInputs?.keys,
    wantGradients,
  );
  const vGradient = mergeHeads(context, heads.values, numKeyValueHeads);
  const normedGradient = engine.add(
    engine.add(
      linearInputGradient(engine, q.projected, tensors['self_attn.q_proj']),
      linearInputGradient(engine, k.projected, tensors['self_attn.k_proj']),
    ),
    linearInputGradient(engine, vGradient, tensors['self_attn.v_proj']),
  );
  const norm = tensors.input_layernorm.weight;
  const normed = rmsNormBackward(engine, normedGradient, saved.input, norm, epsilon, wantGradients);
  const input = engine.add(gradient, normed.input);
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
      'self_attn.v_proj': linearGradients(engine, vGradient, normedInput, tensors['self_attn.v_proj']),
      ...(q.norm && k.norm
        ? { 'self_attn.q_norm': { weight: q.norm }, 'self_attn.k_norm': { weight: k.norm } }
        : {}),
      'self_attn.o_proj': linearGradients(engine, gradient, saved.attended, tensors['self_attn.o_proj']),
    },
  };
}

/** Projection, head norm where the family has it, and RoPE: [n, D] → [B·heads, T, headDim]. */
function projectHeads(
  context: AttentionContext,
  normed: Tensor,
  projection: UnitTensors,
  headNorm: UnitTensors | undefined,
  heads: number,
  rope: RopeTensors,
): { heads: Tensor; input?: Tensor } {
  const { engine, config } = context;
  const projected = linear(engine, normed, projection);
  if (headNorm === undefined) {
    return { heads: applyRope(engine, splitHeads(context, projected, heads), rope) };
  }
  const rows = engine.reshape(projected, [context.batch * context.length * heads, config.headDim]);
  const scaled = rmsNorm(engine, rows, headNorm.weight, config.rmsNormEps);
  return { heads: applyRope(engine, splitHeads(context, scaled, heads), rope), input: rows };
}

/** The reverse of {@link projectHeads} up to the projection: [B·heads, T, headDim] → [n, heads·headDim]. */
function headsBackward(
  context: AttentionContext,
  gradient: Tensor,
  heads: number,
  rope: RopeTensors,
  headNorm: UnitTensors | undefined,
  headInput: Tensor | undefined,
  wantGradients: boolean,
): { projected: Tensor; norm?: Tensor } {
  const { engine, config } = context;
  const merged = mergeHeads(context, applyRopeBackward(engine, gradient, rope), heads);
  if (headNorm === undefined || headInput === undefined) {
    return { projected: merged };
  }
  const rows = engine.reshape(merged, headInput.shape);
  const { input, weight } = rmsNormBackward(
    engine,
    rows,
    headInput,
    headNorm.weight,
    config.rmsNormEps,
    wantGradients,
  );
  const projected = engine.reshape(input, merged.shape);
  return weight ? { projected, norm: weight } : { projected };
}

/** [B·H, T, headDim] → [B·K, G·T, headDim]: the same memory, each group's queries in one matrix. */
function groupQueries(context: AttentionContext, heads: Tensor): Tensor {
  const { engine, batch, length, config } = context;
  const groups = config.numAttentionHeads / config.numKeyValueHeads;
  return engine.reshape(heads, [batch * config.numKeyValueHeads, groups * length, config.headDim]);
}

function ungroupQueries(context: AttentionContext, grouped: Tensor): Tensor {
  const { engine, batch, length, config } = context;
  return engine.reshape(grouped, [batch * config.numAttentionHeads, length, config.headDim]);
}
