import * as v from 'valibot';
import fused from '../../../python/adept_torch/fused.json';
import { inputError } from '../common/errors';
import { parseLayerTensorName } from './architecture';
import { textPart } from './textPart';
import type { TensorEntry } from './safetensorsHeader';

/**
 * Projections that a family stores as one tensor, their rows one after the other: by what is stored the units that it is made of.
 * A unit is a slice here, as it is a tensor in other families, so that each has its own importance and learning rate.
 */
const FUSED: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = fused;

const size = v.pipe(v.number(), v.integer(), v.minValue(1));
const HeadSizes = v.looseObject({
  hidden_size: size,
  num_attention_heads: size,
  num_key_value_heads: v.nullish(size),
  head_dim: v.nullish(size),
});

/** What a folder's family stores as one, by module; empty for most. */
function fusedModules(raw: Readonly<Record<string, unknown>>): Readonly<Record<string, readonly string[]>> {
  const { model_type: family } = textPart(raw);
  return typeof family === 'string' && Object.hasOwn(FUSED, family) ? (FUSED[family] ?? {}) : {};
}

/**
 * The tensors of a folder with those that its family stores as one split into units.
 * @param raw config.json
 * @throws AdeptError (input) naming a tensor whose rows are not those of its units
 */
export function splitTensors(
  raw: Readonly<Record<string, unknown>>,
  tensors: readonly TensorEntry[],
): TensorEntry[] {
  const modules = fusedModules(raw);
  return Object.keys(modules).length === 0
    ? [...tensors]
    : tensors.flatMap((tensor) => splitTensor(raw, modules, tensor));
}

function splitTensor(
  raw: Readonly<Record<string, unknown>>,
  modules: Readonly<Record<string, readonly string[]>>,
  tensor: TensorEntry,
): TensorEntry[] {
  const named = partsOfName(tensor.name);
  const units = named && modules[named.module];
  if (named === undefined || units === undefined) {
    return [tensor];
  }
  const [rows = 0, ...rest] = tensor.shape;
  const sizes = rowsOf(raw, units, rows);
  if (sizes.reduce((sum, own) => sum + own, 0) !== rows || sizes.includes(0)) {
    throw inputError(
      `${tensor.file}: tensor "${tensor.name}" has ${rows} rows, config.json calls for ${sizes.join(' + ')}: correct the file that is wrong.`,
    );
  }
  const bytesPerRow = tensor.byteLength / rows;
  let row = 0;
  return units.map((unit, index) => {
    const own = sizes[index] ?? 0;
    const byteOffset = tensor.byteOffset + row * bytesPerRow;
    row += own;
    return {
      ...tensor,
      ...{ name: `${named.prefix}${unit}.${named.part}`, shape: [own, ...rest] },
      ...{ byteOffset, byteLength: own * bytesPerRow },
    };
  });
}

/** Rows of each unit of a stored tensor: those of queries, keys and values by their heads, otherwise as many each. */
function rowsOf(raw: Readonly<Record<string, unknown>>, units: readonly string[], rows: number): number[] {
  if (!units.includes('self_attn.k_proj')) {
    return units.map(() => Math.floor(rows / units.length));
  }
  const parsed = v.safeParse(HeadSizes, textPart(raw));
  if (!parsed.success) {
    return [0];
  }
  const { hidden_size, num_attention_heads: heads, num_key_value_heads, head_dim } = parsed.output;
  const headDim = head_dim ?? Math.floor(hidden_size / heads);
  const keys = (num_key_value_heads ?? heads) * headDim;
  return [heads * headDim, keys, keys];
}

/** The units of a stored tensor, and which of them a name stands for. */
export interface FusedSlice {
  /** The stored tensor's name. */
  readonly fused: string;
  readonly index: number;
  readonly count: number;
}

/** Where the tensor of a unit is stored; undefined where it is stored by its own name. */
export function fusedSliceOf(raw: Readonly<Record<string, unknown>>, name: string): FusedSlice | undefined {
  const named = partsOfName(name);
  if (named === undefined) {
    return undefined;
  }
  for (const [module, units] of Object.entries(fusedModules(raw))) {
    const index = units.indexOf(named.module);
    if (index >= 0) {
      return { fused: `${named.prefix}${module}.${named.part}`, index, count: units.length };
    }
  }
  return undefined;
}

function partsOfName(name: string): { prefix: string; module: string; part: string } | undefined {
  const parsed = parseLayerTensorName(name);
  const [, module, part] = /^(.+)\.([^.]+)$/.exec(parsed?.rest ?? '') ?? [];
  return parsed === undefined || module === undefined || part === undefined
    ? undefined
    : { prefix: `${parsed.prefix}${parsed.layer}.`, module, part };
}
