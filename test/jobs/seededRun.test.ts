import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { readEvents } from '../../src/node/run/eventWriter';
import { RunFolder } from '../../src/node/run/runFolder';
import type { RunEvent } from '../../src/shared/run/runFolder';
import { adeptResult } from '../support/command';
import { projectRoot } from '../support/projectRoot';
import { temporaryFolder } from '../support/temporaryFolder';

const SAMPLE = join(projectRoot, 'media/sample');
const GOLDEN = join(projectRoot, 'test/jobs/golden/seededRun.json');
const STEPS = 12;
const EVERY = 4;

/** The sample, shorter: it analyzes, expands, tunes, refreshes rates, evaluates, replays and saves. */
const CONFIG = {
  model: join(SAMPLE, 'model'),
  out: 'run',
  engine: 'wasm',
  probe: [join(SAMPLE, 'general.txt')],
  analyze: { seqLen: 64, maxSequences: 8, batchSize: 4 },
  expand: { lowest: 2 },
  domain: [join(SAMPLE, 'domain.jsonl')],
  replay: [join(SAMPLE, 'general.txt')],
  eval: { domain: [join(SAMPLE, 'domain-eval.jsonl')], general: [join(SAMPLE, 'general-eval.txt')] },
  tune: {
    steps: STEPS,
    learningRate: 1e-3,
    warmup: 2,
    schedule: 'cosine',
    updateEvery: EVERY,
    evalEvery: EVERY,
    saveEvery: EVERY,
    batchSize: 4,
    seqLen: 64,
    maxProbeSequences: 8,
    maxEvalSequences: 8,
    replayShare: 0.25,
    maxGradNorm: 1,
    weightDecay: 0.01,
    seed: 7,
  },
};

const sha256 = (path: string): string => createHash('sha256').update(readFileSync(path)).digest('hex');

/** A run that is over before its second sample has its first. */
function checkSamples(events: readonly RunEvent[]): void {
  const samples = events.flatMap((event) => (event.type === 'resources' ? [event] : []));
  const [first] = samples;
  assert.ok((first?.residentBytes ?? 0) > 2 ** 20, 'the trainer takes memory');
  assert.ok((first?.machineFreeBytes ?? 0) < (first?.machineTotalBytes ?? 0), 'the machine has some');
  assert.equal(first?.cpuPercent, undefined, 'nothing came before');
  for (const [index, { time, seconds, cpuPercent }] of samples.entries()) {
    const before = samples[index - 1];
    if (before !== undefined) {
      assert.ok(Date.parse(time) - Date.parse(before.time) > 9000, 'one in ten seconds');
      assert.ok((seconds ?? 0) > 9 && (cpuPercent ?? 0) > 0, 'it computed');
    }
  }
}

/** All that a run computed, none of it rounded: JSON keeps every bit of a number. */
async function computed(t: TestContext): Promise<unknown> {
  const folder = temporaryFolder(t);
  const config = join(folder, 'seeded.adept.json');
  writeFileSync(config, JSON.stringify(CONFIG));
  await adeptResult(['run', '--config', config]);
  const run = RunFolder.at(join(folder, 'run'));
  const events = readEvents(run.file('events'));
  checkSamples(events);
  return {
    losses: events.flatMap((event) => (event.type === 'step' ? [[event.loss, event.gradNorm]] : [])),
    evaluations: events.flatMap((event) =>
      event.type === 'eval' ? [[event.step, event.domainLoss, event.generalLoss]] : [],
    ),
    rates: events.flatMap((event) =>
      event.type === 'importance'
        ? [
            event.units.map(({ layer, name, importance, learningRate }) => [
              layer,
              name,
              importance,
              learningRate,
            ]),
          ]
        : [],
    ),
    checkpoints: Array.from({ length: STEPS / EVERY }, (_, index) => {
      const step = `step-${String((index + 1) * EVERY).padStart(8, '0')}`;
      const checkpoint = join(folder, 'run/checkpoints', step);
      return [step, ...['delta', 'optimizer'].map((name) => sha256(join(checkpoint, `${name}.safetensors`)))];
    }),
  };
}

describe('a seeded run on wasm', () => {
  it('computes what it always computed, bit for bit', async (t) => {
    const now = JSON.stringify(await computed(t), null, 1);
    if (process.env.ADEPT_RECORD === '1') {
      writeFileSync(GOLDEN, `${now}\n`);
    }
    assert.deepEqual(JSON.parse(now), JSON.parse(readFileSync(GOLDEN, 'utf8')));
  });
});
