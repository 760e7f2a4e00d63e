import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import * as v from 'valibot';
import { estimate } from '../../src/shared/estimate/estimate';
import { readModelConfig } from '../../src/node/model/modelConfig';
import { adeptResult, runAdept } from '../support/command';
import { treeDigest } from '../support/treeDigest';
import { makeTunedWorld, type TunedWorld } from './world';

/** What is told where steps were timed. */
const Timed = v.object({
  timed: v.boolean(),
  ...v.entriesFromList(['secondsPerStep', 'seconds', 'memoryBytes'], v.number()),
});

describe('adept tune --dry-run', () => {
  const folder = mkdtempSync(join(tmpdir(), 'adept-dry-'));
  let world: TunedWorld;
  const out = join(folder, 'dry');

  before(async () => {
    world = await makeTunedWorld(folder);
  });

  after(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  const args = (...more: readonly (string | number)[]): (string | number)[] => [
    ...['tune', '--dry-run', '--model', world.expanded, '--domain', world.domain, '--probe', world.probe],
    ...['--out', out, '--steps', 24, '--lr', 1e-3, '--batch-size', 2, '--engine', 'wasm', ...more],
  ];

  it('says what the run would take, and starts nothing', async () => {
    const result = await adeptResult(args('--importance', world.importance));
    const price = estimate({
      config: readModelConfig(world.model),
      expanded: [0],
      tune: { batchSize: 2, seqLen: 256, gradAccum: 1, full: false },
      engine: 'wasm',
    });
    const { secondsPerStep, seconds, rates, overlaps, texts, ...rest } = result;
    assert.ok(Array.isArray(texts));
    const facts: readonly Record<string, unknown>[] = texts;
    // Rows of ids, around which nothing is put.
    assert.deepEqual(
      facts.map(({ documents, documentStart, skipped }) => [documents, documentStart, skipped]),
      [
        [16, null, 0],
        [8, null, 0],
      ],
    );
    assert.deepEqual(rest, {
      dryRun: true,
      timed: false,
      engine: 'wasm',
      steps: 24,
      sequences: 16,
      epochs: 3,
      replayed: 0,
      parametersTrained: price.parametersTrained,
      trainableShare: price.trainableShare,
      memoryBytes: price.memoryBytes,
    });
    // Evaluation texts are not named: training text and probe stand in for them.
    assert.deepEqual(overlaps, [
      { text: 'probe', other: 'training', share: 0 },
      { text: 'domain evaluation', other: 'training', share: 1 },
      { text: 'general evaluation', other: 'training', share: 0 },
      { text: 'general evaluation', other: 'probe', share: 1 },
    ]);
    // As many as the layer has units.
    assert.ok(Array.isArray(rates) && rates.length === 9);
    assert.ok(typeof secondsPerStep === 'number' && secondsPerStep > 0);
    assert.equal(seconds, secondsPerStep * 24);
    assert.ok(!existsSync(out));
  });

  it('times steps where no analysis says how fast this engine is, and leaves nothing behind', async () => {
    const before = treeDigest(folder);
    const { status, stdout } = await runAdept(args('--json'));
    assert.equal(status, 0);
    const { timed, secondsPerStep, seconds, memoryBytes } = v.parse(Timed, JSON.parse(stdout));
    assert.ok(timed && secondsPerStep > 0 && secondsPerStep < 60, `${secondsPerStep} s`);
    assert.equal(seconds, secondsPerStep * 24);
    const { memoryBytes: estimated } = await adeptResult(args('--importance', world.importance));
    assert.equal(memoryBytes, estimated);
    assert.deepEqual(treeDigest(folder), before);
  });

  it('says what was timed, and that rates are measured at the start', async () => {
    const { stdout } = await runAdept(args());
    assert.match(stdout, /24 steps, 3\.00 times over 16 sequences/);
    assert.match(stdout, /MB of memory; about [\d.]+ s per step, .* s for all \(steps were timed here\)/);
    assert.match(stdout, /the learning rates of the units are measured at the start/);
    assert.match(stdout, /nothing was started/);
  });

  it('refuses what the run itself would refuse', async () => {
    const { status, stderr } = await runAdept(args('--domain', join(folder, 'missing.jsonl')));
    assert.equal(status, 2);
    assert.match(stderr, /missing\.jsonl/);
  });
});
