import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import * as v from 'valibot';
import { RunFolder } from '../../src/node/run/runFolder';
import { HarnessFile, type HarnessMetric, type HarnessTask } from '../../src/shared/run/harness';
import { adeptResult, runAdept } from '../support/command';
import { projectRoot } from '../support/projectRoot';
import { assertRefused } from '../support/refusal';
import { temporaryFolder } from '../support/temporaryFolder';

const sample = (name: string): string => join(projectRoot, 'media/sample', name);
/** What lm-evaluation-harness 0.4.13 wrote of the sample model: two tasks on local files, one with two filters. */
const RECORDED = join(projectRoot, 'test/jobs/harness/results.json');
/** What it says of a dataset that is not in the cache, without a network. */
const UNREACHABLE = join(projectRoot, 'test/jobs/harness/unreachable.txt');

/**
 * An ADEPT home with a Python in which the harness is what a shell script makes of it: it notes its arguments, says that it has a version, and
 * then does what `does` says, with the folder of its results as $OUT.
 */
function homeWith(
  t: TestContext,
  does: string,
  version = 'echo 0.4.13',
): { home: string; asked: () => string[] } {
  const home = temporaryFolder(t);
  const [python, args] = [join(home, 'python'), join(home, 'arguments.txt')];
  const script = [
    '#!/bin/sh',
    `if [ "$1" = -c ]; then ${version}; exit; fi`,
    `printf '%s\\n' "$@" > '${args}'`,
    `MODEL=$(sed -n 's/.*"pretrained":"\\([^"]*\\)".*/\\1/p' '${args}')`,
    'while [ $# -gt 0 ]; do [ "$1" = --output_path ] && OUT="$2"; shift; done',
    does,
  ];
  writeFileSync(python, script.join('\n'));
  chmodSync(python, 0o755);
  mkdirSync(join(home, 'torch'));
  writeFileSync(join(home, 'torch', 'torch.json'), JSON.stringify({ format: 'adept.torch/1', python }));
  return { home, asked: () => readFileSync(args, 'utf8').trim().split('\n') };
}

/** Only where the model that it was given is there, whole. */
const WRITES = `[ -f "$MODEL/config.json" ] && [ -f "$MODEL/model.safetensors" ] || exit 3
mkdir -p "$OUT/model" && cp '${RECORDED}' "$OUT/model/results_2026-11-29T20-00-00.json"`;

const metric = (name: string, filter: string, value: number, stderr: number): HarnessMetric => ({
  ...{ metric: name, filter, value, stderr },
});
const EXPECTED: readonly HarnessTask[] = [
  {
    ...{ task: 'words', version: '1', shots: 2, asked: 5, all: 8 },
    metrics: [
      metric('acc', 'none', 0.2, 0.20000000000000004),
      metric('acc_norm', 'none', 0.2, 0.20000000000000004),
    ],
  },
  {
    ...{ task: 'sums', version: '3', shots: 2, asked: 5, all: 6 },
    metrics: [metric('exact_match', 'strict-match', 0, 0), metric('exact_match', 'flexible-extract', 0, 0)],
  },
];

function environment(home: string): { env: Record<string, string> } {
  return { env: { ADEPT_HOME: home } };
}

describe('adept eval --harness', () => {
  it('keeps with a run what the harness measured of a checkpoint of it', async (t) => {
    const folder = temporaryFolder(t);
    const [config, out] = [join(folder, 'job.adept.json'), join(folder, 'run')];
    const tune = { steps: 2, learningRate: 0.01, batchSize: 2, seqLen: 32, maxProbeSequences: 2 };
    const job = {
      ...{ model: sample('model'), probe: [sample('general.txt')], domain: [sample('domain.jsonl')], out },
      ...{ analyze: { mode: 'fast', seqLen: 32, maxSequences: 4 }, expand: { layers: [6] } },
      ...{ engine: 'wasm', tune: { ...tune, maxEvalSequences: 2, saveEvery: 1 } },
    };
    writeFileSync(config, JSON.stringify(job));
    await adeptResult(['run', '--config', config]);

    const { home, asked } = homeWith(t, WRITES);
    const options = ['--limit', 5, '--shots', 2, '--include', folder, '--batch-size', 3];
    const ofCheckpoint = await adeptResult(
      ['eval', '--harness', 'words', 'sums', '--run', out, '--checkpoint', 1, '--alpha', 0.5, ...options],
      environment(home),
    );
    const args = asked();
    const of = (name: string): string => args[args.indexOf(name) + 1] ?? '';
    assert.deepEqual(args.slice(0, 2), ['-m', 'lm_eval']);
    assert.deepEqual(
      ['--model', '--tasks', '--limit', '--num_fewshot', '--include_path', '--batch_size', '--device'].map(
        of,
      ),
      ['hf', 'words,sums', '5', '2', folder, '3', 'cpu'],
    );
    const { pretrained, dtype } = JSON.parse(of('--model_args')) as Record<string, string>;
    assert.equal(dtype, 'auto');
    assert.equal(existsSync(pretrained ?? ''), false, 'the folder of the checkpoint is taken away again');

    await adeptResult(['eval', '--harness', 'words', '--model', join(out, 'export')], environment(home));
    const file = v.parse(HarnessFile, JSON.parse(readFileSync(RunFolder.at(out).file('harness'), 'utf8')));
    const facts = file.results.map(({ model, step, alpha, limit, lmEval }) => [
      model,
      step,
      alpha,
      limit,
      lmEval,
    ]);
    assert.deepEqual(facts, [
      [null, 1, 0.5, 5, '0.4.13'],
      ['export', null, null, null, '0.4.13'],
    ]);
    assert.deepEqual(ofCheckpoint.tasks, file.results[0]?.tasks);
    assert.deepEqual(file.results[1]?.tasks, EXPECTED);
    assert.equal(ofCheckpoint.keptIn, RunFolder.at(out).file('harness'));
  });

  it('says what is missing and how to get it', async (t) => {
    const evaluated = (home: string, ...args: string[]) =>
      runAdept(['eval', '--harness', 'gsm8k', '--model', sample('model'), ...args], environment(home));
    assertRefused(await evaluated(temporaryFolder(t)), ['adept setup --torch'], 1);
    const without = homeWith(t, WRITES, 'exit 1').home;
    assertRefused(await evaluated(without), ['-m pip install "lm_eval[hf]'], 1);
    const offline = homeWith(t, `cat '${UNREACHABLE}' >&2; exit 1`).home;
    assertRefused(await evaluated(offline), ['openai/gsm8k', 'datasets/openai___gsm8k', '--include'], 1);
    const says =
      'echo "ValueError: Tasks not found: gsm8k" >&2; echo "  0%|  | 0/1 [00:00<?, ?it/s]" >&2; exit 1';
    const broken = homeWith(t, says).home;
    assertRefused(await evaluated(broken), ['(ValueError: Tasks not found: gsm8k)'], 1);
    const other = homeWith(t, 'echo "{}" > "$OUT/results_1.json"').home;
    assertRefused(await evaluated(other), ['another form', 'use version 0.4'], 1);
    assertRefused(await evaluated(other, '--engine', 'wasm'), ['--engine wasm', 'PyTorch']);
    assertRefused(await evaluated(other, '--run', 'none'), ['--model', 'either a model or a run']);
  });
});
