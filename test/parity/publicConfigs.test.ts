import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import * as v from 'valibot';
import { parseWith } from '../../src/shared/common/parse';
import { parseModelConfig } from '../../src/shared/model/config';
import { FAMILIES } from '../../src/shared/model/families';
import { readModelConfig } from '../../src/node/model/modelConfig';
import { makeBatch } from '../../src/trainer/data/sequences/batch';
import type { Executor } from '../../src/trainer/executor/executor';
import { unchanging, withModel } from '../../src/trainer/executor/withModel';
import { openExecutor } from '../../src/trainer/openExecutor';
import { SILENT_TASK } from '../../src/trainer/task';
import { asLists } from '../support/tokenRows';
import { temporaryFolder } from '../support/temporaryFolder';
import { ENGINES, type TestedEngine } from './engines';
import type { Result } from './jobs';
import { madeSmall, publicConfigs, SMALL, type Config, type PublicConfig } from './publicConfigs';
import { writePublicModel } from './publicModel';
import { randomSequences } from './randomModel';
import { reference } from './reference';

interface Refusal {
  readonly says: RegExp;
  /** Makes a model of it that computes, so that nothing else was in its way. */
  readonly corrected: (config: Config) => Config;
}

const withoutKey =
  (...keys: string[]) =>
  (config: Config): Config =>
    Object.fromEntries(Object.entries(config).filter(([key]) => !keys.includes(key)));

/** modeling_utils.py, from_pretrained: get_hf_quantizer takes the key, and the weights are then of another kind. */
const QUANTISED: Refusal = {
  says: /"quantization_config" says that the weights are quantised: give the model that was quantised/,
  corrected: withoutKey('quantization_config'),
};

/** What the engines native and wasm refuse, and why they have to. */
const REFUSED: Readonly<Record<string, Refusal>> = {
  'meta-llama/Llama-3.1-405B-Instruct-FP8': QUANTISED,
  'Qwen/Qwen3-8B-FP8': QUANTISED,
  'mistralai/Devstral-2-123B-Instruct-2512': QUANTISED,
  /** modeling_auto.py: another class, Mistral3ForConditionalGeneration, computes it; its text part is of a family. */
  'mistralai/Devstral-Small-2-24B-Instruct-2512': { ...QUANTISED, corrected: textPart },
  /** masking_utils.py, create_causal_mask: attention goes both ways where the config's `is_causal` is false. */
  'Alibaba-NLP/gte-Qwen2-7B-instruct': {
    says: /"is_causal" is false, which would change the computation/,
    corrected: withoutKey('is_causal'),
  },
  /** modeling_gemma3.py, Gemma3TextModel.forward: a mask for both ways, and configuration_gemma3.py halves the window. */
  'google/embeddinggemma-300m': {
    says: /"use_bidirectional_attention" is true, which would change the computation/,
    corrected: withoutKey('use_bidirectional_attention'),
  },
  /** configuration_phi3.py, convert_rope_params_to_dict: "su" gets its other name only after the length was looked for. */
  'microsoft/Phi-3-mini-128k-instruct, with the type of its first revision': {
    says: /"rope_scaling.original_max_position_embeddings" is missing, .* the type "su": add it, or write "longrope"/,
    corrected: (config) => {
      const { original_max_position_embeddings, rope_scaling } = config;
      return { ...config, rope_scaling: { ...asConfig(rope_scaling), original_max_position_embeddings } };
    },
  },
};

/** Those whose part about text is computed; nested.test.ts has whole folders. */
const NESTED: readonly string[] = ['google/gemma-3-27b-it'];

function textPart({ text_config: part }: Config): Config {
  return asConfig(part);
}

function asConfig(part: unknown): Config {
  return parseWith(v.record(v.string(), v.unknown()), part, 'a part of a public config.json');
}

/** One of each family: wasm computes at the full cost of a core. */
const ON_WASM = new Set([
  'deepseek-ai/deepseek-coder-6.7b-base',
  'mistralai/Mistral-Nemo-Base-2407',
  'Qwen/Qwen2.5-0.5B',
  'Qwen/Qwen3-8B, with YaRN as its card says',
  'HuggingFaceTB/SmolLM3-3B, with YaRN as its card says',
  'ibm-granite/granite-3.3-8b-instruct',
  'mistralai/Ministral-3-3B-Base-2512, its text part',
  'allenai/OLMo-2-0425-1B',
  'allenai/Olmo-3.1-32B-Instruct',
  'google/gemma-2-9b',
  'google/gemma-3-1b-it',
  'microsoft/Phi-4-mini-instruct',
  'zai-org/GLM-4-9B-0414',
]);

const PUBLIC = publicConfigs();
/** Below and above the shortest length of each model; ascending, as transformers keeps the longest rotation that it met. */
const SEQUENCES = [20, 45].map(
  (length) => randomSequences(length, [length], SMALL.vocabSize)[0] ?? new Int32Array(),
);
const LOGITS = SEQUENCES.reduce((sum, { length }) => sum + length, 0) * SMALL.vocabSize;
/** A large prime for a stride reaches every position and every part of the vocabulary. */
const INDICES = Array.from({ length: 48 }, (_, index) => (index * 104_729) % LOGITS);

const folderNameOf = (model: string): string => model.replace(/\W+/g, '-');

/** A public config.json, or what it is when what is refused is remedied. */
function computedPart({ model, config }: PublicConfig): Config {
  return REFUSED[model]?.corrected(config) ?? (NESTED.includes(model) ? textPart(config) : config);
}

function writeAll(folder: string): void {
  for (const each of PUBLIC) {
    writePublicModel(join(folder, folderNameOf(each.model)), madeSmall(computedPart(each)), each.text);
  }
}

async function logitsOf(executor: Executor, folder: string): Promise<number[]> {
  return withModel(executor, unchanging(folder), SILENT_TASK, async (model) => {
    const parts: number[] = [];
    // One at a time, since a batch rotates by its longest sequence.
    for (const sequence of SEQUENCES) {
      parts.push(...(await model.logits(makeBatch([sequence]), Int32Array.from(sequence.keys()))));
    }
    return parts;
  });
}

describe('config.json of public models', () => {
  const root = mkdtempSync(join(tmpdir(), 'adept-test-'));
  before(() => {
    writeAll(root);
  });
  after(() => {
    rmSync(root, { recursive: true, force: true });
  });
  let asked: Promise<Result<'logitsOfEach'>> | undefined;
  const expected = (): Promise<Result<'logitsOfEach'>> =>
    (asked ??= reference(
      'logitsOfEach',
      { models: root, sequences: asLists(SEQUENCES), indices: INDICES },
      'public-configs',
    ));

  async function check(engine: TestedEngine, executor: Executor, model: string): Promise<void> {
    const { [folderNameOf(model)]: theirs } = await expected();
    assert.ok(theirs !== undefined);
    const ours = await logitsOf(executor, join(root, folderNameOf(model)));
    assert.equal(ours.length, theirs.count);
    const differences = theirs.sample.map((value, at) => Math.abs(value - (ours[INDICES[at] ?? NaN] ?? NaN)));
    const error = Math.max(...differences) / theirs.largest;
    assert.ok(error <= engine.logitTolerance, `relative error of the logits is ${error}`);
  }

  it('are of every family, at least 40, and none twice', () => {
    const familiesOf = (models: readonly PublicConfig[]): unknown[] =>
      [...new Set(models.map((each) => computedPart(each).model_type))].sort();
    const all = Object.keys(FAMILIES).sort();
    assert.deepEqual(familiesOf(PUBLIC), all);
    assert.deepEqual(familiesOf(PUBLIC.filter(({ model }) => ON_WASM.has(model))), all);
    assert.equal(new Set(PUBLIC.map(({ model }) => folderNameOf(model))).size, PUBLIC.length);
    assert.ok(PUBLIC.filter(({ from }) => from === 'found').length >= 40);
  });

  for (const [model, { says }] of Object.entries(REFUSED)) {
    it(`${model} is refused`, (t) => {
      const folder = join(temporaryFolder(t), 'model');
      mkdirSync(folder);
      const published = PUBLIC.find((each) => each.model === model);
      writeFileSync(join(folder, 'config.json'), JSON.stringify(published?.config));
      assert.throws(() => readModelConfig(folder), { kind: 'input', message: says });
    });
  }

  it('those of their own size are read', () => {
    for (const each of PUBLIC) {
      const config = parseModelConfig(computedPart(each), each.model);
      assert.equal(config.slidingWindows.length, config.numHiddenLayers);
    }
    for (const { model, config } of PUBLIC.filter((each) => NESTED.includes(each.model))) {
      const part = parseModelConfig(textPart(config), model);
      assert.deepEqual(parseModelConfig(config, model), { ...part, raw: config });
    }
  });

  for (const engine of ENGINES) {
    describe(engine.name, { skip: engine.skip }, () => {
      let executor: Executor;
      before(async () => {
        executor = await openExecutor({ engine: engine.name });
      });
      after(() => executor.close());
      for (const { model, from } of PUBLIC) {
        if (engine.name !== 'wasm' || ON_WASM.has(model)) {
          it(`${model} (${from})`, () => check(engine, executor, model));
        }
      }
    });
  }
});
