import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { isKnownKey, readKeys } from '../../src/shared/model/configKeys';
import { FAMILIES, type Family } from '../../src/shared/model/families';
import { reference } from './reference';

const NAMES = Object.keys(FAMILIES) as Family[];

/** What a key that is left out is here, without a default of the family: as src/shared/model/config.ts has it. */
const FALLBACKS: Readonly<Record<string, unknown>> = {
  attention_bias: false,
  hidden_act: 'silu',
  mlp_bias: false,
  tie_word_embeddings: false,
  use_bidirectional_attention: false,
  use_sliding_window: false,
  rope_theta: 10000,
};
/** Always in a config.json of these families, and asked for. */
const ASKED = ['hidden_size', 'intermediate_size', 'num_attention_heads', 'num_hidden_layers', 'vocab_size'];

describe('the table of families is that of transformers', () => {
  for (const family of NAMES) {
    it(`${family}: keys that its classes read, and their defaults`, async () => {
      const found = await reference('configKeys', { families: NAMES }, 'config-keys');
      const { reads = [], defaults = {} } = found[family] ?? {};
      assert.ok(reads.length > 10);
      const unknown = reads.filter((key) => !isKnownKey(family, key));
      assert.deepEqual(unknown, [], 'keys that are read there and not known here');

      const own = FAMILIES[family].defaults;
      for (const key of readKeys(family)) {
        const theirs = defaults[key] ?? undefined;
        if (key in own || (theirs !== undefined && !ASKED.includes(key) && key !== 'rope_parameters')) {
          const here = own[key] ?? FALLBACKS[key];
          assert.deepEqual(asWritten(here), asWritten(valueOf(key, defaults)), `the default of ${key}`);
        }
      }
    });
  }
});

/** A default of transformers' class; the rotation's base is an attribute of the class, or one for each type of layer. */
function valueOf(key: string, defaults: Readonly<Record<string, unknown>>): unknown {
  if (key === 'rope_theta') {
    const { default_theta: theta } = defaults;
    return typeof theta === 'object' && theta !== null && 'global' in theta ? theta.global : theta;
  }
  if (key === 'partial_rotary_factor') {
    const { rope_parameters: rope } = defaults;
    return typeof rope === 'object' && rope !== null && key in rope ? rope[key] : undefined;
  }
  return defaults[key];
}

/** Of nested values what the table spells out: the class adds the type's other name, and what it derives. */
function asWritten(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) {
    return value;
  }
  const derived = ['rope_type', 'max_position_embeddings'];
  return Object.fromEntries(Object.entries(value).filter(([key]) => !derived.includes(key)));
}
