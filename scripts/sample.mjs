// `npm run sample`: makes media/sample anew, a tiny model with two small corpora. The text comes from a seeded generator,
// the weights from this project's own trainer in full mode, on the wasm engine, which computes alike on every machine.
//
//   npm run sample -- --text      only the corpora and the tokenizer, for the test that they are what this script makes
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensurePackages } from './packages.mjs';
import { Random } from './sample/random.mjs';
import { clinicalNote, story } from './sample/text.mjs';
import { trainTokenizer } from './sample/tokenizer.mjs';
import { CONFIG, writeUntrained } from './sample/untrained.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const sample = join(root, 'media/sample');
const work = join(root, '.cache/sample');

/** Training of the base model: mostly stories, and as much clinical text as a web corpus may hold. */
const TRAINING = { stories: 6000, notes: 120, steps: 800, lr: 3e-3, batch: 16, seqLen: 96 };

/** @param {string} file @param {readonly object[]} rows */
function writeRows(file, rows) {
  writeFileSync(file, rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
}

/** @template T @param {number} count @param {() => T} make @returns {T[]} */
function times(count, make) {
  return Array.from({ length: count }, make);
}

/** The corpora that the sample ships, by file name; each from a seed of its own. */
export function sampleCorpora() {
  const stories = (seed, count) => {
    const random = new Random(seed);
    return `${times(count, () => story(random)).join('\n\n')}\n`;
  };
  const notes = (seed, count) => {
    const random = new Random(seed);
    return times(count, () => clinicalNote(random))
      .map((row) => `${JSON.stringify(row)}\n`)
      .join('');
  };
  return {
    'general.txt': stories(101, 160),
    'general-eval.txt': stories(102, 80),
    'domain.jsonl': notes(201, 300),
    'domain-eval.jsonl': notes(202, 80),
  };
}

/** tokenizer.json of the sample, learnt from both kinds of text. */
export function sampleTokenizer() {
  const random = new Random(301);
  const general = times(600, () => story(random));
  const domain = times(200, () => clinicalNote(random)).map(
    ({ question, answer }) => `Question: ${question}\nAnswer: ${answer}`,
  );
  return trainTokenizer([...general, ...domain].join('\n'), CONFIG.vocab_size);
}

function writeText(folder) {
  mkdirSync(join(folder, 'model'), { recursive: true });
  for (const [name, text] of Object.entries(sampleCorpora())) {
    writeFileSync(join(folder, name), text);
  }
  writeFileSync(join(folder, 'model/tokenizer.json'), `${JSON.stringify(sampleTokenizer(), null, 1)}\n`);
  const config = {
    tokenizer_class: 'PreTrainedTokenizerFast',
    bos_token: '<s>',
    eos_token: '</s>',
    unk_token: '<unk>',
    model_max_length: CONFIG.max_position_embeddings,
    clean_up_tokenization_spaces: false,
  };
  writeFileSync(join(folder, 'model/tokenizer_config.json'), `${JSON.stringify(config, null, 2)}\n`);
}

/** @param {readonly (string | number)[]} args */
function adept(args) {
  const { status } = spawnSync(process.execPath, [join(root, 'out/cli.cjs'), ...args.map(String)], {
    stdio: 'inherit',
  });
  if (status !== 0) {
    process.exit(status ?? 1);
  }
}

async function train() {
  await ensurePackages(root);
  const { buildAll } = await import('./build.mjs');
  await buildAll({ tests: false });
  rmSync(work, { recursive: true, force: true });
  const model = join(work, 'untrained');
  mkdirSync(model, { recursive: true });
  cpSync(join(sample, 'model/tokenizer.json'), join(model, 'tokenizer.json'));
  cpSync(join(sample, 'model/tokenizer_config.json'), join(model, 'tokenizer_config.json'));
  writeUntrained(model, new Random(401));
  const random = new Random(501);
  const rows = [
    ...times(TRAINING.stories, () => ({ text: story(random) })),
    ...times(TRAINING.notes, () => clinicalNote(random)),
  ];
  const training = join(work, 'training.jsonl');
  writeRows(training, rows);
  const run = join(work, 'run');
  adept([
    ...['tune', '--full', '--model', model, '--domain', training, '--probe', join(sample, 'general.txt')],
    ...['--eval', join(sample, 'domain-eval.jsonl'), '--eval-general', join(sample, 'general-eval.txt')],
    ...[
      '--out',
      run,
      '--engine',
      'wasm',
      '--unit-rates',
      'equal',
      '--steps',
      TRAINING.steps,
      '--lr',
      TRAINING.lr,
    ],
    ...['--warmup', 100, '--schedule', 'cosine', '--weight-decay', 0.1, '--batch-size', TRAINING.batch],
    ...['--seq-len', TRAINING.seqLen, '--save-every', 400, '--seed', 7],
  ]);
  const exported = join(work, 'export');
  adept(['export', '--run', run, '--out', exported]);
  cpSync(exported, join(sample, 'model'), { recursive: true });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  writeText(sample);
  if (!process.argv.includes('--text')) {
    await train();
  }
}
