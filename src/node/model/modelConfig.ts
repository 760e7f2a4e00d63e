import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { inputError } from '../../shared/common/errors';
import { jsonWithNumbersOf } from '../../shared/common/jsonNumbers';
import { autoEngine } from '../engines/autoEngine';
import { writeFileAtomic } from '../files/atomicFile';
import type { EngineChoice } from '../../shared/config/runConfig';
import { readsText, tensorNamesIn, type TensorNames } from '../../shared/model/architecture';
import { parseModelConfig, type ModelConfig } from '../../shared/model/config';
import { parseModelOutline, type ModelOutline } from '../../shared/model/outline';
import { GET_UNQUANTISED } from '../../shared/model/quantised';
import { readJsonObject } from './configFile';
import { readStoredTensors } from './storedTensors';

const ADAPTER = 'adapter_config.json';
const WEIGHTS = /^(pytorch_)?model.*\.(safetensors|bin)$/;

/**
 * Reads and checks config.json of a Hugging Face folder whose model the engines native and wasm compute.
 * @throws AdeptError (input) that names the file and the key.
 */
export function readModelConfig(folder: string): ModelConfig {
  const file = join(folder, 'config.json');
  return parseModelConfig(readConfigFile(folder, file), file, () => storedNames(folder));
}

/**
 * Reads of config.json what is the same for every family.
 * @throws AdeptError (input) that names the file and the key.
 */
export function readModelOutline(folder: string): ModelOutline {
  const file = join(folder, 'config.json');
  return parseModelOutline(
    readConfigFile(folder, file),
    file,
    () => storedVocabulary(folder),
    () => storedNames(folder),
  );
}

function storedNames(folder: string): TensorNames {
  return tensorNamesIn(readStoredTensors(folder).map(({ name }) => name));
}

/** The rows of the embedding among a folder's weights; undefined where none is called like one. */
function storedVocabulary(folder: string): number | undefined {
  return readStoredTensors(folder).find(({ name }) => readsText(name) && name.endsWith('embed_tokens.weight'))
    ?.shape[0];
}

/** Writes the config.json of a model that was made from another one, whose numbers keep their text: to transformers 30 is no float. */
export function writeModelConfig(from: string, to: string, config: Readonly<Record<string, unknown>>): void {
  const source = readFileSync(join(from, 'config.json'), 'utf8');
  writeFileAtomic(join(to, 'config.json'), `${jsonWithNumbersOf(source, config)}\n`);
}

/** Checks that an engine computes such a model, as far as config.json says. @throws AdeptError (input) that names the file and the key. */
export function requireComputable(folder: string, engine: EngineChoice): ModelOutline {
  const computes = engine === 'auto' ? autoEngine() : engine;
  return computes === 'torch' ? readModelOutline(folder) : readModelConfig(folder);
}

/** What config.json holds, unless what lies beside it or it says itself makes another model of it. */
function readConfigFile(folder: string, file: string): Record<string, unknown> {
  refuseAdapter(folder);
  const raw = readJsonObject(file);
  const key = ['quantization_config', 'compression_config'].find((name) => isFilled(raw[name]));
  if (key !== undefined) {
    throw inputError(
      storesPlainWeights(folder)
        ? `${file}: "${key}" has transformers quantise the weights while it loads them, and they are not quantised: remove it.`
        : `${file}: "${key}" says that the weights are quantised: ${GET_UNQUANTISED}`,
    );
  }
  return raw;
}

/** transformers with peft applies an adapter that lies beside the weights, or loads its base model where there are none. */
function refuseAdapter(folder: string): void {
  const file = join(folder, ADAPTER);
  if (existsSync(file)) {
    const whole = readdirSync(folder).some((name) => WEIGHTS.test(name));
    throw inputError(
      `${file}: ${whole ? 'an adapter lies beside the weights and would change what they compute' : 'this is an adapter, not a model'}: merge it ${whole ? '' : 'into its base model '}(peft: merge_and_unload, then save_pretrained into another folder)${whole ? ', or move its files away' : ''}.`,
    );
  }
}

function isFilled(value: unknown): boolean {
  return value !== undefined && value !== null && value !== false;
}

/** Whether the weights that lie there are in plain numbers; what is wrong with them otherwise is said where they are read. */
function storesPlainWeights(folder: string): boolean {
  try {
    return readStoredTensors(folder).length > 0;
  } catch {
    return false;
  }
}
