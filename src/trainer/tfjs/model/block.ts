import type { Tensor } from '../engine/tensor';
import type { AttentionInputs } from '../engine/fusedKernels';
import { attention } from './attention';
import type { AttentionContext, AttentionLayer, AttentionSaved } from './attentionContext';
import { gatedUnit, gatedUnitBackward } from './gatedUnit';
import { headsBackward, projectHeads, type HeadInputs } from './heads';
import { addition, additionBackward, inputBackward, layerNormWeight, normed, normsOf } from './layerNorm';
import { addRmsNorm, linear, linearGradients, linearInputGradient, residual } from './primitives';
import type { LayerGradients, LayerTensors } from './weights';

/**
 * What the backward pass of one layer needs. Everything else is cheap to compute again from these.
 * Rows are positions: n = B·T.
 */
export interface BlockSaved {
  /** [n, D]: the layer's input. */
  readonly input: Tensor;
  /** [n, D]: after attention's residual. */
  readonly middle: Tensor;
  /** What the norms of queries and keys were given; only where a family has them. */
  readonly headInputs?: HeadInputs;
  readonly attention: AttentionSaved;
  /** [n, H·headDim]: attention's output before o_proj. */
  readonly attended: Tensor;
  /** [n, F] */
  readonly gate: Tensor;
  readonly up: Tensor;
  /** [n, D]: what the norms after the sublayers were given; only where a family has them. */
  readonly attentionOutput?: Tensor;
  readonly mlpOutput?: Tensor;
}

export interface Block extends AttentionLayer {
  readonly tensors: LayerTensors;
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
  const norms = normsOf(context);
  return engine.tidy(() => {
    const { headInputs, ...inputs } = engine.tidy(() => attentionInputs(context, block, input));
    const { attended, saved: attentionSaved } = attention(context, inputs, block);
    const { middle, gate, up, attentionOutput } = engine.tidy(() => {
      const projected = linear(engine, attended, tensors['self_attn.o_proj']);
      const { sum, read } = afterAttention(context, tensors, input, projected);
      return {
        middle: sum,
        gate: linear(engine, read, tensors['mlp.gate_proj']),
        up: linear(engine, read, tensors['mlp.up_proj']),
        ...(norms.attentionOutput ? { attentionOutput: projected } : {}),
      };
    });
    const { output, mlpOutput } = engine.tidy(() => {
      const projected = linear(
        engine,
        gatedUnit(engine, config.activation, gate, up),
        tensors['mlp.down_proj'],
      );
      return {
        output: residual(engine, middle, addition(context, tensors, norms.mlpOutput, projected)),
        ...(norms.mlpOutput ? { mlpOutput: projected } : {}),
      };
    });
    const saved: BlockSaved = {
      ...{ input, middle, attention: attentionSaved, attended, gate, up },
      ...(headInputs ? { headInputs } : {}),
      ...(attentionOutput ? { attentionOutput } : {}),
      ...(mlpOutput ? { mlpOutput } : {}),
    };
    return { output, saved };
  });
}

/** The residual stream after attention, and what the MLP reads of it. */
function afterAttention(
  context: AttentionContext,
  tensors: LayerTensors,
  input: Tensor,
  projected: Tensor,
): { sum: Tensor; read: Tensor } {
  const { engine, config } = context;
  const norms = normsOf(context);
  const delta = addition(context, tensors, norms.attentionOutput, projected);
  const weight = layerNormWeight(context, tensors, norms.mlpInput);
  if (weight === undefined) {
    const sum = residual(engine, input, delta);
    return { sum, read: sum };
  }
  const { sum, normed: read } = addRmsNorm(engine, input, delta, weight, config.rmsNormEps);
  return { sum, read };
}

/** What the projections make of a layer's input, [n, heads·headDim] each, and the head norms' own inputs. */
function attentionInputs(
  context: AttentionContext,
  { tensors, rope }: Block,
  input: Tensor,
): AttentionInputs & Pick<BlockSaved, 'headInputs'> {
  const { engine } = context;
  const read = normed(context, tensors, normsOf(context).attentionInput, input);
  const project = (name: 'q' | 'k'): ReturnType<typeof projectHeads> =>
    projectHeads(context, rope, read, tensors[`self_attn.${name}_proj`], tensors[`self_attn.${name}_norm`]);
  const q = project('q');
  const k = project('k');
  const values = linear(engine, read, tensors['self_attn.v_proj']);
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
    saved.attentionOutput,
    saved.mlpOutput,
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

type MlpProjections = 'mlp.gate_proj' | 'mlp.up_proj' | 'mlp.down_proj';
type AttentionProjections = 'self_attn.q_proj' | 'self_attn.k_proj' | 'self_attn.v_proj' | 'self_attn.o_proj';
type Gradients<Projections extends keyof LayerGradients> = Pick<LayerGradients, Projections> &
  Partial<LayerGradients>;

function mlpBackward(
  context: AttentionContext,
  { tensors }: Block,
  saved: BlockSaved,
  gradient: Tensor,
  wantGradients: boolean,
): { input: Tensor; gradients?: Gradients<MlpProjections> } {
  const { engine, config } = context;
  const { middle, gate, up } = saved;
  const norms = normsOf(context);
  const after = additionBackward(context, tensors, norms.mlpOutput, saved.mlpOutput, gradient, wantGradients);
  const activated = engine.tidy(() => {
    const downGradient = linearInputGradient(engine, after.output, tensors['mlp.down_proj']);
    return gatedUnitBackward(engine, config.activation, downGradient, gate, up, wantGradients);
  });
  const before = engine.tidy(() =>
    inputBackward(
      context,
      tensors,
      norms.mlpInput,
      middle,
      [
        linearInputGradient(engine, activated.gate, tensors['mlp.gate_proj']),
        linearInputGradient(engine, activated.up, tensors['mlp.up_proj']),
      ],
      gradient,
      wantGradients,
    ),
  );
  const { input } = before;
  if (!activated.product) {
    return { input };
  }
  const read = normed(context, tensors, norms.mlpInput, middle);
  return {
    input,
    gradients: {
      ...before.gradients,
      'mlp.gate_proj': linearGradients(engine, activated.gate, read, tensors['mlp.gate_proj']),
      'mlp.up_proj': linearGradients(engine, activated.up, read, tensors['mlp.up_proj']),
      'mlp.down_proj': linearGradients(engine, after.output, activated.product, tensors['mlp.down_proj']),
      ...after.gradients,
    },
  };
}

function attentionBackward(
  context: AttentionContext,
  { tensors, rope }: Block,
  saved: BlockSaved,
  gradient: Tensor,
  wantGradients: boolean,
): { input: Tensor; gradients?: Gradients<AttentionProjections> } {
  const { engine } = context;
  const norms = normsOf(context);
  const after = additionBackward(
    context,
    tensors,
    norms.attentionOutput,
    saved.attentionOutput,
    gradient,
    wantGradients,
  );
  const heads = engine.tidy(() =>
    saved.attention.backward(
      saved.attended,
      linearInputGradient(engine, after.output, tensors['self_attn.o_proj']),
    ),
  );
  const { headInputs } = saved;
  const back = (name: 'q' | 'k', own: Tensor, input: Tensor | undefined): ReturnType<typeof headsBackward> =>
    headsBackward(context, rope, own, tensors[`self_attn.${name}_norm`], input, wantGradients);
  const q = back('q', heads.queries, headInputs?.queries);
  const k = back('k', heads.keys, headInputs?.keys);
  const before = engine.tidy(() =>
    inputBackward(
      context,
      tensors,
      norms.attentionInput,
      saved.input,
      [
        linearInputGradient(engine, q.projected, tensors['self_attn.q_proj']),
        linearInputGradient(engine, k.projected, tensors['self_attn.k_proj']),
        linearInputGradient(engine, heads.values, tensors['self_attn.v_proj']),
      ],
      gradient,
      wantGradients,
    ),
  );
  const { input } = before;
  if (!wantGradients) {
    return { input };
  }
  const read = normed(context, tensors, norms.attentionInput, saved.input);
  return {
    input,
    gradients: {
      ...before.gradients,
      'self_attn.q_proj': linearGradients(engine, q.projected, read, tensors['self_attn.q_proj']),
      'self_attn.k_proj': linearGradients(engine, k.projected, read, tensors['self_attn.k_proj']),
      'self_attn.v_proj': linearGradients(engine, heads.values, read, tensors['self_attn.v_proj']),
      ...(q.norm && k.norm
        ? { 'self_attn.q_norm': { weight: q.norm }, 'self_attn.k_norm': { weight: k.norm } }
        : {}),
      'self_attn.o_proj': linearGradients(engine, after.output, saved.attended, tensors['self_attn.o_proj']),
      ...after.gradients,
    },
  };
}
