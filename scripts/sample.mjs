// `npm run sample`: makes media/sample anew, a tiny model with two small corpora. The text comes from a seeded generator,
// the weights from this project's own trainer in full mode, on the wasm engine, which computes alike on every machine.
//
//   npm run sample -- --text DIR  only the corpora and the tokenizer, into DIR
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

/** Mostly stories, and as little clinical text as a web corpus may hold. */
const TEXT = { stories: 6000, notes: 60 };
/** Sequences of 96 tokens, 12 at once. */
const BATCH = ['--batch-size', 12, '--seq-len', 96, '--seed', 7];
/** From random weights. */
const FIRST = ['--steps', 480, '--lr', 3e-3, '--warmup', 60, '--schedule', 'cosine', '--weight-decay', 0.1];
/** After copies of these layers were added: they find something to do, but matter less than what was there before. */
const COPIED = '2,4';
const SECOND = ['--steps', 100, '--lr', 6e-4, '--warmup', 10, '--schedule', 'cosine'];

/** @param {string} file @param {readonly object[]} rows */
function writeRows(file, rows) {
  writeFileSync(file, rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
}

/** @template T @param {number} count @param {() => T} make @returns {T[]} */
function times(count, make) {
  return Array.from({ length: count }, make);
}

/** The corpora that the sample ships, by file name; each from a seed of its own. */
function sampleCorpora() {
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
function sampleTokenizer() {
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
  const training = join(work, 'training.jsonl');
  writeRows(training, [
    ...times(TEXT.stories, () => ({ text: story(random) })),
    ...times(TEXT.notes, () => clinicalNote(random)),
  ]);
  const six = tuneAll('first', model, training, FIRST);
  const eight = join(work, 'eight');
  adept(['expand', '--model', six, '--layers', COPIED, '--out', eight, '--engine', 'wasm']);
  const trained = tuneAll('second', eight, training, SECOND);
  // What the sample is now is one model: nothing of it was added, and it is no adaptation of another one.
  for (const name of ['adept-manifest.json', 'README.md', 'importance.svg']) {
    rmSync(join(trained, name), { force: true });
  }
  cpSync(trained, join(sample, 'model'), { recursive: true });
}

/**
 * Trains every parameter of a model.
 * @param {string} name @param {string} model @param {string} training @param {readonly (string | number)[]} settings
 * @returns {string} the exported folder
 */
function tuneAll(name, model, training, settings) {
  const run = join(work, name);
  adept([
    ...['tune', '--full', '--model', model, '--domain', training, '--probe', join(sample, 'general.txt')],
    ...['--eval', join(sample, 'domain-eval.jsonl'), '--eval-general', join(sample, 'general-eval.txt')],
    ...['--out', run, '--engine', 'wasm', '--unit-rates', 'equal', ...BATCH, ...settings],
  ]);
  const out = join(work, `${name}-model`);
  adept(['export', '--run', run, '--out', out]);
  return out;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [, , option, folder = sample] = process.argv;
  writeText(folder);
  if (option !== '--text') {
    await train();
  }
}
