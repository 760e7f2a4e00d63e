import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { inputError, messageOf } from '../../shared/common/errors';
import { readError } from '../files/fileError';
import { duplicateKey } from '../../shared/model/jsonKeys';
import type { TensorEntry } from '../../shared/model/safetensorsHeader';

const SINGLE = 'model.safetensors';
const INDEX = 'model.safetensors.index.json';
const WEIGHTS = /^model(-.*)?\.safetensors$/;
const FOREIGN = /^(pytorch_model.*\.bin|.*\.(gguf|ggml|pth|pt|ckpt|h5|msgpack))$/;

/** Which files hold the weights of a Hugging Face folder, and which tensor each of them should hold. */
export interface WeightFiles {
  readonly files: readonly string[];
  readonly index?: ShardIndex;
}

export interface ShardIndex {
  readonly file: string;
  /** Tensor name → path of the shard that holds it. */
  readonly shardOf: ReadonlyMap<string, string>;
}

/**
 * Finds the weights of a Hugging Face folder: model.safetensors, or the shards of model.safetensors.index.json.
 * @throws AdeptError (input) where they are missing, in another format, or not exactly those that the index lists.
 */
export function findWeights(folder: string): WeightFiles {
  let names: string[];
  try {
    names = readdirSync(folder);
  } catch (error) {
    throw readError(folder, 'a model folder (with config.json and model.safetensors)', error);
  }
  const present = names.filter((name) => WEIGHTS.test(name)).sort();
  const index = names.includes(INDEX) ? readIndex(folder) : undefined;
  const files = index === undefined ? [join(folder, SINGLE)] : [...new Set(index.shardOf.values())].sort();
  if (index === undefined && !present.includes(SINGLE)) {
    throw missingWeights(folder, names, present);
  }
  for (const name of present) {
    if (!files.includes(join(folder, name))) {
      throw inputError(
        index === undefined
          ? `${join(folder, name)}: lies beside ${SINGLE} and no ${INDEX} says what it is: remove one or the other.`
          : `${index.file}: does not list the shard ${name} that lies beside it: remove it or fetch the right index.`,
      );
    }
  }
  return index === undefined ? { files } : { files, index };
}

/** @throws AdeptError (input) unless the shards hold exactly what the index says, each tensor where it says. */
export function checkAgainstIndex(
  index: ShardIndex,
  entries: ReadonlyMap<string, TensorEntry>,
  refetch = 'download the model again.',
): void {
  for (const [name, shard] of index.shardOf) {
    const found = entries.get(name)?.file;
    if (found !== shard) {
      const instead = found === undefined ? '' : ` (${basename(found)} holds it)`;
      throw inputError(
        `${index.file}: lists tensor "${name}" in ${basename(shard)}, which lacks it${instead}: ${refetch}`,
      );
    }
  }
  for (const { name, file } of entries.values()) {
    if (!index.shardOf.has(name)) {
      throw inputError(`${file}: holds tensor "${name}", which ${INDEX} does not list: ${refetch}`);
    }
  }
}

function readIndex(folder: string): ShardIndex {
  const file = join(folder, INDEX);
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw readError(file, 'a shard index', error);
  }
  const shardOf = new Map<string, string>();
  for (const [name, shard] of Object.entries(parseWeightMap(text, file))) {
    if (
      typeof shard !== 'string' ||
      basename(shard) !== shard ||
      /[\\/]/.test(shard) ||
      !shard.endsWith('.safetensors')
    ) {
      throw inputError(
        `${file}: "weight_map" gives ${JSON.stringify(shard)} for tensor "${name}", not the plain name of a .safetensors file in this folder: correct it.`,
      );
    }
    shardOf.set(name, join(folder, shard));
  }
  for (const shard of new Set(shardOf.values())) {
    if (!existsSync(shard)) {
      throw inputError(
        `${file}: the shard ${basename(shard)} that it names is missing: download that file as well.`,
      );
    }
  }
  return { file, shardOf };
}

function parseWeightMap(text: string, file: string): object {
  let index: unknown;
  try {
    index = JSON.parse(text);
  } catch (error) {
    throw inputError(`${file}: is not JSON (${messageOf(error)}): download it again.`, error);
  }
  const map: unknown =
    typeof index === 'object' && index !== null && 'weight_map' in index ? index.weight_map : undefined;
  if (typeof map !== 'object' || map === null || Array.isArray(map) || Object.keys(map).length === 0) {
    throw inputError(`${file}: "weight_map" is not a map of tensor names to shard files: download it again.`);
  }
  const twice = duplicateKey(text);
  if (twice !== undefined) {
    throw inputError(`${file}: names "${twice}" twice: download it again.`);
  }
  return map;
}

function missingWeights(folder: string, names: readonly string[], shards: readonly string[]): Error {
  if (shards.length > 0) {
    return inputError(
      `${folder}: holds ${shards[0] ?? 'shards'} but no ${INDEX}: download the index file as well.`,
    );
  }
  const foreign = names.find((name) => FOREIGN.test(name));
  if (foreign !== undefined) {
    return inputError(
      `${folder}: holds no ${SINGLE}, only ${foreign}: convert the model to safetensors (transformers: from_pretrained, then save_pretrained).`,
    );
  }
  const other = names.find((name) => name.endsWith('.safetensors'));
  if (other !== undefined) {
    return inputError(
      `${folder}: holds ${other} but no ${SINGLE}: if that is the model, rename it to ${SINGLE}.`,
    );
  }
  return inputError(`${folder}: holds no ${SINGLE}: give a Hugging Face model folder.`);
}
