import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import { AdeptError, inputError, messageOf } from '../../shared/common/errors';
import { readError } from '../files/fileError';
import { lfsError } from '../files/lfsPointer';

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

/** A config.json as it is. @throws AdeptError (input) that names the file. */
export function readJsonObject(file: string): Record<string, unknown> {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw readError(file, "a Hugging Face model folder's config.json", error);
  }
  try {
    return v.parse(v.record(v.string(), v.unknown()), JSON.parse(text));
  } catch (error) {
    throw (
      lfsError(file, text, "a model's config.json", error) ??
      inputError(
        `${file} is not a JSON object (${messageOf(error)}): download it again or correct it.`,
        error,
      )
    );
  }
}
