import { OUTER_TENSORS, PLAIN_NAMES, type TensorNames } from './checkpointNames';
import type { ModelConfig } from './config';
import { FAMILIES, isFamily, type Family } from './families';
import { isBalancing, writesOutput } from './outputUnits';
import type { UnitName } from './unitNames';

export {
  layerTensorName,
  OUTER_TENSORS,
  outerTensors,
  PLAIN_NAMES,
  type TensorNames,
} from './checkpointNames';
export { UNIT_NAMES, type UnitName } from './unitNames';

/*
 * This file is the one description of what a decoder layer is made of: which tensors form which unit (ADEPT's groups of
 * parameters), which units write into the residual stream, and when a unit or a bias exists. What sets a family apart is in
 * families.ts.
 * Shape letters used throughout: B batch, T tokens, D hidden, H heads, K KV heads, F MLP, V vocabulary.
 */

export type UnitKind = 'projection' | 'norm';
export type Part = 'weight' | 'bias';

export interface UnitSpec {
  readonly name: UnitName;
  readonly kind: UnitKind;
  /** Whether the unit writes into the residual stream: zero it, and its layer computes the identity. */
  readonly output: boolean;
  /** Shape of `weight`: [out, in] of a projection, [size] of a norm. */
  readonly shape: readonly number[];
  readonly bias: boolean;
}

export interface TensorSpec {
  readonly unit: UnitName;
  readonly part: Part;
  readonly shape: readonly number[];
}

/** What the units of a layer follow from. */
type LayerShape = Pick<
  ModelConfig,
  | 'family'
  | 'hiddenSize'
  | 'intermediateSize'
  | 'headDim'
  | 'numAttentionHeads'
  | 'numKeyValueHeads'
  | 'attentionBias'
  | 'mlpBias'
>;

/** Name and kind of the units that every model of a family has, in the order of the computation. */
export function unitKindsOf(family: Family): readonly Pick<UnitSpec, 'name' | 'kind'>[] {
  const sizes = { hiddenSize: 1, intermediateSize: 1, headDim: 1, numAttentionHeads: 1, numKeyValueHeads: 1 };
  const units = unitsOf({ family, ...sizes, attentionBias: false, mlpBias: false });
  return units.map(({ name, kind }) => ({ name, kind }));
}

/** What kind of unit a name stands for: by the table, of other families by the name. */
export function unitKindOf(name: string): UnitKind {
  return KINDS.get(name) ?? (/norm[^.]*$/.test(name) ? 'norm' : 'projection');
}

/** The units of every layer of this model, in the order of the computation. */
export function unitsOf(config: LayerShape): readonly UnitSpec[] {
  const { hiddenSize: d, intermediateSize: f, headDim, family } = config;
  const queries = config.numAttentionHeads * headDim;
  const keys = config.numKeyValueHeads * headDim;
  const traits = FAMILIES[family];
  const qkvBias = traits.attentionBias === 'qkv' || config.attentionBias;
  const unit = (name: UnitName, kind: UnitKind, shape: readonly number[], bias = false): UnitSpec => ({
    ...{ name, kind, shape, bias },
    output: writesOutput(family, name),
  });
  const norm = (name: UnitName | undefined, size = d): UnitSpec[] =>
    name === undefined ? [] : [unit(name, 'norm', [size])];
  const projection = (name: UnitName, shape: readonly number[], bias: boolean): UnitSpec =>
    unit(name, 'projection', shape, bias);
  const whole = traits.queryKeyNorms === 'whole';
  return [
    ...norm(traits.norms.attentionInput),
    projection('self_attn.q_proj', [queries, d], qkvBias),
    projection('self_attn.k_proj', [keys, d], qkvBias),
    projection('self_attn.v_proj', [keys, d], qkvBias),
    ...(traits.queryKeyNorms === 'none'
      ? []
      : [
          ...norm('self_attn.q_norm', whole ? queries : headDim),
          ...norm('self_attn.k_norm', whole ? keys : headDim),
        ]),
    projection(
      'self_attn.o_proj',
      [d, queries],
      config.attentionBias && traits.attentionBias !== 'qkvConfig',
    ),
    ...norm(traits.norms.attentionOutput),
    ...norm(traits.norms.mlpInput),
    projection('mlp.gate_proj', [f, d], config.mlpBias),
    projection('mlp.up_proj', [f, d], config.mlpBias),
    projection('mlp.down_proj', [d, f], config.mlpBias),
    ...norm(traits.norms.mlpOutput),
  ];
}

/** The tensors of one unit. */
export function tensorsOfUnit(unit: UnitSpec): readonly TensorSpec[] {
  const weight: TensorSpec = { unit: unit.name, part: 'weight', shape: unit.shape };
  return unit.bias ? [weight, { unit: unit.name, part: 'bias', shape: unit.shape.slice(0, 1) }] : [weight];
}

/**
 * The names in a checkpoint of several kinds of input, whose decoder lies among other parts: `language_model.model.` as the Hub
 * has it, `model.language_model.` as transformers 5 saves it.
 */
export function tensorNamesIn(stored: Iterable<string>): TensorNames {
  for (const name of stored) {
    if (readsText(name) && name.endsWith('embed_tokens.weight')) {
      const decoder = name.slice(0, -'embed_tokens.weight'.length);
      const above = decoder.endsWith('.model.') ? decoder.slice(0, -'model.'.length) : '';
      return { decoder, head: `${above}${OUTER_TENSORS.head}` };
    }
  }
  return PLAIN_NAMES;
}

/** A layer's tensor by its name in the checkpoint. */
export interface LayerTensor {
  /** Up to the layer's number, for example `model.layers.`. */
  readonly prefix: string;
  readonly layer: number;
  /** Below the layer, for example `self_attn.q_proj.weight`. */
  readonly rest: string;
}

/**
 * Splits a checkpoint's name of any family; undefined for tensors outside the decoder's layers, also those of other layers
 * than the decoder's: {@link readsText}.
 */
export function parseLayerTensorName(name: string): LayerTensor | undefined {
  const match = /^((?:.*?\.)?(?:layers|h)\.)(\d+)\.(.+)$/.exec(name);
  const [, prefix, layer, rest] = match ?? [];
  return prefix === undefined || layer === undefined || rest === undefined || !readsText(prefix)
    ? undefined
    : { prefix, layer: Number(layer), rest };
}

/**
 * Whether a tensor is of the part that reads and writes text, not of one that reads images or sound, or that guesses several
 * tokens ahead, which transformers does not load.
 */
export function readsText(name: string): boolean {
  return !isOfOtherInput(name) && !/(^|\.)mtp[._]/.test(name);
}

/** Whether a tensor is of a part that reads images or sound. */
export function isOfOtherInput(name: string): boolean {
  return /vision|visual|audio|multi_modal_projector/.test(name);
}

/** The name of a tensor of a layer, when that layer gets another number; others keep theirs. */
export function renumberedTensor(name: string, layer: number): string {
  const parsed = parseLayerTensorName(name);
  return parsed === undefined ? name : `${parsed.prefix}${layer}.${parsed.rest}`;
}

/** Buffers that old checkpoints carry and every implementation recomputes. */
export function isDerivedBuffer(name: string): boolean {
  return /(^|\.)rotary_emb\.(inv_freq|cos_cached|sin_cached)$/.test(name);
}

/** A router's bias that balances its experts: set by their load, without a gradient, so that no optimizer trains it. */
export function isBalancingBias(name: string): boolean {
  return isBalancing(name);
}

/** Shapes [out, in] of a layer's matrices. */
export function layerMatrices(config: LayerShape): (readonly number[])[] {
  return unitsOf(config)
    .flatMap(tensorsOfUnit)
    .map(({ shape }) => shape)
    .filter(({ length }) => length === 2);
}

/** Number of parameters of a layer. */
export function parametersPerLayer(config: ModelConfig): number {
  return unitsOf(config)
    .flatMap(tensorsOfUnit)
    .reduce((sum, tensor) => sum + tensor.shape.reduce((a, b) => a * b, 1), 0);
}

/** Number of parameters of the model; tied embeddings count once. */
export function parameterCount(config: ModelConfig): number {
  const embedding = config.vocabSize * config.hiddenSize;
  const outer = embedding * (config.tieWordEmbeddings ? 1 : 2) + config.hiddenSize;
  return outer + config.numHiddenLayers * parametersPerLayer(config);
}

const KINDS: ReadonlyMap<string, UnitKind> = new Map(
  Object.keys(FAMILIES)
    .filter(isFamily)
    .flatMap(unitKindsOf)
    .map(({ name, kind }) => [name, kind]),
);
