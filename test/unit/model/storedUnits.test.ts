import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import outputs from '../../../python/adept_torch/outputs.json';
import {
  parseLayerTensorName,
  renumberedTensor,
  tensorsOfUnit,
  unitsOf,
} from '../../../src/shared/model/architecture';
import { parseModelConfig } from '../../../src/shared/model/config';
import { FAMILIES } from '../../../src/shared/model/families';
import { parseModelOutline } from '../../../src/shared/model/outline';
import { storedUnits } from '../../../src/shared/model/storedUnits';
import { expectedTensors, trainedTensors } from '../../../src/trainer/checkpoint/modelTensors';
import { expandConfig } from '../../../src/trainer/method/expandConfig';
import { placeLayers } from '../../../src/trainer/method/expansion';

const SIZES = { vocab_size: 10, hidden_size: 8, num_hidden_layers: 4 };
const named = (names: readonly string[]): { name: string; shape: number[] }[] =>
  names.map((name) => ({ name, shape: [2] }));

describe('units by the names of tensors', () => {
  for (const [family, { norms, normOffset }] of Object.entries(FAMILIES)) {
    it(`are those of the architecture table for ${family}, in its order`, () => {
      const config = parseModelConfig(
        {
          ...SIZES,
          ...{ model_type: family, intermediate_size: 16, num_attention_heads: 2, num_key_value_heads: 1 },
          ...{ head_dim: 4, attention_bias: true, mlp_bias: true },
        },
        'config.json',
      );
      const tensors = Array.from(expectedTensors(config), ([name, shape]) => ({ name, shape }));
      const expected = unitsOf(config).map((unit) => ({
        ...{ name: unit.name, kind: unit.kind, output: unit.output },
        zero: unit.output && normOffset === 1 ? -1 : 0,
        tensors: tensorsOfUnit(unit).map(({ part, shape }) => ({
          name: `model.layers.3.${unit.name}.${part}`,
          shape,
        })),
      }));
      // Whatever the order in which files have them.
      const layers = storedUnits({ family, numHiddenLayers: 4 }, [...tensors].reverse());
      assert.equal(layers.length, 4);
      assert.deepEqual(layers[3], expected);
      assert.deepEqual(
        expected.filter(({ output }) => output).map(({ name }) => name),
        [norms.attentionOutput ?? 'self_attn.o_proj', norms.mlpOutput ?? 'mlp.down_proj'],
      );
    });
  }

  it('are, of experts, one unit each of gate, up and down, and the outputs are told', () => {
    const layer = (at: number, rest: readonly string[]): string[] =>
      rest.map((name) => `model.layers.${at}.${name}`);
    const [dense, sparse] = storedUnits(
      { family: 'qwen3_moe', numHiddenLayers: 2 },
      named([
        ...layer(0, ['input_layernorm.weight', 'mlp.down_proj.weight']),
        ...layer(1, ['mlp.gate.weight', 'linear_attn.A_log', 'linear_attn.out_proj.weight']),
        ...[0, 1].flatMap((at) =>
          layer(1, [`mlp.experts.${at}.down_proj.weight`, `mlp.experts.${at}.up_proj.weight`]),
        ),
        'model.layers.1.self_attn.rotary_emb.inv_freq',
        'model.vision_tower.layers.0.mlp.down_proj.weight',
        'lm_head.weight',
      ]),
    );
    const brief = (units: typeof dense): unknown =>
      units?.map(({ name, output, zero, tensors }) => [name, output, zero, tensors.length]);
    assert.deepEqual(brief(dense), [
      ['input_layernorm', false, 0, 1],
      ['mlp.down_proj', true, 0, 1],
    ]);
    assert.deepEqual(brief(sparse), [
      ['mlp.gate', false, 0, 1],
      ['linear_attn', false, 0, 1],
      ['linear_attn.out_proj', true, 0, 1],
      ['mlp.experts.down_proj', true, 0, 2],
      ['mlp.experts.up_proj', false, 0, 2],
    ]);
  });

  it('are of the layers that compute, with what an optimizer trains', () => {
    const raw = { model_type: 'glm4_moe', ...SIZES, num_hidden_layers: 1, num_nextn_predict_layers: 1 };
    const config = parseModelOutline(raw, 'config.json');
    const tensors = named([
      ...['model.layers.0.mlp.gate.e_score_correction_bias', 'model.layers.0.mlp.gate.weight'],
      ...['model.layers.1.mlp.gate.weight', 'model.layers.1.eh_proj.weight', 'mtp.layers.0.mlp.gate.weight'],
      ...['model.embed_tokens.weight', 'mtp.norm.weight'],
    ]);
    const layers = storedUnits(config, tensors);
    assert.deepEqual(
      layers.map((units) => units.flatMap((unit) => unit.tensors.map(({ name }) => name))),
      [['model.layers.0.mlp.gate.weight']],
    );
    const entries = new Map(
      tensors.map(
        ({ name, shape }) =>
          [name, { name, shape, dtype: 'F32', file: '', byteOffset: 0, byteLength: 8 }] as const,
      ),
    );
    assert.deepEqual(
      [...trainedTensors(config, { entries }, undefined).keys()],
      ['model.layers.0.mlp.gate.weight', 'model.embed_tokens.weight'],
    );
  });

  it('have norms for outputs where one follows the projection, silent at −1 where it multiplies by 1 + weight', () => {
    const names = ['self_attn.o_proj', 'post_attention_layernorm', 'post_feedforward_layernorm'];
    const tensors = named(names.map((name) => `model.layers.0.${name}.weight`));
    const outputsOf = (family: string): unknown =>
      storedUnits({ family, numHiddenLayers: 4 }, tensors)[0]?.flatMap(({ name, output, zero }) =>
        output ? [[name, zero]] : [],
      );
    const norms = outputs.postNorms.gemma3_text.units;
    assert.deepEqual(
      outputsOf('gemma3_text'),
      norms.map((name) => [name, -1]),
    );
    assert.deepEqual(
      outputsOf('olmo2'),
      norms.map((name) => [name, 0]),
    );
    assert.deepEqual(outputsOf('llama'), [['self_attn.o_proj', 0]]);
  });

  it('get another number below whatever the layers are called', () => {
    assert.equal(renumberedTensor('transformer.h.3.mlp.c_proj.bias', 12), 'transformer.h.12.mlp.c_proj.bias');
    assert.equal(renumberedTensor('layers.0.a.weight', 1), 'layers.1.a.weight');
    assert.equal(renumberedTensor('lm_head.weight', 1), 'lm_head.weight');
    assert.equal(parseLayerTensorName('model.language_model.layers.7.a.weight')?.layer, 7);
    assert.equal(parseLayerTensorName('vision_tower.encoder.layers.7.a.weight'), undefined);
  });
});

describe('config.json of an expanded model of another family', () => {
  const outline = (keys: object): ReturnType<typeof parseModelOutline> =>
    parseModelOutline({ model_type: 'some_moe', ...SIZES, ...keys }, 'config.json');
  const placed = placeLayers(4, [1, 3]);

  it('has for every copy what its source has, also of what the library fills in', () => {
    const filledIn = { layer_types: ['a', 'b', 'c', 'd'] };
    assert.deepEqual(expandConfig(outline({}), placed, filledIn), {
      ...{ model_type: 'some_moe', ...SIZES, num_hidden_layers: 6 },
      layer_types: ['a', 'b', 'b', 'c', 'd', 'd'],
    });
  });

  it('numbers layers anew where keys name them, count them from below or in steps', () => {
    const keys = { mlp_only_layers: [0, 3], first_k_dense_replace: 2, decoder_sparse_step: 1 };
    const expanded = expandConfig(outline(keys), placed);
    assert.deepEqual(
      [expanded.mlp_only_layers, expanded.first_k_dense_replace, expanded.decoder_sparse_step],
      [[0, 4, 5], 3, 1],
    );
    const between = expandConfig(outline({ moe_layer_start_index: 1, moe_layer_end_index: 3 }), placed);
    assert.deepEqual([between.moe_layer_start_index, between.moe_layer_end_index], [1, 5]);
    // Layers 1 and 3 have experts.
    const steps = expandConfig(outline({ decoder_sparse_step: 2, mlp_only_layers: [3] }), placed);
    assert.deepEqual([steps.mlp_only_layers, steps.decoder_sparse_step], [[0, 3, 4, 5], 1]);
  });

  it('leaves the vocabulary to the weights, and says above the text part whether embeddings are tied', () => {
    const { vocab_size, ...sizes } = SIZES;
    const raw = { model_type: 'seeing', tie_word_embeddings: true, text_config: sizes };
    const config = parseModelOutline(raw, 'config.json', () => vocab_size);
    assert.deepEqual([config.vocabSize, config.tieWordEmbeddings], [vocab_size, true]);
    assert.throws(() => parseModelOutline(raw, 'config.json'), /"vocab_size" is missing/);
  });

  it('changes the text part where that is nested', () => {
    const raw = { model_type: 'seeing', image: 1, text_config: { ...SIZES, layer_types: [1, 2, 3, 4] } };
    const config = parseModelOutline(raw, 'config.json');
    assert.deepEqual([config.family, config.numHiddenLayers, config.vocabSize], ['seeing', 4, 10]);
    assert.deepEqual(expandConfig(config, placed), {
      ...raw,
      text_config: { ...SIZES, num_hidden_layers: 6, layer_types: [1, 2, 2, 3, 4, 4] },
    });
  });
});
