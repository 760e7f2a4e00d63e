// How texts are read, tokenised, stored and packed: the table of docs/texts.md, from the figures in docs/texts.json.
//
//   npm run bench:texts                    everything
//   npm run bench:texts -- --only speed    one part: ids, speed, second, prepare, tune, kills, packing
//
// Needs ../shared/data, the Python of the parity tests, and for SmolLM2's tokenizer `npm run smollm2` once.
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { ensurePackages } from '../../scripts/packages.mjs';
import { withTable } from './texts/page.mjs';

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const shared = join(root, '../shared/data');
const figures = join(root, 'docs/texts.json');
const MEGABYTE = 1e6;
const KILLS = 50;
const TURNS = 3;

await ensurePackages(root);
const { buildAll } = await import('../../scripts/build.mjs');
await buildAll({ extension: false, tests: false });
const { ensurePython } = await import('../../scripts/python.mjs');
const found = await ensurePython();
const scratch = mkdtempSync(join(tmpdir(), 'adept-bench-texts-'));
process.on('exit', () => {
  rmSync(scratch, { recursive: true, force: true });
});

const stories = join(shared, 'stories260K');
const c4 = join(shared, 'general/c4_demo.jsonl');
const tinystories = join(shared, 'tinystories/stories.jsonl');
const smollm2 = join(root, '.cache/models/SmolLM2-135M-Instruct');
const qwen3 = folderOf(join(shared, 'tokenizers/qwen3'), 151_936);

/** A tokenizer by itself as a model's folder: its configuration says no more than the size of the vocabulary. */
function folderOf(tokenizer, vocabulary) {
  const folder = join(scratch, 'qwen3');
  mkdirSync(folder);
  for (const name of readdirSync(tokenizer)) {
    writeFileSync(join(folder, name), readFileSync(join(tokenizer, name)));
  }
  const config = JSON.parse(readFileSync(join(stories, 'config.json'), 'utf8'));
  writeFileSync(join(folder, 'config.json'), JSON.stringify({ ...config, vocab_size: vocabulary }));
  return folder;
}

/** Repeats the rows of a file until it has so many bytes. */
function repeated(source, bytes) {
  const file = join(scratch, `${bytes / MEGABYTE}MB-${source.split('/').at(-1)}`);
  if (!existsSync(file)) {
    const content = readFileSync(source);
    const fd = openSync(file, 'w');
    for (let written = 0; written < bytes; written += content.length) {
      writeSync(fd, content);
    }
    closeSync(fd);
  }
  return file;
}

const cli = join(root, 'out/cli.cjs');
let caches = 0;
const freshCache = () => join(scratch, `cache-${(caches += 1)}`);

/** Runs a command to its end; what it prints as JSON, and the most memory that its process took. */
function adept(args, cache) {
  const env = { ...process.env, ADEPT_TEXT_CACHE: cache };
  const begin = performance.now();
  const run = spawnSync(process.execPath, [cli, ...args, '--json'], {
    ...{ env, encoding: 'utf8', maxBuffer: 2 ** 28 },
  });
  if (run.status !== 0) {
    throw new Error(`adept ${args.join(' ')} ended with ${run.status}: ${run.stderr.slice(-2000)}`);
  }
  const value = JSON.parse(run.stdout.trim().split('\n').at(-1));
  return {
    value,
    megabytes: value.peakMemory / MEGABYTE,
    seconds: (performance.now() - begin) / 1000,
  };
}

function python(code, ...args) {
  if (!('python' in found)) {
    throw new Error(`Python is needed: ${found.reason}`);
  }
  const run = spawnSync(found.python, ['-c', code, ...args], { encoding: 'utf8', maxBuffer: 2 ** 28 });
  if (run.status !== 0) {
    throw new Error(run.stderr);
  }
  return JSON.parse(run.stdout);
}

const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
const spread = (values) => ({
  median: median(values),
  least: Math.min(...values),
  most: Math.max(...values),
});

/** SHA-256 of all ids as u32, without frames, by the reference. */
const REFERENCE_IDS = `
import hashlib, json, sys, array
from tokenizers import Tokenizer
tokenizer = Tokenizer.from_file(sys.argv[1])
text = open(sys.argv[2], encoding='utf-8').read()
if sys.argv[2].endswith('.jsonl'):
    documents = [json.loads(line)['text'] for line in text.splitlines() if line.strip()]
else:
    documents, block = [], []
    for line in text.split('\\n'):
        if line.strip():
            block.append(line)
        elif block:
            documents.append('\\n'.join(block)); block = []
    if block: documents.append('\\n'.join(block))
digest, count = hashlib.sha256(), 0
for start in range(0, len(documents), 64):
    for encoding in tokenizer.encode_batch(documents[start:start + 64], add_special_tokens=False):
        digest.update(array.array('I', encoding.ids).tobytes()); count += len(encoding.ids)
print(json.dumps({'ids': count, 'documents': len(documents), 'sha256': digest.hexdigest()}))
`;

/** Every id of the store beside that of the Rust tokenizers. */
function ids() {
  const rows = [];
  const tokenizers = { stories260K: stories, qwen3, ...(existsSync(smollm2) ? { smollm2 } : {}) };
  for (const [name, folder] of Object.entries(tokenizers)) {
    for (const file of [c4, join(shared, 'general/wiki_demo.txt'), tinystories]) {
      const bare = ['--document-start', 'none', '--document-end', 'none'];
      const { value } = adept(
        ['prepare', '--model', folder, '--data', file, ...bare, '--seq-len', '2'],
        freshCache(),
      );
      const stored = readFileSync(join(value.cache, 'tokens.bin'));
      const { width, tokens } = JSON.parse(readFileSync(join(value.cache, 'store.json'), 'utf8'));
      const ours =
        width === 2
          ? new Uint16Array(stored.buffer, stored.byteOffset, tokens)
          : new Uint32Array(stored.buffer, stored.byteOffset, tokens);
      const sha256 = createHash('sha256')
        .update(Buffer.from(Uint32Array.from(ours).buffer))
        .digest('hex');
      const reference = python(REFERENCE_IDS, join(folder, 'tokenizer.json'), file);
      rows.push({
        tokenizer: name,
        file: file.split('/').at(-1),
        ids: tokens,
        equal: sha256 === reference.sha256,
      });
    }
  }
  return rows;
}

const REFERENCE_SPEED = `
import json, sys, time
from tokenizers import Tokenizer
tokenizer = Tokenizer.from_file(sys.argv[1])
texts = [json.loads(line)['text'] for line in open(sys.argv[2], encoding='utf-8')]
begin = time.perf_counter()
for start in range(0, len(texts), 1000):
    tokenizer.encode_batch(texts[start:start + 1000], add_special_tokens=False)
print(json.dumps(time.perf_counter() - begin))
`;

/** Tokenising 40 MB with all cores, in turns with \`encode_batch\`: ours with reading and storing, theirs the encoding alone. */
function speed() {
  const file = repeated(c4, 40 * MEGABYTE);
  const rows = [];
  for (const [name, folder] of Object.entries({ qwen3, stories260K: stories })) {
    const [ours, theirs] = [[], []];
    for (let turn = 0; turn < TURNS; turn++) {
      ours.push(adept(['prepare', '--model', folder, '--data', file], freshCache()).value.seconds);
      theirs.push(python(REFERENCE_SPEED, join(folder, 'tokenizer.json'), file));
    }
    rows.push({
      tokenizer: name,
      ours: spread(ours),
      rust: spread(theirs),
      ratio: median(theirs) / median(ours),
    });
  }
  return rows;
}

const SHORT = [
  '--steps',
  '1',
  '--lr',
  '1e-3',
  '--seq-len',
  '64',
  '--max-probe-sequences',
  '2',
  '--max-eval-sequences',
  '2',
];

/** A model of stories260K with a copy of its third layer. */
function expanded() {
  const out = join(scratch, 'expanded');
  if (!existsSync(out)) {
    adept(['expand', '--model', stories, '--out', out, '--layers', '2'], freshCache());
  }
  return out;
}

let runs = 0;
function tune(file, cache, steps = SHORT) {
  const out = join(scratch, `run-${(runs += 1)}`);
  const args = [
    'tune',
    '--model',
    expanded(),
    '--domain',
    file,
    '--probe',
    tinystories,
    '--out',
    out,
    ...steps,
  ];
  const result = adept(args, cache);
  rmSync(out, { recursive: true, force: true });
  return result;
}

/** From the start of the command to its end after one step, on a stored text of 200 MB and on one of 2 MB. */
function second() {
  const cache = freshCache();
  const [large, small] = [repeated(tinystories, 200 * MEGABYTE), repeated(tinystories, 2 * MEGABYTE)];
  const first = tune(large, cache).seconds;
  tune(small, cache);
  const [larges, smalls] = [[], []];
  for (let turn = 0; turn < TURNS; turn++) {
    larges.push(tune(large, cache).seconds);
    smalls.push(tune(small, cache).seconds);
  }
  return {
    firstStart: first,
    large: spread(larges),
    small: spread(smalls),
    beyond: median(larges) - median(smalls),
  };
}

/** Most memory of `adept prepare`. */
function prepare() {
  return [200, 2000].map((size) => {
    const file = repeated(c4, size * MEGABYTE);
    const { value, megabytes } = adept(['prepare', '--model', qwen3, '--data', file], freshCache());
    rmSync(file);
    return { megabytes: size, peak: megabytes, seconds: value.seconds, tokens: value.tokens };
  });
}

/** Most memory of a run, with nothing stored before. */
function tuneMemory() {
  const steps = [...SHORT];
  steps[1] = '20';
  const rows = [];
  for (const size of [2, 200]) {
    const peaks = [];
    for (let turn = 0; turn < TURNS; turn++) {
      peaks.push(tune(repeated(tinystories, size * MEGABYTE), freshCache(), steps).megabytes);
    }
    rows.push({ megabytes: size, peak: spread(peaks) });
  }
  return { rows, more: rows[1].peak.median - rows[0].peak.median };
}

/** Kills `adept prepare` at random moments; what the next one ends with is the same, byte for byte. */
async function kills() {
  const file = repeated(tinystories, 40 * MEGABYTE);
  const args = ['prepare', '--model', stories, '--data', file, '--dedup', 'none'];
  const whole = adept(args, join(scratch, 'undisturbed'));
  const digest = (folder) =>
    readdirSync(folder)
      .sort()
      .map(
        (name) =>
          `${name} ${createHash('sha256')
            .update(readFileSync(join(folder, name)))
            .digest('hex')}`,
      )
      .join('\n');
  const expected = digest(whole.value.cache);
  let [equal, resumed] = [0, 0];
  for (let kill = 0; kill < KILLS; kill++) {
    const cache = freshCache();
    const env = { ...process.env, ADEPT_TEXT_CACHE: cache };
    const child = spawn(process.execPath, [cli, ...args], { env, stdio: 'ignore' });
    const gone = new Promise((resolve) => child.once('exit', resolve));
    await new Promise((resolve) => setTimeout(resolve, Math.random() * whole.seconds * 1000));
    child.kill('SIGKILL');
    await gone;
    const left = existsSync(cache)
      ? readdirSync(cache).filter((name) => existsSync(join(cache, name, 'store.json')))
      : [];
    resumed += left.length > 0 ? 1 : 0;
    const { value } = adept(args, cache);
    equal += digest(value.cache) === expected ? 1 : 0;
    rmSync(cache, { recursive: true, force: true });
  }
  return { kills: KILLS, equal, goneOnFromAPart: resumed };
}

function packing() {
  const run = spawnSync(process.execPath, [join(root, 'test/bench/texts/packing.mjs'), '5'], {
    encoding: 'utf8',
  });
  return JSON.parse(run.stdout.trim().split('\n').at(-1)).engines;
}

const PARTS = { ids, speed, second, prepare, tune: tuneMemory, kills, packing };
const { values } = parseArgs({ options: { only: { type: 'string' } } });
const before = existsSync(figures) ? JSON.parse(readFileSync(figures, 'utf8')) : {};
for (const [name, part] of Object.entries(PARTS)) {
  if (values.only === undefined || values.only.split(',').includes(name)) {
    console.error(`${name} …`);
    before[name] = await part();
    console.log(JSON.stringify({ [name]: before[name] }, null, 1));
    writeFileSync(
      figures,
      `${JSON.stringify({ ...before, processor: cpus()[0]?.model.trim(), cores: cpus().length }, null, 2)}\n`,
    );
  }
}
const page = join(root, 'docs/texts.md');
writeFileSync(page, withTable(readFileSync(page, 'utf8'), before));
