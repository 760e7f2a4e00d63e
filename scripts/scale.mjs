// `npm run scale`: the tables of docs/scale.md, by `adept plan --cluster`. A test holds the page against the planner.
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** What config.json of the published models says, as far as a plan needs it; and what is expanded: four layers near the end. */
export const MODELS = {
  'Qwen3-1.7B': { config: qwen3(28, 2048, 6144, 16, true), layers: [19, 21, 23, 25] },
  'Qwen3-8B': { config: qwen3(36, 4096, 12288, 32, false), layers: [27, 29, 31, 33] },
  'Llama-3-70B': { config: llama(80, 8192, 28672, 64), layers: [64, 68, 72, 76] },
  'Llama-3-8B': { config: llama(32, 4096, 14336, 32), layers: [24, 26, 28, 30] },
};

/** H100s: one, a machine of eight, 8 and 64 machines. */
export const SIZES = [
  [1, 1],
  [1, 8],
  [8, 8],
  [64, 8],
];
/** Of every plan in the first table. */
export const RUN = { tokens: 1e9, sequences: 512, seqLen: 2048 };

/** Full training with FSDP2 as torchtitan publishes it: tokens a second and GPU. */
export const PUBLISHED = [
  {
    model: 'Llama-3-8B',
    gpu: 'H100',
    nodes: 1,
    sequences: 16,
    published: 5762,
    source: 'Llama 3.1 8B, 8 H100, selective checkpointing',
  },
  {
    model: 'Llama-3-8B',
    gpu: 'A100',
    nodes: 8,
    sequences: 64,
    published: 2904,
    source: 'Llama 3 8B, 64 A100, selective checkpointing',
  },
  {
    model: 'Llama-3-70B',
    gpu: 'A100',
    nodes: 8,
    sequences: 64,
    published: 331,
    source: 'Llama 3 70B, 64 A100, full checkpointing',
  },
];
const PUBLISHED_LENGTH = 8192;

/** The cluster of a row. */
export function clusterOf(nodes, gpusPerNode, gpu = 'H100') {
  return { format: 'adept.cluster/1', nodes, gpusPerNode, gpu };
}

function qwen3(layers, hidden, mlp, heads, tied) {
  return {
    ...{ model_type: 'qwen3', vocab_size: 151936, hidden_size: hidden, intermediate_size: mlp },
    ...{ num_hidden_layers: layers, num_attention_heads: heads, num_key_value_heads: 8, head_dim: 128 },
    ...{ max_position_embeddings: 32768, tie_word_embeddings: tied },
  };
}

function llama(layers, hidden, mlp, heads) {
  return {
    ...{ model_type: 'llama', vocab_size: 128256, hidden_size: hidden, intermediate_size: mlp },
    ...{ num_hidden_layers: layers, num_attention_heads: heads, num_key_value_heads: 8, head_dim: 128 },
    ...{ max_position_embeddings: 8192, tie_word_embeddings: false },
  };
}

/**
 * The two tables. `plan` is asked for each row.
 * @param {(question: { model: string, cluster: object, full: boolean, tokens: number, sequences: number, seqLen: number }) => any} plan
 */
export function tablesOf(plan) {
  const rows = ['Qwen3-1.7B', 'Qwen3-8B', 'Llama-3-70B'].flatMap((model) =>
    SIZES.flatMap(([nodes, gpus]) =>
      [false, true].map((full) => {
        const found = plan({ model, cluster: clusterOf(nodes, gpus), full, ...RUN });
        return [
          ...[model, full ? 'all' : 'four copies', String(nodes * gpus), spreadOf(found.sharding, full)],
          (found.memory.total / 1e9).toFixed(0),
          ...(found.microBatch === 0
            ? ['does not fit', '–', '–', '–', 'memory']
            : [
                `${found.microBatch}${found.recompute ? ', recomputed' : ''}`,
                (found.tokensPerSecond / 1000).toFixed(1),
                Number(found.hours.toPrecision(2)),
                Number(found.gpuHours.toPrecision(2)),
                found.limit,
              ]),
        ];
      }),
    ),
  );
  const held = PUBLISHED.map(({ model, gpu, nodes, sequences, published, source }) => {
    const question = {
      model,
      cluster: clusterOf(nodes, 8, gpu),
      full: true,
      tokens: 1e9,
      sequences,
      seqLen: PUBLISHED_LENGTH,
    };
    const own = plan(question).tokensPerSecond / (nodes * 8);
    return own === 0
      ? [source, published, 'does not fit', '–']
      : [source, published, own.toFixed(0), `${((own / published - 1) * 100).toFixed(0)} %`];
  });
  return {
    plans: table(
      [
        'model',
        'trains',
        'H100',
        'layers',
        'GB a GPU',
        'sequences a GPU',
        'thousand tokens/s',
        'hours',
        'GPU hours',
        'limit',
      ],
      rows,
    ),
    published: table(
      ['full training, sequences of 8192', 'published tokens/s and GPU', 'planned', 'difference'],
      held,
    ),
  };
}

/** Where everything trains, what trains is everything. */
function spreadOf(sharding, full) {
  return sharding === 'none' ? 'whole' : sharding === 'trained' && !full ? 'copies sharded' : 'all sharded';
}

function table(head, rows) {
  const line = (cells) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

/** The page with these tables between its marks. */
export function withTables(page, tables) {
  return Object.entries(tables).reduce(
    (text, [name, content]) =>
      text.replace(
        new RegExp(`(<!-- ${name} -->\n)[^]*?(\n<!-- end -->)`),
        (_, begin, end) => `${begin}\n${content}\n${end}`,
      ),
    page,
  );
}

function askAdept(folder) {
  return ({ model, cluster, full, tokens, sequences, seqLen }) => {
    const { config, layers } = MODELS[model];
    const at = join(folder, model);
    mkdirSync(at, { recursive: true });
    writeFileSync(join(at, 'config.json'), JSON.stringify(config));
    writeFileSync(join(at, 'cluster.json'), JSON.stringify(cluster));
    const { stdout, status, stderr } = spawnSync(
      process.execPath,
      [
        ...[
          join(root, 'scripts/adept.mjs'),
          'plan',
          '--json',
          '--model',
          at,
          '--cluster',
          join(at, 'cluster.json'),
        ],
        ...(full ? ['--full'] : ['--layers', layers.join(',')]),
        ...['--tokens', tokens, '--sequences', sequences, '--seq-len', seqLen].map(String),
      ],
      { encoding: 'utf8' },
    );
    if (status !== 0) {
      throw new Error(stderr);
    }
    return JSON.parse(stdout.trim().split('\n').at(-1) ?? '');
  };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const folder = mkdtempSync(join(tmpdir(), 'adept-scale-'));
  try {
    const file = join(root, 'docs/scale.md');
    writeFileSync(file, withTables(readFileSync(file, 'utf8'), tablesOf(askAdept(folder))));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
