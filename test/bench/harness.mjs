// `npm run bench:harness`: `adept eval` beside lm-evaluation-harness, question by question: answers to GSM8K in the model's own words, and
// choices of MMLU, on SmolLM2-135M. Needs a Python with `lm_eval[hf]`, and the data as files. Writes bench/results/harness.json and the table of
// docs/command-line.md.
//
//   npm run bench:harness -- --python PYTHON --data FOLDER     FOLDER has math/gsm8k_train.jsonl, math/gsm8k_test.jsonl, mmlu/dev, mmlu/val
//   npm run bench:harness -- … --questions 2 --subjects astronomy --dry    prints, and writes nothing
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { harnessTable, withHarness } from './harness/page.mjs';
import { MODELS, root, THREADS } from './performance/sides.mjs';

const SUBJECTS = 'miscellaneous,high_school_psychology,elementary_mathematics,high_school_macroeconomics';

const { values } = parseArgs({
  options: {
    python: { type: 'string' },
    data: { type: 'string' },
    questions: { type: 'string', default: '60' },
    subjects: { type: 'string', default: SUBJECTS },
    dry: { type: 'boolean', default: false },
  },
});
if (values.python === undefined || values.data === undefined) {
  throw new Error('--python and --data: name a Python with lm_eval[hf], and the folder of the data');
}
const data = resolve(values.data);
const subjects = values.subjects.split(',').filter((subject) => subject !== '');
const questions = Number(values.questions);
const { folder: model } = MODELS.smollm2;
const gsm8k = { train: join(data, 'math/gsm8k_train.jsonl'), test: join(data, 'math/gsm8k_test.jsonl') };
const work = mkdtempSync(join(tmpdir(), 'adept-harness-'));

function run(program, args) {
  const { status } = spawnSync(program, args, { stdio: ['ignore', 'inherit', 'inherit'] });
  if (status !== 0) {
    throw new Error(`${program} ended with ${String(status)}`);
  }
}

/** What the harness answers. */
function peer() {
  const [job, out] = [join(work, 'job.json'), join(work, 'peer.json')];
  const mmlu = { folder: join(data, 'mmlu'), subjects };
  writeFileSync(
    job,
    JSON.stringify({ model, threads: THREADS, gsm8k: { ...gsm8k, limit: questions }, mmlu }),
  );
  run(values.python, [join(root, 'test/bench/harness/peer.py'), job, out]);
  return JSON.parse(readFileSync(out, 'utf8'));
}

/** What `adept eval` answers, a row a question. */
function ours(...args) {
  const answers = join(work, 'answers.jsonl');
  const shared = ['--model', model, '--engine', 'native', '--shots', '5', '--answers', answers];
  run(process.execPath, [join(root, 'scripts/adept.mjs'), 'eval', ...shared, ...args]);
  return readFileSync(answers, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
}

function count(rows, isSo) {
  return rows.filter(isSo).length;
}

/** Of GSM8K: answers that are the same text, and those that both sides count alike. */
function generated(theirs) {
  const mine = ours(
    '--format',
    'generate',
    '--data',
    gsm8k.test,
    '--examples',
    gsm8k.train,
    '--max-sequences',
    questions,
  );
  return {
    ...{ task: 'GSM8K', questions: mine.length },
    same: count(mine, ({ answer }, index) => answer === theirs[index].answer),
    strict: {
      alike: count(mine, ({ strictMatch }, index) => strictMatch === theirs[index]['strict-match']),
      right: [count(mine, (row) => row.strictMatch), count(theirs, (row) => row['strict-match'])],
    },
    flexible: {
      alike: count(mine, ({ flexibleMatch }, index) => flexibleMatch === theirs[index]['flexible-extract']),
      right: [count(mine, (row) => row.flexibleMatch), count(theirs, (row) => row['flexible-extract'])],
    },
  };
}

/** Of MMLU: choices that are the same. */
function chosen(theirs) {
  const rows = subjects.flatMap((subject) => {
    const file = (split) => join(data, 'mmlu', split, `${subject}_${split}.csv`);
    const mine = ours('--format', 'choices', '--data', file('val'), '--examples', file('dev'));
    return mine.map(({ choice, answer }, index) => ({
      choice,
      right: choice === answer,
      ...pair(theirs[subject][index]),
    }));
  });
  return {
    ...{ task: `MMLU, ${subjects.length} subjects`, questions: rows.length },
    same: count(rows, ({ choice, theirChoice }) => choice === theirChoice),
    right: [count(rows, ({ right }) => right), count(rows, ({ theirRight }) => theirRight)],
  };
}

function pair({ choice, right }) {
  return { theirChoice: choice, theirRight: right };
}

try {
  const theirs = peer();
  const results = {
    ...{ date: new Date().toISOString(), model: 'SmolLM2-135M-Instruct', lmEval: theirs.version },
    rows: [
      ...(theirs.gsm8k === undefined ? [] : [generated(theirs.gsm8k)]),
      ...(subjects.length === 0 ? [] : [chosen(theirs.mmlu)]),
    ],
  };
  console.log(harnessTable(results));
  if (!values.dry) {
    writeFileSync(join(root, 'bench/results/harness.json'), `${JSON.stringify(results, null, 2)}\n`);
    const page = join(root, 'docs/command-line.md');
    writeFileSync(page, withHarness(readFileSync(page, 'utf8'), results));
  }
} finally {
  rmSync(work, { recursive: true, force: true });
}
