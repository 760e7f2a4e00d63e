// `npm run first-run`: the whole job on a real pretrained model, and docs/first-run.md with what it came to.
//
//   npm run first-run                    provides SmolLM2-135M, runs docs/first-run.adept.json, writes the page
//   npm run first-run -- --page-only     writes the page from the run that is there
//   npm run first-run -- --analysis      analyzes once more, for its time on an idle machine, and writes the page
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { heatmap } from './heatmap.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const run = join(root, '.cache/first-run');
const model = join(root, '.cache/models/SmolLM2-135M-Instruct');
const data = join(root, '../shared/data');
const SEQUENCES = 64;
const SETS = [
  ['GSM8K test (domain)', 'math/gsm8k_test.jsonl'],
  ['C4 (general)', 'general/c4_demo.jsonl'],
  ['Wikipedia (general)', 'general/wiki_demo.txt'],
];

/** @param {string[]} args @returns {Record<string, unknown>} the JSON object of the last line */
function adept(...args) {
  const { status, stdout } = spawnSync(
    process.execPath,
    [join(root, 'scripts/adept.mjs'), ...args, '--json'],
    {
      cwd: root,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'inherit'],
      maxBuffer: 2 ** 28,
    },
  );
  if (status !== 0) {
    process.exit(status ?? 1);
  }
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? '');
}

/** @param {string} folder of a model @returns {number[]} mean loss on each of {@link SETS} */
function losses(folder) {
  return SETS.map(([, file]) => {
    const options = ['--seq-len', '256', '--max-sequences', String(SEQUENCES), '--engine', 'native'];
    return Number(adept('eval', '--model', folder, '--data', join(data, file), ...options).loss);
  });
}

/** The analysis of the configuration, by itself. */
function analyzeAgain() {
  const { config } = readJson('job.json');
  const { mode, seqLen, maxSequences, batchSize } = config.analyze;
  const sizes = ['--seq-len', seqLen, '--max-sequences', maxSequences, '--batch-size', batchSize].map(String);
  const out = join(run, 'analysis.json');
  adept(
    'analyze',
    '--model',
    model,
    '--probe',
    ...config.probe,
    '--mode',
    mode,
    ...sizes,
    '--engine',
    'native',
    '--out',
    out,
  );
}

/** @param {string} file */
function readJson(file) {
  return JSON.parse(readFileSync(join(run, file), 'utf8'));
}

if (process.argv.includes('--analysis')) {
  analyzeAgain();
} else if (!process.argv.includes('--page-only')) {
  if (!existsSync(data)) {
    process.stderr.write(
      `adept: ${data} is missing: the first run needs MMLU, GSM8K and general text there.\n`,
    );
    process.exit(2);
  }
  const made = spawnSync(process.execPath, [join(root, 'scripts/smollm2.mjs')], { stdio: 'inherit' });
  if (made.status !== 0) {
    process.exit(1);
  }
  adept('setup');
  rmSync(run, { recursive: true, force: true });
  adept('run', '--config', join(root, 'docs/first-run.adept.json'));
}
if (!existsSync(join(run, 'losses.json'))) {
  const measured = { before: losses(model), after: losses(join(run, 'export')) };
  writeFileSync(join(run, 'losses.json'), `${JSON.stringify(measured)}\n`);
}
const report = readJson('report.json');
const importance = readJson('importance.json');
writeFileSync(join(root, 'docs/images/heatmap.svg'), heatmap(importance, report.layers.expanded));
writeFileSync(join(root, 'docs/first-run.md'), page(report, importance, readJson('losses.json')));

/** How long the analysis takes where nothing else runs, if that was measured. */
function alone() {
  if (!existsSync(join(run, 'analysis.json'))) {
    return '';
  }
  const { layersSeconds, unitsSeconds } = readJson('analysis.json').timing;
  return `The job shared its two cores with other programs. On an idle machine the analysis (\`npm run first-run -- --analysis\`) takes
${layersSeconds.toFixed(0)} s for all layers and ${unitsSeconds.toFixed(0)} s for all units.

`;
}

function page(report, importance, measured) {
  const { layers, parameters, seconds, before, after, engine } = report;
  const row = (name, old, now) =>
    `| ${name} | ${old.toFixed(4)} | ${now.toFixed(4)} | ${now >= old ? '+' : '−'}${Math.abs(now - old).toFixed(4)} |`;
  const percent = (share) => `${(share * 100).toFixed(1)}%`;
  const million = (count) => `${(count / 1e6).toFixed(1)} M`;
  const steps = readFileSync(join(run, 'events.ndjson'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
    .filter(({ type }) => type === 'step');
  const speeds = steps.map(({ tokensPerSecond }) => tokensPerSecond).sort((a, b) => a - b);
  const ranked = [...importance.layers].sort((a, b) => b.importance - a.importance);
  return `# A first run on a real model

SmolLM2-135M-Instruct (LLaMA architecture, ${layers.before} layers, ${million(parameters.before)} parameters) learns grade-school mathematics:
analyzed on MMLU's dev questions, its ${layers.expanded.length} least important layers expanded, the added layers tuned on GSM8K for ${report.steps} steps.
One command does the run and writes this page:

\`\`\`
npm run first-run
\`\`\`

Its configuration is [first-run.adept.json](first-run.adept.json). Measured on ${cpus()[0]?.model.trim()}, ${cpus().length} threads,
${(totalmem() / 2 ** 30).toFixed(0)} GiB, ${engine.library} on ${engine.device}.

## Results

Mean next-token loss in nats, the first ${SEQUENCES} sequences of 256 tokens of each text, measured with \`adept eval\`:

| text | before | after | change |
|---|---|---|---|
${SETS.map(([name], at) => row(name, measured.before[at], measured.after[at])).join('\n')}

MMLU val, the first ${JSON.parse(JSON.stringify(readJson('job.json').config.choices.maxQuestions))} questions by likelihood of the letter: ${percent(before.accuracy)} before, ${percent(after.accuracy)} after
(chance level for a model of this size).

## Time and memory

| stage | seconds |
|---|---|
${Object.entries(seconds)
  .map(([stage, time]) => `| ${stage} | ${time.toFixed(1)} |`)
  .join('\n')}

${alone()}Peak resident memory of the whole job: ${(report.peakMemory / 1e9).toFixed(2)} GB. Trained: ${million(parameters.trained)} of ${million(parameters.after)} parameters
(${percent(parameters.trained / parameters.after)}). Tuning: ${speeds[Math.floor(speeds.length / 2)]?.toFixed(0)} tokens per second (median of ${steps.length} steps).

## Importance

Exact importance on ${importance.probe.tokens} tokens of MMLU dev (increase in loss without the layer, nats; base loss ${importance.baseLoss.toFixed(4)}). Most important: ${ranked
    .slice(0, 4)
    .map(({ index, importance: value }) => `layer ${index} (${value.toFixed(3)})`)
    .join(', ')}. Least important, and expanded: ${layers.expanded
    .map((layer) => `layer ${layer} (${importance.layers[layer].importance.toFixed(4)})`)
    .join(', ')}.

![Importance of every layer and unit](images/heatmap.svg)
`;
}
