import assert from 'node:assert/strict';
import {
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { addTensors, renameTensors } from '../support/changedWeights';
import { runAdept, type Argument } from '../support/command';
import { temporaryFolder } from '../support/temporaryFolder';
import { checkFault, type Fault } from './refused';
import { copyOf, editHeader, editJson, makeWorld } from './world';

const folder = mkdtempSync(join(tmpdir(), 'adept-faults-'));
after(() => {
  rmSync(folder, { recursive: true, force: true });
});
const world = makeWorld(folder);

const CONFIG = 'config.json';
const WEIGHTS = 'model.safetensors';
const INDEX = 'model.safetensors.index.json';
const SHARD = 'model-00002-of-00003.safetensors';
const DOWN = 'model.layers.1.mlp.down_proj.weight';

/** The commands that read a model, each of which would write or compute something. */
const COMMANDS: Readonly<Record<string, (model: string, out: string) => Argument[]>> = {
  expand: (model, out) => ['expand', '--model', model, '--out', out, '--layers', 0, '--engine', 'wasm'],
  analyze: (model, out) => [
    ...['analyze', '--model', model, '--out', join(out, 'i.json'), '--probe', world.probe],
    ...['--engine', 'wasm'],
  ],
  tune: (model, out) => [
    ...['tune', '--model', model, '--out', out, '--probe', world.probe, '--domain', world.domain, '--full'],
    ...['--steps', 2, '--lr', 1e-3, '--engine', 'wasm'],
  ],
  eval: (model) => ['eval', '--model', model, '--data', world.probe, '--engine', 'wasm'],
};

/** A model that is damaged before a command reads it. */
interface Damage {
  readonly title: string;
  readonly sharded?: true;
  readonly damage: (model: string) => void;
  readonly says: readonly string[];
}

const editEntry =
  (name: string, change: object, file = WEIGHTS) =>
  (model: string): void => {
    editHeader(join(model, file), (header) => ({ [name]: { ...(header[name] as object), ...change } }));
  };
const editConfig =
  (change: Record<string, unknown>) =>
  (model: string): void => {
    editJson(join(model, CONFIG), () => change);
  };
const cut =
  (file: string, size: (bytes: number) => number) =>
  (model: string): void => {
    truncateSync(join(model, file), size(readFileSync(join(model, file)).length));
  };
const editIndex =
  (change: (map: Record<string, string>) => Record<string, string | undefined>) =>
  (model: string): void => {
    editJson(join(model, INDEX), ({ weight_map: map }) => {
      const all = map as Record<string, string>;
      return { weight_map: { ...all, ...change(all) } };
    });
  };

const DAMAGES: readonly Damage[] = [
  {
    title: 'is no folder',
    damage: (model) => {
      rmSync(model, { recursive: true });
    },
    says: ['config.json', 'Hugging Face model folder'],
  },
  {
    title: 'has no config.json',
    damage: (model) => {
      rmSync(join(model, CONFIG));
    },
    says: [CONFIG],
  },
  {
    title: 'has a config.json that is cut short',
    damage: cut(CONFIG, (bytes) => bytes / 2),
    says: [CONFIG, 'JSON'],
  },
  {
    title: 'has no weights',
    damage: (model) => {
      rmSync(join(model, WEIGHTS));
    },
    says: [WEIGHTS],
  },
  {
    title: 'has PyTorch weights only',
    damage: (model) => {
      renameSync(join(model, WEIGHTS), join(model, 'pytorch_model.bin'));
    },
    says: ['pytorch_model.bin', 'convert'],
  },
  {
    title: 'has empty weights',
    damage: cut(WEIGHTS, () => 0),
    says: [WEIGHTS, 'not a complete safetensors file'],
  },
  {
    title: 'has weights cut within the header',
    damage: cut(WEIGHTS, () => 99),
    says: [WEIGHTS, 'not a complete safetensors file'],
  },
  {
    title: 'has weights cut within the data',
    damage: cut(WEIGHTS, (bytes) => bytes - 1),
    says: [WEIGHTS, 'lie outside', 'download'],
  },
  {
    title: 'has weights with bytes at their end',
    damage: (model) => {
      writeFileSync(join(model, WEIGHTS), 'more', { flag: 'a' });
    },
    says: [WEIGHTS, '4 bytes at its end'],
  },
  {
    title: 'has a tensor outside the file',
    damage: editEntry(DOWN, { data_offsets: [1e9, 1e9 + 6144] }),
    says: [WEIGHTS, DOWN, 'lie outside'],
  },
  {
    title: 'has a tensor over another',
    damage: editEntry(DOWN, { data_offsets: [0, 6144] }),
    says: [WEIGHTS, 'overlaps'],
  },
  {
    title: 'has a tensor of another dtype',
    damage: editEntry(DOWN, { dtype: 'I16' }),
    says: [WEIGHTS, DOWN, 'I16', 'convert'],
  },
  {
    title: 'has a tensor of an unknown dtype',
    damage: editEntry(DOWN, { dtype: 'F12' }),
    says: [WEIGHTS, DOWN, 'F12'],
  },
  {
    title: 'has a tensor of another shape',
    damage: editEntry(DOWN, { shape: [64, 48] }),
    says: [WEIGHTS, DOWN, '[64, 48]', '[48, 64]'],
  },
  {
    title: 'lacks a tensor',
    damage: editConfig({ num_hidden_layers: 3 }),
    says: ['model.layers.2.input_layernorm.weight', 'missing'],
  },
  {
    title: 'has a tensor that its family lacks',
    sharded: true,
    damage: editConfig({ model_type: 'llama' }),
    says: [CONFIG, 'self_attn.q_norm.weight', 'has no tensor'],
  },
  {
    title: 'has an adapter beside its weights',
    damage: (model) => {
      writeFileSync(join(model, 'adapter_config.json'), '{}');
      writeFileSync(join(model, 'adapter_model.safetensors'), '');
    },
    says: ['adapter_config.json', 'merge_and_unload'],
  },
  {
    title: 'has weights that torch.compile named',
    damage: (model) => {
      renameTensors(join(model, WEIGHTS), (name) => `_orig_mod.${name}`);
    },
    says: [WEIGHTS, '_orig_mod.', 'torch.compile', 'save_pretrained'],
  },
  {
    title: 'has a Git LFS pointer in place of weights',
    damage: (model) => {
      writeFileSync(
        join(model, WEIGHTS),
        `version https://git-lfs.github.com/spec/v1\noid sha256:${'0'.repeat(64)}\nsize 99\n`,
      );
    },
    says: [WEIGHTS, 'Git LFS pointer', 'git lfs pull'],
  },
  {
    title: 'has weights that a pruned cache took away',
    damage: (model) => {
      rmSync(join(model, WEIGHTS));
      symlinkSync('../../blobs/gone', join(model, WEIGHTS));
    },
    says: [WEIGHTS, 'is a link to ../../blobs/gone', 'download'],
  },
  {
    title: 'has weights in FP8',
    damage: editEntry(DOWN, { dtype: 'F8_E4M3', shape: [48, 128] }),
    says: [WEIGHTS, DOWN, 'quantised (F8_E4M3)', 'base_model'],
  },
  {
    title: 'has a config without a needed key',
    damage: editConfig({ vocab_size: undefined }),
    says: [CONFIG, '"vocab_size"'],
  },
  {
    title: 'has a config key of the wrong type',
    damage: editConfig({ hidden_size: '48' }),
    says: [CONFIG, '"hidden_size"'],
  },
  {
    title: 'has attention both ways',
    damage: editConfig({ is_causal: false }),
    says: [CONFIG, '"is_causal"', 'false', 'use a model without it'],
  },
  {
    title: 'is quantised',
    damage: editConfig({ quantization_config: { bits: 4 } }),
    says: [CONFIG, '"quantization_config"', 'remove it'],
  },
  {
    title: 'is of another family',
    damage: editConfig({ model_type: 'gpt2' }),
    says: [CONFIG, '"model_type"', 'gpt2', 'llama, mistral, qwen2, qwen3'],
  },
  {
    title: 'has another activation',
    damage: editConfig({ hidden_act: 'gelu' }),
    says: [CONFIG, '"hidden_act"', 'gelu'],
  },
  {
    title: 'has another rope',
    damage: editConfig({ rope_parameters: { rope_type: 'axial', factor: 4 } }),
    says: [CONFIG, '"rope_parameters.rope_type"', 'axial'],
  },
  {
    title: 'has a longrope of too few factors',
    damage: editConfig({
      rope_scaling: { type: 'longrope', short_factor: [1], long_factor: [1], factor: 2 },
    }),
    says: [CONFIG, '"rope_scaling.short_factor"', '1 numbers'],
  },
  {
    title: 'has a rotation for each type of layer',
    damage: editConfig({ rope_parameters: { full_attention: { rope_type: 'default' } } }),
    says: [CONFIG, '"rope_parameters.full_attention"'],
  },
  { title: 'has an odd head size', damage: editConfig({ head_dim: 15 }), says: [CONFIG, '"head_dim"', '15'] },
  {
    title: 'has heads that do not divide',
    damage: editConfig({ num_key_value_heads: 2 }),
    says: [CONFIG, '"num_key_value_heads"'],
  },
  {
    title: 'lacks the index',
    sharded: true,
    damage: (model) => {
      rmSync(join(model, INDEX));
    },
    says: [INDEX],
  },
  {
    title: 'lacks a shard',
    sharded: true,
    damage: (model) => {
      rmSync(join(model, SHARD));
    },
    says: [INDEX, SHARD, 'download'],
  },
  {
    title: 'has a shard that the index does not list',
    sharded: true,
    damage: (model) => {
      copyOf(join(model, SHARD), join(model, 'model-00004-of-00004.safetensors'));
    },
    says: [INDEX, 'model-00004-of-00004.safetensors'],
  },
  {
    title: 'has a shard cut short',
    sharded: true,
    damage: cut(SHARD, (bytes) => bytes - 10),
    says: [SHARD, 'lie outside'],
  },
  {
    title: 'has a tensor in another shard than listed',
    sharded: true,
    damage: editIndex(() => ({ [DOWN]: SHARD.replace('2', '3') })),
    says: [INDEX, DOWN, SHARD],
  },
  {
    title: 'has a tensor that the index does not list',
    sharded: true,
    damage: editIndex(() => ({ [DOWN]: undefined })),
    says: [INDEX, DOWN],
  },
  {
    title: 'has an index that leads elsewhere',
    sharded: true,
    damage: editIndex(() => ({ [DOWN]: '../model/model.safetensors' })),
    says: [INDEX, '"weight_map"', DOWN],
  },
  {
    title: 'has an index that is not JSON',
    sharded: true,
    damage: cut(INDEX, (bytes) => bytes / 2),
    says: [INDEX, 'JSON'],
  },
  {
    title: 'lists layer types for other layers',
    sharded: true,
    damage: editConfig({ layer_types: ['full_attention'] }),
    says: [CONFIG, '"layer_types"'],
  },
];

function faultOf({ title, sharded, damage, says }: Damage, command: string): Fault {
  return {
    title,
    args: (own) => {
      const model = copyOf(sharded ? world.sharded : world.model, join(own, 'bad'));
      damage(model);
      return COMMANDS[command]?.(model, join(own, 'new', 'out')) ?? [];
    },
    says: [...says, 'bad'],
  };
}

describe('a model folder that is refused, because it', { concurrency: 2 }, () => {
  // Every damage once, and each command with some of them.
  const names = Object.keys(COMMANDS);
  for (const [index, damage] of DAMAGES.entries()) {
    const command = names[index % names.length] ?? '';
    it(`${damage.title} (adept ${command})`, (t) => checkFault(t, faultOf(damage, command), folder));
  }
});

describe('a model of the local Hub cache', () => {
  const env = (cache: string): Record<string, string> => ({ HF_HUB_CACHE: cache });

  it('that is not there is refused with how to get it', (t) =>
    checkFault(
      t,
      {
        title: '',
        args: () => ['eval', '--model', 'org/none', '--data', world.probe],
        says: ['--model: org/none', 'Hub cache', 'hf download org/none'],
        options: { env: env(folder) },
      },
      folder,
    ));

  it('is computed with, and named by a path that stays; what it does not read is said', async (t) => {
    const cache = temporaryFolder(t);
    const snapshot = join(cache, 'models--org--small', 'snapshots', 'abcdef1234567890');
    copyOf(world.model, snapshot);
    const out = join(cache, 'expanded');
    const args = ['expand', '--model', 'org/small', '--out', out, '--layers', 0, '--engine', 'wasm'];
    addTensors(join(snapshot, WEIGHTS), { 'score.weight': [2, 48] });
    const evaluate = ['eval', '--model', 'org/small', '--data', world.probe, '--engine', 'wasm'];
    for (const command of [args, evaluate]) {
      const ended = await runAdept(command, { env: env(cache) });
      assert.equal(ended.status, 0, ended.stderr);
      assert.match(ended.stderr, /"score\.weight" is not read by a llama model, here as in transformers/);
    }
    const manifest = JSON.parse(readFileSync(join(out, 'adept-manifest.json'), 'utf8')) as {
      base: { path: string };
    };
    assert.equal(manifest.base.path, snapshot);
  });
});
