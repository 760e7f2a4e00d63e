import { createHash } from 'node:crypto';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import { parseWith } from '../../shared/common/parse';
import { readJson } from '../files/jsonFile';

const Tokens = v.object({ bos_token_id: v.optional(v.unknown()), eos_token_id: v.optional(v.unknown()) });
const FILES = ['tokenizer.json', 'tokenizer_config.json', 'special_tokens_map.json', 'chat_template.jinja'];

/**
 * Equal for two model folders whose tokenizers give the same ids, such as a model and its expansion; unequal whenever a file
 * that a tokenizer is read from is another. Needs none of the files to be there.
 */
export function tokenizerIdentity(folder: string): string {
  const hash = createHash('sha256');
  for (const name of FILES) {
    const file = join(folder, name);
    hash.update(`\n${name}\n`).update(existsSync(file) ? readFileSync(file) : '');
  }
  const config = join(folder, 'config.json');
  const { bos_token_id, eos_token_id } = existsSync(config)
    ? parseWith(Tokens, readJson(config), config)
    : {};
  return hash.update(JSON.stringify([bos_token_id, eos_token_id])).digest('hex');
}

/** What {@link tokenizerIdentity} said of a folder, by the sizes and times of its files then. */
const known = new Map<string, { readonly stamp: string; readonly identity: string }>();

/** As {@link tokenizerIdentity}, reading files only where they have changed. */
export function knownTokenizerIdentity(folder: string): string {
  const stamp = JSON.stringify(
    [...FILES, 'config.json'].map((name) => {
      const facts = statSync(join(folder, name), { throwIfNoEntry: false });
      return facts === undefined ? null : [facts.size, facts.mtimeMs];
    }),
  );
  const before = known.get(folder);
  if (before?.stamp === stamp) {
    return before.identity;
  }
  const identity = tokenizerIdentity(folder);
  known.set(folder, { stamp, identity });
  return identity;
}
