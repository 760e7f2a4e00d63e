import { existsSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import { parseWith } from '../../shared/common/parse';
import { textPart } from '../../shared/model/textPart';
import { readJsonObject } from '../data/tokenizer/tokenizerFile';

const id = v.pipe(v.number(), v.integer(), v.minValue(0));
const Ends = v.looseObject({ eos_token_id: v.nullish(v.union([id, v.array(id)])) });

/**
 * Tokens that end an answer: "eos_token_id" of generation_config.json, failing that of config.json (transformers'
 * GenerationConfig.from_pretrained), failing that the tokenizer's EOS.
 * @throws AdeptError (input) that names the file.
 */
export function readStopTokens(folder: string, eosId: number | undefined): ReadonlySet<number> {
  for (const name of ['generation_config.json', 'config.json']) {
    const file = join(folder, name);
    if (!existsSync(file)) {
      continue;
    }
    const said = readJsonObject(file, 'the settings of a model');
    const ends =
      parseWith(Ends, said, file).eos_token_id ?? parseWith(Ends, textPart(said), file).eos_token_id;
    if (ends !== undefined && ends !== null) {
      return new Set([ends].flat());
    }
  }
  return new Set(eosId === undefined ? [] : [eosId]);
}
