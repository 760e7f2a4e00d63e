import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import { inputError, messageOf } from '../../shared/common/errors';
import { readError } from '../files/fileError';
import { parseModelConfig, type ModelConfig } from '../../shared/model/config';

/**
 * Reads and checks config.json of a Hugging Face folder.
 * @throws AdeptError (input) that names the file and the key.
 */
export function readModelConfig(folder: string): ModelConfig {
  const file = join(folder, 'config.json');
  return parseModelConfig(readJsonObject(file), file);
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
