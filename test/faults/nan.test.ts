import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it, type TestContext } from 'node:test';
import { TensorStore } from '../../src/trainer/safetensors/safetensors';
import { writeRows } from '../support/tokenRows';
import { randomSequences } from '../parity/randomModel';
import { adeptResult, runAdept, type Argument } from '../support/command';
import { assertRefused } from '../support/refusal';
import { temporaryFolder } from '../support/temporaryFolder';
import { treeDigest } from '../support/treeDigest';
import { assertSameCheckpoint, readRun, type RunContent } from './runs';
import { copyOf, makeWorld, type World } from './world';

const WASM = ['--engine', 'wasm'];
/** A token whose embedding is no number, so that every sequence with it has a loss that is none. */
const POISON = 70;

const folder = mkdtempSync(join(tmpdir(), 'adept-faults-'));
let world: World;
/** Rows without the token; in `poisoned` the fifth has it. */
let clean: string;
let poisoned: string;
let expanded: string;
before(async () => {
  world = makeWorld(folder);
  const rows = randomSequences(
    9,
    Array.from({ length: 8 }, () => 12),
    POISON,
  );
  clean = writeRows(join(folder, 'clean.jsonl'), rows);
  poisoned = writeRows(
    join(folder, 'poisoned.jsonl'),
    rows.map((row, index) => (index === 4 ? row.map((id, at) => (at === 3 ? POISON : id)) : row)),
  );
  const model = copyOf(world.model, join(folder, 'poisoned'));
  fill(model, 'model.embed_tokens.weight', POISON * 48, 48, 0x7e00);
  expanded = join(folder, 'expanded');
  await adeptResult([
    'expand',
    '--model',
    model,
    '--out',
    expanded,
    '--layers',
    0,
    '--probe',
    clean,
    ...WASM,
  ]);
});
after(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** Sets values of an F16 tensor from `begin` on to the number with these bits. */
function fill(model: string, name: string, begin: number, count: number, bits: number): void {
  const file = join(model, 'model.safetensors');
  const store = TensorStore.openFile(file);
  const { byteOffset } = store.entry(name);
  store.close();
  const bytes = readFileSync(file);
  for (let at = begin; at < begin + count; at++) {
    bytes.writeUInt16LE(bits, byteOffset + 2 * at);
  }
  writeFileSync(file, bytes);
}

const tune = (run: string, domain: string, ...more: Argument[]): Argument[] => [
  ...['tune', '--model', expanded, '--domain', domain, '--probe', clean, '--eval', clean, '--out', run],
  ...[
    '--order',
    'given',
    '--batch-size',
    1,
    '--steps',
    8,
    '--lr',
    1e-3,
    '--update-every',
    2,
    ...WASM,
    ...more,
  ],
];

/** Runs what breaks with a NaN, and checks how it ends: status 1, one sentence, an error event, "failed". */
async function broken(args: Argument[], run: string, says: readonly string[]): Promise<RunContent> {
  assertRefused(await runAdept([...args, '--json']), [run, ...says], 1);
  const content = readRun(run);
  const last = content.events.at(-1);
  assert.ok(last?.type === 'error');
  for (const part of says) {
    assert.ok(last.message.includes(part), last.message);
  }
  const status = await adeptResult(['status', run]);
  assert.deepEqual(
    [status.state, status.error, status.checkpoints],
    ['failed', last.message, content.checkpoints],
  );
  assert.deepEqual(
    readdirSync(join(run, 'checkpoints')).filter((name) => name.startsWith('.')),
    [],
  );
  return content;
}

/** The last checkpoint can be exported, and what is exported computes. */
async function assertExports(t: TestContext, run: string): Promise<Record<string, unknown>> {
  const out = join(temporaryFolder(t), 'out');
  await adeptResult(['export', '--run', run, '--out', out]);
  return adeptResult(['eval', '--model', out, '--data', clean, ...WASM]);
}

describe('a loss that is no number', { concurrency: 2 }, () => {
  for (const saveEvery of [3, 100]) {
    it(`at step 5: the state after step 4 is saved, --save-every ${saveEvery}`, async (t) => {
      const own = temporaryFolder(t);
      const [run, short] = [join(own, 'run'), join(own, 'short')];
      const says = ['step 5', 'loss is NaN', 'checkpoint at step 4', 'lower the learning rate'];
      const { steps, checkpoints } = await broken(tune(run, poisoned, '--save-every', saveEvery), run, says);
      assert.deepEqual(
        steps.map(({ step }) => step),
        [1, 2, 3, 4],
      );
      assert.deepEqual(checkpoints, saveEvery === 3 ? [3, 4] : [4]);
      await adeptResult([...tune(short, clean), '--steps', 5, '--save-every', 4, '--eval-every', 9]);
      assertSameCheckpoint(run, short, 4);
      await assertExports(t, run);

      // Going on from there meets the same loss, and leaves the checkpoints as they are.
      const before = treeDigest(join(run, 'checkpoints'));
      const again = await broken(['resume', run], run, says);
      assert.deepEqual(again.steps, steps);
      assert.deepEqual(treeDigest(join(run, 'checkpoints')), before);
    });
  }

  it('at step 1: the untouched start is saved, and the run can go on from it', async (t) => {
    const run = join(temporaryFolder(t), 'run');
    const rows = readFileSync(poisoned, 'utf8').trim().split('\n');
    const first = join(temporaryFolder(t), 'first.jsonl');
    writeFileSync(first, [...rows.slice(4), ...rows.slice(0, 4)].join('\n'));
    const { steps, checkpoints } = await broken(tune(run, first), run, [
      'step 1',
      'loss is NaN',
      'checkpoint at step 0',
    ]);
    assert.deepEqual([steps, checkpoints], [[], [0]]);
    const { loss } = await assertExports(t, run);
    assert.equal(loss, (await adeptResult(['eval', '--model', expanded, '--data', clean, ...WASM])).loss);

    // Somebody corrects the corpus, and the run goes as if nothing had happened.
    const straight = join(temporaryFolder(t), 'run');
    writeFileSync(first, readFileSync(clean));
    assert.equal((await adeptResult(['resume', run])).status, 'done');
    await adeptResult(tune(straight, clean));
    assertSameCheckpoint(run, straight, 8);
  });

  it('because the learning rate is far too high: no state that is broken is saved', async (t) => {
    for (const [saveEvery, evalEvery] of [
      [1, 5],
      [5, 1],
    ] as const) {
      const run = join(temporaryFolder(t), 'run');
      const rate = ['--lr', 1e38, '--max-grad-norm', 0, '--save-every', saveEvery, '--eval-every', evalEvery];
      const { checkpoints } = await broken(tune(run, clean, ...rate), run, ['1e+38', 'checkpoint at step 0']);
      assert.deepEqual(checkpoints, [0]);
      await assertExports(t, run);
    }
  });

  it('because the weights hold one: whatever reads them says so', async (t) => {
    const own = temporaryFolder(t);
    const model = copyOf(world.model, join(own, 'bad'));
    fill(model, 'model.layers.1.mlp.up_proj.weight', 5, 1, 0x7c00);
    const run = join(own, 'run');
    await broken([...tune(run, clean), '--model', model, '--full'], run, [
      'step 0',
      'importance is no number',
    ]);
    const before = treeDigest(own);
    for (const args of [
      ['analyze', '--probe', clean, '--out', join(own, 'new', 'i.json')],
      ['eval', '--data', clean],
      ['expand', '--layers', 0, '--out', join(own, 'new', 'out')],
    ]) {
      const ended = await runAdept([...args, '--model', model, ...WASM, '--json']);
      assertRefused(ended, [args[0] === 'expand' ? 'out' : 'bad', 'infinite'], 1);
      assert.deepEqual(treeDigest(own), before, String(args[0]));
    }
  });
});
