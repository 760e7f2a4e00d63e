import type { ExportDtype } from '../../../shared/config/runConfig';
import {
  isBalancingBias,
  isDerivedBuffer,
  parseLayerTensorName,
  renumberedTensor,
} from '../../../shared/model/architecture';
import { floatTypeOf, STORED_AS, widest, FLOAT_TYPES, type FloatType } from '../../../shared/model/floatType';
import { isBeyondLayers, type ModelOutline } from '../../../shared/model/outline';
import { textPart } from '../../../shared/model/textPart';
import { storedUnits } from '../../../shared/model/storedUnits';
import { isTiedTo, readTensors } from '../../checkpoint/modelTensors';
import { convertedSource, Rounding } from '../../safetensors/convertedSource';
import type { TensorStore } from '../../safetensors/safetensors';
import { storedSource, type TensorSource } from '../../safetensors/safetensorsWriter';

/** What an export is made of. */
export interface ExportPlan {
  readonly config: ModelOutline;
  /** The model that was tuned, and what a checkpoint holds of it. */
  readonly base: TensorStore;
  readonly delta: TensorStore;
  /** Layers of the tuned model, in order: what the exported one consists of. */
  readonly kept: readonly number[];
  /** Those that were added, and their strength. */
  readonly added: readonly number[];
  readonly alpha: number;
  readonly dtype: ExportDtype;
  /** Opens errors about the type. */
  readonly dtypeLabel: string;
}

export interface ExportedWeights {
  readonly sources: readonly TensorSource[];
  /** Tensors of the checkpoint, and those of the tuned model. */
  readonly trained: number;
  readonly frozen: number;
  /** What config.json has to say of the files. */
  readonly type: FloatType;
  /** Counts as the tensors are written. */
  readonly rounding: Rounding;
}

/** The tensors of an export, as they will be written. */
export function exportedWeights(plan: ExportPlan): ExportedWeights {
  const { config, base, delta, kept } = plan;
  // A projection that is saved again beside the embedding it is tied to would contradict a trained embedding.
  const names = [...base.entries.keys()].filter(
    (name) => !isTiedTo(config, name) && keptName(config, name, kept) !== undefined,
  );
  const rounding = new Rounding();
  const scaled = outputTensors(plan);
  const sources = names.map((name) => ({
    ...exportedTensor(plan, name, scaled.get(name), rounding),
    name: keptName(config, name, kept) ?? name,
  }));
  const trained = names.filter((name) => delta.entries.has(name)).length;
  return { sources, trained, frozen: names.length - trained, type: typeOf(plan, sources), rounding };
}

/** A tensor's name in a model that consists of these layers; undefined where its layer is none of them. */
export function keptName(config: ModelOutline, name: string, kept: readonly number[]): string | undefined {
  const layered = parseLayerTensorName(name);
  if (layered === undefined) {
    return name;
  }
  if (isBeyondLayers(config, layered.layer)) {
    return renumberedTensor(name, layered.layer - config.numHiddenLayers + kept.length);
  }
  const layer = kept.indexOf(layered.layer);
  return layer < 0 ? undefined : renumberedTensor(name, layer);
}

/** The keys by which config.json tells the type of its weights: that of today, and that of transformers 4. */
const TYPE_KEYS = ['dtype', 'torch_dtype'];

/** A config.json that says what its weights are stored in, in the source's own spelling, which every version reads where there is none. */
export function withFloatType(
  raw: Readonly<Record<string, unknown>>,
  type: FloatType,
): Record<string, unknown> {
  const own = TYPE_KEYS.filter((key) => key in raw);
  const text = textPart(raw);
  const said = (keys: readonly string[]): Record<string, unknown> =>
    Object.fromEntries(keys.map((key) => [key, type]));
  return {
    ...raw,
    ...said(own.length === 0 ? ['torch_dtype'] : own),
    ...(text === raw ? {} : { text_config: { ...text, ...said(TYPE_KEYS.filter((key) => key in text)) } }),
  };
}

/**
 * One type for a file of one. Where a source has several, such as norms in float32 beside matrices in bfloat16, programs load all
 * in the one that config.json names: what was trained is not to be rounded by that, and what is frozen is as in the source.
 */
function typeOf(plan: ExportPlan, sources: readonly TensorSource[]): FloatType {
  const { delta, config, kept } = plan;
  const trained = new Set([...delta.entries.keys()].map((name) => keptName(config, name, kept)));
  const weights = sources.flatMap(({ name, dtype }) => {
    const type = isConverted(name) ? floatTypeOf(dtype) : undefined;
    return type === undefined ? [] : [{ name, type }];
  });
  const types = new Set(weights.map(({ type }) => type));
  const [only = 'float32'] = types;
  if (types.size <= 1) {
    return only;
  }
  const declared = declaredType(config.raw);
  const ofTrained = weights.filter(({ name }) => trained.has(name)).map(({ type }) => type);
  return widest(declared === undefined ? types : [declared, ...ofTrained]) ?? only;
}

function declaredType(raw: Readonly<Record<string, unknown>>): FloatType | undefined {
  const said = [raw, textPart(raw)].flatMap((part) => TYPE_KEYS.map((key) => part[key]));
  return FLOAT_TYPES.find((type) => said.includes(type));
}

/** What no weight is computed with keeps the type that its class asks for. */
function isConverted(name: string): boolean {
  return !isDerivedBuffer(name) && !isBalancingBias(name);
}

function exportedTensor(
  { base, delta, dtype, dtypeLabel: label }: ExportPlan,
  name: string,
  scale: ((value: number) => number) | undefined,
  rounding: Rounding,
): TensorSource {
  const own = base.entry(name).dtype;
  const isFloat = floatTypeOf(own) !== undefined && isConverted(name);
  const stored = dtype !== 'auto' && isFloat ? STORED_AS[dtype] : own;
  const from = delta.entries.has(name) ? delta : base;
  if (stored !== 'F32' && stored !== 'BF16' && stored !== 'F16') {
    return storedSource(from, name);
  }
  return convertedSource(from, name, { dtype: stored, scale, rounding, label });
}

/**
 * What α makes of the tensors through which the added layers write into the residual stream: zero + α·(value − zero), where at
 * `zero` a tensor writes nothing. None at α = 1.
 */
function outputTensors({ config, base, added, alpha }: ExportPlan): Map<string, (value: number) => number> {
  if (alpha === 1) {
    return new Map();
  }
  const units = storedUnits(config, readTensors(config, base));
  const outputs = added.flatMap((layer) => units[layer] ?? []).filter(({ output }) => output);
  return new Map(
    outputs.flatMap(({ zero, tensors }) =>
      tensors.map(({ name }) => {
        const from = name.endsWith('.weight') ? zero : 0;
        return [name, (value: number) => from + alpha * (value - from)] as const;
      }),
    ),
  );
}
