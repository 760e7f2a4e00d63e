import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { inputError, messageOf } from '../../shared/common/errors';
import { isDerivedBuffer, OUTER_TENSORS } from '../../shared/model/architecture';
import { isReadElsewhere } from '../../shared/model/unreadTensors';
import { readError } from '../files/fileError';
import { lfsError } from '../files/lfsPointer';
import { missingWeights } from './missingWeights';
import { duplicateKey } from '../../shared/model/jsonKeys';
import type { TensorEntry } from '../../shared/model/safetensorsHeader';

const SINGLE = 'model.safetensors';
const INDEX = 'model.safetensors.index.json';
const WEIGHTS = /^model(-.*)?\.safetensors$/;

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
  // What is a link that leads nowhere is not there; where it is needed, reading it says so.
  const isThere = (name: string): boolean => existsSync(join(folder, name));
  const present = names.filter((name) => WEIGHTS.test(name) && (name === SINGLE || isThere(name))).sort();
  const isSharded = names.includes(INDEX) && (isThere(INDEX) || !isThere(SINGLE));
  const index = isSharded ? readIndex(folder) : undefined;
  const files = index === undefined ? [join(folder, SINGLE)] : [...new Set(index.shardOf.values())].sort();
  if (index === undefined && !present.includes(SINGLE)) {
    throw missingWeights(folder, names, { single: SINGLE, index: INDEX, shards: present });
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

/**
 * @throws AdeptError (input) unless the shards hold exactly what the index says, each tensor where it says. What a model may go
 * without it may list in vain: a projection that is the embedding, a buffer, another task's head.
 */
export function checkAgainstIndex(
  index: ShardIndex,
  entries: ReadonlyMap<string, TensorEntry>,
  refetch = 'download the model again.',
): void {
  for (const [name, shard] of index.shardOf) {
    const found = entries.get(name)?.file;
    if (found !== shard && (found !== undefined || !isDispensable(name))) {
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

function isDispensable(name: string): boolean {
  return (
    name === OUTER_TENSORS.head ||
    name.endsWith(`.${OUTER_TENSORS.head}`) ||
    isDerivedBuffer(name) ||
    isReadElsewhere(name)
  );
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
    throw (
      lfsError(file, text, 'the index', error) ??
      inputError(`${file}: is not JSON (${messageOf(error)}): download it again.`, error)
    );
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
