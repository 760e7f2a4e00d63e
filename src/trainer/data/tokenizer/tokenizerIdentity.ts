import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readJsonObject } from './tokenizerFile';

const FILES = ['tokenizer.json', 'tokenizer_config.json', 'special_tokens_map.json', 'chat_template.jinja'];

/**
 * Equal for two model folders whose tokenizers give the same ids, such as a model and its expansion; unequal whenever a file
 * that {@link openTokenizer} reads is another. Needs none of the files to be there.
 */
export function tokenizerIdentity(folder: string): string {
  const hash = createHash('sha256');
  for (const name of FILES) {
    const file = join(folder, name);
    hash.update(`\n${name}\n`).update(existsSync(file) ? readFileSync(file) : '');
  }
  const config = join(folder, 'config.json');
  const { bos_token_id, eos_token_id } = existsSync(config) ? readJsonObject(config, 'a model') : {};
  return hash.update(JSON.stringify([bos_token_id, eos_token_id])).digest('hex');
}
