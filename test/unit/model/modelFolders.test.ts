import assert from 'node:assert/strict';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { readModelOutline } from '../../../src/node/model/modelConfig';
import { readModelSummary } from '../../../src/node/model/modelFolder';
import { copyOtherFiles } from '../../../src/node/model/otherFiles';
import { parameterCount } from '../../../src/shared/model/architecture';
import { isInTable } from '../../../src/shared/model/outline';
import { isTakenAlong, LARGEST_UNKNOWN_FILE, TAKEN_FOLDERS } from '../../../src/shared/model/otherFiles';
import { foreignName } from '../../../src/shared/model/tensorNames';
import { reportUnread } from '../../../src/trainer/checkpoint/unreadReport';
import { expandModel } from '../../../src/trainer/method/expansion';
import { SILENT_TASK } from '../../../src/trainer/task';
import { writeRandomModel } from '../../parity/randomModel';
import { addTensors, describeWeights, renameTensors, setMetadata } from '../../support/changedWeights';
import { expectInputError, expectInputRejection } from '../../support/expectInputError';
import { projectRoot } from '../../support/projectRoot';
import { temporaryFolder } from '../../support/temporaryFolder';

const POINTER = 'version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 123\n';

/** A llama of three layers with a layer above them and what other programs read. */
function unreadModel(t: TestContext): string {
  const folder = writeRandomModel(join(temporaryFolder(t), 'model'), 'llamaBias');
  addTensors(join(folder, 'model.safetensors'), {
    'model.layers.3.eh_proj.weight': [32, 64],
    'model.layers.3.input_layernorm.weight': [32],
    'model.layers.0.self_attn.k_scale': [1],
    'model.layers.1.self_attn.k_scale': [1],
    'model.layers.0.self_attn.rotary_emb.cos_cached': [4],
    'score.weight': [2, 32],
  });
  return folder;
}

describe('what a model does not read', () => {
  it('is named in the log, by kind', (t) => {
    const folder = unreadModel(t);
    const lines: string[] = [];
    reportUnread(folder, readModelOutline(folder), {
      ...SILENT_TASK,
      log: (line) => {
        lines.push(line);
      },
    });
    assert.deepEqual(lines, [
      `${folder}: "model.layers.3" (2 tensors), "model.layers.0.self_attn.k_scale" (in 2 layers), "model.layers.0.self_attn.rotary_emb.cos_cached", "score.weight" are not read by a llama model, here as in transformers.`,
    ]);
  });

  it('goes with an expanded model, each layer with its own, except what is computed anew', async (t) => {
    const folder = unreadModel(t);
    setMetadata(join(folder, 'model.safetensors'), null);
    const out = join(folder, '..', 'expanded');
    await expandModel({ model: folder, out, layers: [1] }, SILENT_TASK);
    const { metadata, names } = describeWeights(join(out, 'model.safetensors'));
    assert.deepEqual(metadata, { format: 'pt' });
    const further = names.filter((name) => /scale|score|cached|eh_proj|layers\.4\.input/.test(name)).sort();
    assert.deepEqual(further, [
      'model.layers.0.self_attn.k_scale',
      'model.layers.1.self_attn.k_scale',
      'model.layers.2.self_attn.k_scale',
      'model.layers.4.eh_proj.weight',
      'model.layers.4.input_layernorm.weight',
      'score.weight',
    ]);
  });

  it('is no part of its size', (t) => {
    const folder = unreadModel(t);
    const outline = readModelOutline(folder);
    assert.ok(isInTable(outline));
    assert.equal(readModelSummary(folder).parameters, parameterCount(outline));
  });
});

describe('names of tensors', () => {
  it('without "model." are written with it', async (t) => {
    const folder = writeRandomModel(join(temporaryFolder(t), 'model'), 'qwen2');
    const file = join(folder, 'model.safetensors');
    const before = describeWeights(file).names.sort();
    renameTensors(file, (name) => name.replace(/^model\./, ''));
    const out = join(folder, '..', 'expanded');
    await expandModel({ model: folder, out, layers: [3] }, SILENT_TASK);
    const written = describeWeights(join(out, 'model.safetensors')).names;
    assert.deepEqual(written.filter((name) => !name.includes('layers.4.')).sort(), before);
  });

  for (const [name, from, advice] of [
    ['model._orig_mod.layers.0.input_layernorm.weight', 'torch.compile', 'model._orig_mod.save_pretrained'],
    ['_orig_mod.lm_head.weight', 'torch.compile', '"_orig_mod."'],
    ['_fsdp_wrapped_module.model.norm.weight', 'FSDP', 'get_state_dict'],
    ['model.layers.0._checkpoint_wrapped_module.mlp.up_proj.weight', 'activation checkpointing', 'wrapper'],
    ['module.model.norm.weight', 'DistributedDataParallel', 'model.module.save_pretrained'],
    ['model.layers.0.self_attn.q_proj.lora_A.weight', 'peft', 'merge_and_unload'],
    ['base_model.model.model.norm.weight', 'peft', 'merge_and_unload'],
  ] as const) {
    it(`of a wrapper are told: ${name}`, () => {
      const found = foreignName(name);
      assert.ok(found?.from.includes(from) && found.advice.includes(advice), JSON.stringify(found));
    });
  }

  it('of models are of no wrapper', () => {
    for (const name of ['model.norm.weight', 'lm_head.weight', 'model.layers.0.mlp.experts.module.weight']) {
      assert.equal(foreignName(name), undefined, name);
    }
  });
});

/** [what, how the folder is changed, what the sentence says] */
const REFUSED: [string, (folder: string) => void, string[]][] = [
  [
    'an adapter beside the weights',
    (folder) => {
      writeFileSync(join(folder, 'adapter_config.json'), '{"peft_type":"LORA"}');
      writeFileSync(join(folder, 'adapter_model.safetensors'), '');
    },
    ['adapter_config.json', 'beside the weights', 'merge_and_unload', 'move its files away'],
  ],
  [
    'an adapter alone',
    (folder) => {
      rmSync(join(folder, 'model.safetensors'));
      writeFileSync(join(folder, 'adapter_config.json'), '{}');
    },
    ['adapter_config.json', 'not a model', 'merge it into its base model'],
  ],
  [
    'a pointer in place of config.json',
    (folder) => {
      writeFileSync(join(folder, 'config.json'), POINTER);
    },
    ['config.json', 'Git LFS pointer', 'git lfs pull'],
  ],
  [
    'quantised weights of an unknown type',
    (folder) => {
      editHeader(folder, (text) => text.replace('"F32"', '"F8_E8M0"'));
    },
    ['model.safetensors', 'quantised (F8_E8M0)', 'base_model', 'dequantize'],
  ],
  [
    'FP8 weights',
    (folder) => {
      const file = join(folder, 'model.safetensors');
      addTensors(file, { 'model.layers.0.x.weight': [1] });
      editHeader(folder, (text) =>
        text.replace(
          '"model.layers.0.x.weight":{"dtype":"F32","shape":[1]',
          '"model.layers.0.x.weight":{"dtype":"F8_E4M3","shape":[4]',
        ),
      );
    },
    ['model.layers.0.x.weight', 'quantised (F8_E4M3)', 'base_model'],
  ],
  [
    'packed weights',
    (folder) => {
      renameTensors(join(folder, 'model.safetensors'), (name) =>
        name.replace('up_proj.weight', 'up_proj.qweight'),
      );
    },
    ['up_proj.qweight', 'quantised', 'base_model'],
  ],
  [
    'a decoder without its head',
    (folder) => {
      const file = join(folder, 'config.json');
      const config = JSON.parse(readFileSync(file, 'utf8')) as object;
      writeFileSync(file, JSON.stringify({ ...config, tie_word_embeddings: false }));
    },
    ['lm_head.weight', 'missing', 'AutoModelForCausalLM'],
  ],
  [
    'a link that leads nowhere in place of weights',
    (folder) => {
      rmSync(join(folder, 'model.safetensors'));
      symlinkSync('../../blobs/abc', join(folder, 'model.safetensors'));
    },
    ['model.safetensors', 'link to ../../blobs/abc', 'download'],
  ],
];

function editHeader(folder: string, edit: (text: string) => string): void {
  const file = join(folder, 'model.safetensors');
  const bytes = readFileSync(file);
  const length = Number(bytes.readBigUInt64LE(0));
  const text = Buffer.from(edit(bytes.toString('utf8', 8, 8 + length)));
  const size = Buffer.alloc(8);
  size.writeBigUInt64LE(BigInt(text.length));
  writeFileSync(file, Buffer.concat([size, text, bytes.subarray(8 + length)]));
}

describe('a folder that is refused says what to do', () => {
  for (const [what, change, says] of REFUSED) {
    it(what, async (t) => {
      const base = temporaryFolder(t);
      const folder = writeRandomModel(join(base, 'model'), 'qwen2');
      change(folder);
      const out = join(base, 'out');
      await expectInputRejection(
        expandModel({ model: folder, out, layers: [0] }, SILENT_TASK),
        folder,
        ...says,
      );
      assert.equal(existsSync(out), false);
    });
  }

  it('in quantization_config: to get other weights, or to remove the key where they are plain', (t) => {
    const folder = writeRandomModel(temporaryFolder(t), 'llama');
    const file = join(folder, 'config.json');
    const config = JSON.parse(readFileSync(file, 'utf8')) as object;
    writeFileSync(file, JSON.stringify({ ...config, quantization_config: { quant_method: 'fp8' } }));
    expectInputError(() => readModelOutline(folder), file, '"quantization_config"', 'remove it');
    renameTensors(join(folder, 'model.safetensors'), (name) =>
      name.replace('q_proj.weight', 'q_proj.qweight'),
    );
    expectInputError(
      () => readModelOutline(folder),
      file,
      '"quantization_config"',
      'base_model',
      'dequantize',
    );
    writeFileSync(file, JSON.stringify({ ...config, quantization_config: null }));
    assert.equal(readModelOutline(folder).family, 'llama');
  });
});

const TAKEN = [
  ...['tokenizer.json', 'tokenizer_config.json', 'tokenizer.model', 'tokenizer.model.v3', 'tekken.json'],
  ...[
    'special_tokens_map.json',
    'added_tokens.json',
    'vocab.json',
    'vocab.txt',
    'merges.txt',
    'qwen.tiktoken',
  ],
  ...['chat_template.jinja', 'chat_template.json', 'generation_config.json', 'preprocessor_config.json'],
  ...['configuration_own.py', 'modeling_own.py', 'LICENSE', 'LICENSE.txt', 'NOTICE', 'USE_POLICY.md'],
  ...['spiece.model', 'something_new.json'],
];
const LEFT = [
  ...[
    'config.json',
    'adept-manifest.json',
    'README.md',
    '.gitattributes',
    'model-00001-of-00002.safetensors',
  ],
  ...['model.safetensors.index.json', 'pytorch_model.bin', 'pytorch_model.bin.index.json', 'model.gguf'],
  ...['adapter_config.json', 'adapter_model.safetensors', 'adapter_model.bin', 'params.json'],
  ...[
    'consolidated.00.pth',
    'quantize_config.json',
    'trainer_state.json',
    'training_args.bin',
    'optimizer.pt',
  ],
  ...[
    'rng_state_0.pth',
    'scheduler.pt',
    'all_results.json',
    'eval_results.json',
    'zero_to_fp32.py',
    'latest',
  ],
  ...['loss.png', 'notes.pdf', 'events.out.tfevents.1'],
];

describe('other files of a model folder', () => {
  it('go along where they describe the model or its tokenizer', () => {
    assert.deepEqual(
      TAKEN.filter((name) => !isTakenAlong(name, 100)),
      [],
    );
    assert.deepEqual(
      LEFT.filter((name) => isTakenAlong(name, 100)),
      [],
    );
    assert.ok(isTakenAlong('tokenizer.json', LARGEST_UNKNOWN_FILE + 1));
    assert.ok(!isTakenAlong('something_new.json', LARGEST_UNKNOWN_FILE + 1));
  });

  it('are described as they are treated', () => {
    const page = readFileSync(join(projectRoot, 'docs/models.md'), 'utf8');
    const [, section = ''] = page.split('### What an expanded or exported model takes along');
    const rows = [...section.matchAll(/^\| (.*`.*) \| (.+?) \|$/gm)];
    const named = rows.flatMap(([, files = '', fate = '']) =>
      [...files.matchAll(/`(.+?)`/g)].map(([, name = '']) => ({
        name,
        along: fate.startsWith('taken along'),
      })),
    );
    assert.ok(named.length > 30);
    assert.deepEqual(
      named.filter(
        ({ name, along }) =>
          along !== (TAKEN_FOLDERS.has(name) || isTakenAlong(name.replaceAll('*', 'x'), 100)),
      ),
      [],
    );
    assert.equal(LARGEST_UNKNOWN_FILE, 32 * 2 ** 20, 'the page says 32 MiB');
  });

  it('are copied, further chat templates too; links that lead nowhere, pointers and folders are passed over', (t) => {
    const base = temporaryFolder(t);
    const [from, to] = [join(base, 'from'), join(base, 'to')];
    mkdirSync(join(from, 'additional_chat_templates'), { recursive: true });
    mkdirSync(join(from, 'original.json'));
    mkdirSync(to);
    for (const name of [
      ...TAKEN,
      ...LEFT,
      'additional_chat_templates/rag.jinja',
      'additional_chat_templates/a.bin',
    ]) {
      writeFileSync(join(from, name), name);
    }
    rmSync(join(from, 'merges.txt'));
    symlinkSync('../../blobs/abc', join(from, 'merges.txt'));
    writeFileSync(join(from, 'tokenizer.model'), POINTER);
    copyOtherFiles(from, to);
    assert.deepEqual(
      readdirSync(to, { recursive: true }).map(String).sort(),
      [
        ...TAKEN.filter((name) => name !== 'merges.txt' && name !== 'tokenizer.model'),
        ...['additional_chat_templates', join('additional_chat_templates', 'rag.jinja')],
      ].sort(),
    );
    assert.equal(readFileSync(join(to, 'modeling_own.py'), 'utf8'), 'modeling_own.py');
  });
});
