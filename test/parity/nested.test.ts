import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { adeptResult } from '../support/command';
import { addTensors, describeWeights, renameTensors } from '../support/changedWeights';
import { temporaryFolder } from '../support/temporaryFolder';
import { checkLogits } from './checkLogits';
import { ENGINES } from './engines';
import { executorLogits } from './executorLogits';
import { randomSequences, writeRandomModel } from './randomModel';
import { RECIPES, type RecipeName } from './recipes';

/** A tower for images of 8 × 8, as transformers has it for these sizes; shapes. */
const VISION = {
  model_type: 'siglip_vision_model',
  hidden_size: 16,
  intermediate_size: 16,
  num_hidden_layers: 1,
  num_attention_heads: 2,
  image_size: 8,
  patch_size: 4,
  vision_use_head: false,
};
const LAYER = 'vision_tower.encoder.layers.0';
const linear = (name: string): [string, number[]][] => [
  [`${LAYER}.${name}.weight`, [16, 16]],
  [`${LAYER}.${name}.bias`, [16]],
];
const norm = (name: string): [string, number[]][] => [
  [`${name}.weight`, [16]],
  [`${name}.bias`, [16]],
];
const VISION_TENSORS: Readonly<Record<string, readonly number[]>> = Object.fromEntries([
  ['multi_modal_projector.mm_input_projection_weight', [16, 32]],
  ['multi_modal_projector.mm_soft_emb_norm.weight', [16]],
  ['vision_tower.embeddings.patch_embedding.weight', [16, 3, 4, 4]],
  ['vision_tower.embeddings.patch_embedding.bias', [16]],
  ['vision_tower.embeddings.position_embedding.weight', [4, 16]],
  ...['mlp.fc1', 'mlp.fc2'].flatMap(linear),
  ...['k_proj', 'out_proj', 'q_proj', 'v_proj'].flatMap((name) => linear(`self_attn.${name}`)),
  ...norm(`${LAYER}.layer_norm1`),
  ...norm(`${LAYER}.layer_norm2`),
  ...norm('vision_tower.post_layernorm'),
]);

/** Makes a folder of text one of several kinds of input. @param decoder what its decoder's tensors begin with then */
function nest(
  folder: string,
  type: string,
  decoder: string,
  more: Readonly<Record<string, unknown>> = {},
): void {
  const file = join(folder, 'config.json');
  const { architectures, ...text } = JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>;
  assert.ok(architectures !== undefined);
  writeFileSync(file, JSON.stringify({ model_type: type, text_config: text, ...more }));
  renameTensors(join(folder, 'model.safetensors'), (name) =>
    name.startsWith('model.') ? decoder + name.slice('model.'.length) : `language_model.${name}`,
  );
}

function written(folder: string, recipe: RecipeName): { folder: string; vocabSize: number } {
  return { folder: writeRandomModel(folder, recipe), vocabSize: RECIPES[recipe].config.vocab_size };
}

describe('a folder that nests the part about text', () => {
  for (const engine of ENGINES) {
    it(`computes what it does in transformers, gemma3, ${engine.name}`, { skip: engine.skip }, async (t) => {
      const { folder, vocabSize } = written(temporaryFolder(t), 'gemma3');
      nest(folder, 'gemma3', 'language_model.model.', {
        ...{ vision_config: VISION, mm_tokens_per_image: 4, tie_word_embeddings: false },
      });
      addTensors(join(folder, 'model.safetensors'), VISION_TENSORS);
      await checkLogits(
        t,
        engine,
        folder,
        randomSequences(22, [24, 24], vocabSize),
        vocabSize,
        'nested-gemma3',
      );
    });
  }

  it('is its text alone, expanded under the names that it has: mistral3', async (t) => {
    const base = temporaryFolder(t);
    const { folder: plain, vocabSize } = written(join(base, 'plain'), 'ministral3');
    const { folder: nested } = written(join(base, 'nested'), 'ministral3');
    nest(nested, 'mistral3', 'language_model.model.', { vision_config: { model_type: 'pixtral' } });
    const sequences = randomSequences(23, [24, 17], vocabSize);
    const expected = await executorLogits('wasm', plain, sequences);
    assert.deepEqual(await executorLogits('wasm', nested, sequences), expected);
    const out = join(base, 'expanded');
    await adeptResult(['expand', '--model', nested, '--out', out, '--layers', 1, '--engine', 'wasm']);
    assert.deepEqual(await executorLogits('wasm', out, sequences), expected);
    const { names } = describeWeights(join(out, 'model.safetensors'));
    assert.ok(names.includes('language_model.model.layers.3.mlp.down_proj.weight'));
    assert.ok(names.every((name) => name.startsWith('language_model.')));
    const config = JSON.parse(readFileSync(join(out, 'config.json'), 'utf8')) as Record<string, unknown>;
    const { text_config: text } = config;
    assert.ok(typeof text === 'object' && text !== null && 'num_hidden_layers' in text);
    assert.equal(text.num_hidden_layers, 4);
    assert.equal('num_hidden_layers' in config, false);
  });
});
