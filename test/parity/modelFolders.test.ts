import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { addTensors, renameTensors, setMetadata } from '../support/changedWeights';
import { temporaryFolder } from '../support/temporaryFolder';
import { checkLogits } from './checkLogits';
import { ENGINES } from './engines';
import { randomSequences, writeRandomModel } from './randomModel';
import { RECIPES, type RecipeName } from './recipes';

interface Case {
  readonly recipe: RecipeName;
  readonly change: (folder: string) => void;
  /** Tensors that transformers names as left out. */
  readonly unread?: readonly string[];
}

const weightsOf = (folder: string): string => join(folder, 'model.safetensors');

/** What other programs and other tasks read, and what older versions wrote; shapes. */
const UNREAD: Readonly<Record<string, readonly number[]>> = {
  'model.layers.3.eh_proj.weight': [32, 64],
  'model.layers.3.input_layernorm.weight': [32],
  'model.layers.3.self_attn.q_proj.weight': [32, 32],
  'model.mtp_layers.0.input_proj.weight': [32, 64],
  'model.layers.0.self_attn.k_scale': [1],
  'model.layers.1.self_attn.k_scale': [1],
  'model.layers.0.self_attn.rotary_emb.cos_cached': [1, 1, 128, 8],
  'model.layers.0.self_attn.rotary_emb.inv_freq': [4],
  'score.weight': [2, 32],
};
/** The one of which transformers says nothing. */
const EXPECTED = 'model.layers.0.self_attn.rotary_emb.inv_freq';

/** Folders as people have them, which transformers loads with a warning at most. */
const CASES: Readonly<Record<string, Case>> = {
  /** As AutoModel saves. */
  bareNames: {
    recipe: 'qwen2',
    change: (folder) => {
      renameTensors(weightsOf(folder), (name) => name.replace(/^model\./, ''));
    },
  },
  bareNamesWithHead: {
    recipe: 'llama',
    change: (folder) => {
      renameTensors(weightsOf(folder), (name) => name.replace(/^model\./, ''));
    },
  },
  /** An index that lists a tied projection that no shard holds. */
  listedHead: {
    recipe: 'qwen3',
    change: (folder) => {
      const file = join(folder, 'model.safetensors.index.json');
      const index = JSON.parse(readFileSync(file, 'utf8')) as { weight_map: Record<string, string> };
      const [shard = ''] = Object.values(index.weight_map);
      writeFileSync(
        file,
        JSON.stringify({ ...index, weight_map: { ...index.weight_map, 'lm_head.weight': shard } }),
      );
    },
  },
  unreadTensors: {
    recipe: 'llamaBias',
    unread: Object.keys(UNREAD).filter((name) => name !== EXPECTED),
    change: (folder) => {
      addTensors(weightsOf(folder), UNREAD);
    },
  },
  nullMetadata: {
    recipe: 'qwen2Window',
    change: (folder) => {
      setMetadata(weightsOf(folder), null);
    },
  },
};

describe('model folders as people have them compute what they do in transformers', () => {
  for (const engine of ENGINES) {
    for (const [name, { recipe, change, unread }] of Object.entries(CASES)) {
      it(`${name}, ${engine.name}`, { skip: engine.skip }, async (t) => {
        const { vocab_size: vocabSize } = RECIPES[recipe].config;
        const folder = writeRandomModel(temporaryFolder(t), recipe);
        change(folder);
        const sequences = randomSequences(21, [24, 24], vocabSize);
        await checkLogits(t, engine, folder, sequences, vocabSize, `folder-${name}`, unread);
      });
    }
  }
});
