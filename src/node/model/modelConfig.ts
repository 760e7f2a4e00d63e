import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import { AdeptError, inputError, messageOf } from '../../shared/common/errors';
import { jsonWithNumbersOf } from '../../shared/common/jsonNumbers';
import { autoEngine } from '../engines/autoEngine';
import { writeFileAtomic } from '../files/atomicFile';
import { readError } from '../files/fileError';
import type { EngineChoice } from '../../shared/config/runConfig';
import { readsText } from '../../shared/model/architecture';
import { parseModelConfig, type ModelConfig } from '../../shared/model/config';
import { parseModelOutline, type ModelOutline } from '../../shared/model/outline';
import { readStoredTensors } from './storedTensors';

/**
 * Reads and checks config.json of a Hugging Face folder whose model the engines native and wasm compute.
 * @throws AdeptError (input) that names the file and the key.
 */
export function readModelConfig(folder: string): ModelConfig {
  const file = join(folder, 'config.json');
  return parseModelConfig(readJsonObject(file), file);
}

/**
 * Reads of config.json what is the same for every family.
 * @throws AdeptError (input) that names the file and the key.
 */
export function readModelOutline(folder: string): ModelOutline {
  const file = join(folder, 'config.json');
  return parseModelOutline(readJsonObject(file), file, () => storedVocabulary(folder));
}

/** config.json as it is; empty where it cannot be read, which whoever reads the configuration reports. */
export function readRawConfig(folder: string): Readonly<Record<string, unknown>> {
  try {
    return readJsonObject(join(folder, 'config.json'));
  } catch (error) {
    if (error instanceof AdeptError && error.kind === 'input') {
      return {};
    }
    throw error;
  }
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

function readJsonObject(file: string): Record<string, unknown> {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw readError(file, "a Hugging Face model folder's config.json", error);
  }
  try {
    return v.parse(v.record(v.string(), v.unknown()), JSON.parse(text));
  } catch (error) {
    throw inputError(
      `${file} is not a JSON object (${messageOf(error)}): download it again or correct it.`,
      error,
    );
  }
}
