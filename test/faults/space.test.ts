import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it, type TestContext } from 'node:test';
import { adeptResult, runAdept, type Argument } from '../support/command';
import { FULL_DISKS, type FullDisk } from '../support/fullDisk';
import { assertRefused } from '../support/refusal';
import { temporaryFolder } from '../support/temporaryFolder';
import { treeDigest } from '../support/treeDigest';
import { assertSameSteps, readRun, type RunContent } from './runs';
import { makeTunedWorld, write, type TunedWorld } from './world';

const folder = mkdtempSync(join(tmpdir(), 'adept-faults-'));
let world: TunedWorld;
let undisturbed: RunContent;
before(async () => {
  world = await makeTunedWorld(folder);
  const run = join(folder, 'undisturbed');
  await adeptResult(tune(run, 8));
  undisturbed = readRun(run);
});
after(() => {
  rmSync(folder, { recursive: true, force: true });
});

const WASM = ['--engine', 'wasm'];
/** What the records of a run take beside its log: pages of two files, and of one that takes a file's place. */
const RECORDS = 3 * 4096;
/** A checkpoint takes 230 kB, the events of a step 1.5 kB. */
const tune = (out: string, saveEvery: number): Argument[] => [
  ...['tune', '--model', world.expanded, '--domain', world.domain, '--probe', world.probe, '--out', out],
  ...[
    '--steps',
    24,
    '--lr',
    1e-3,
    '--batch-size',
    2,
    '--update-every',
    1,
    '--save-every',
    saveEvery,
    ...WASM,
  ],
];

/** Runs a command whose output lies where there is room for so many bytes. @returns what is on that disk afterwards. */
async function refusedFor(
  t: TestContext,
  full: FullDisk,
  bytes: number,
  args: (disk: string) => Argument[],
  says: readonly string[],
): Promise<string> {
  const own = temporaryFolder(t);
  const [disk, found] = [join(own, 'disk'), join(own, 'after')];
  mkdirSync(disk);
  mkdirSync(found);
  const digest = treeDigest(folder);
  const ended = await runAdept([...args(disk), '--json'], { through: full.through(disk, bytes, found) });
  assertRefused(ended, [...says, full.says, disk]);
  assert.deepEqual(treeDigest(folder), digest, 'something else was touched');
  return found;
}

/** Commands that write one thing, which then must not be there at all. */
const WRITERS: readonly [string, number, (disk: string) => Argument[], string][] = [
  [
    'adept expand',
    65536,
    (disk) => ['expand', '--model', world.model, '--layers', 0, '--out', join(disk, 'a', 'b'), ...WASM],
    'model.safetensors',
  ],
  ['adept export', 65536, (disk) => ['export', '--run', world.run, '--out', disk], 'model.safetensors'],
  [
    'adept analyze',
    512,
    (disk) => [
      ...['analyze', '--model', world.sharded, '--probe', world.probe],
      ...['--out', join(disk, 'importance.json'), ...WASM],
    ],
    'importance.json',
  ],
  [
    'adept tune, at its start',
    512,
    (disk) => [...tune(join(disk, 'run'), 8), '--eval', ...Array.from({ length: 99 }, () => world.probe)],
    'json',
  ],
];

for (const full of FULL_DISKS) {
  describe(full.name, { skip: full.skip, concurrency: 2 }, () => {
    for (const [title, bytes, args, file] of WRITERS) {
      it(`${title} leaves nothing`, async (t) => {
        // A file system's smallest unit is a page.
        const room = full.says === 'no space left' ? Math.max(bytes, 4096) : bytes;
        const found = await refusedFor(t, full, room, args, [file]);
        assert.deepEqual(readdirSync(found), []);
      });
    }

    it('a checkpoint appears whole or not at all, and the run goes on from there', async (t) => {
      const found = await refusedFor(
        t,
        full,
        full.says === 'no space left' ? 600_000 + RECORDS : 100_000,
        (disk) => tune(disk, 8),
        ['optimizer.safetensors'],
      );
      const { events, checkpoints } = readRun(found);
      assert.deepEqual(checkpoints, full.says === 'no space left' ? [8, 16] : []);
      assert.deepEqual(readdirSync(join(found, 'checkpoints')).length, checkpoints.length);
      assert.equal(events.at(-1)?.type, 'error');
      assert.equal((await adeptResult(['status', found])).state, 'failed');
      assert.equal((await adeptResult(['resume', found])).status, 'done');
      assertSameSteps(readRun(found), undisturbed);
    });

    it('the log of a run ends in a whole line, and the run goes on from there', async (t) => {
      const room = full.says === 'no space left' ? 24_000 + RECORDS : 24_000;
      const found = await refusedFor(t, full, room, (disk) => tune(disk, 24), []);
      const { steps } = readRun(found);
      assert.ok(steps.length > 4 && steps.length < 24, `${steps.length} steps`);
      assert.match(String((await adeptResult(['status', found])).state), /^(failed|died)$/);
      assert.equal((await adeptResult(['resume', found])).status, 'done');
      assertSameSteps(readRun(found), undisturbed);
    });

    it('a whole job leaves no half of a stage, and goes on from there', async (t) => {
      const config = (disk: string): string => {
        const { model, probe, domain } = world;
        const tuning = { steps: 2, learningRate: 1e-3 };
        const job = {
          model,
          probe: [probe],
          domain: [domain],
          out: join(disk, 'job'),
          engine: 'wasm',
          tune: tuning,
        };
        return write(join(disk, '..', 'job.adept.json'), JSON.stringify({ ...job, expand: { layers: [0] } }));
      };
      const found = await refusedFor(t, full, 100_000, (disk) => ['run', '--config', config(disk)], [
        'model.safetensors',
      ]);
      const run = join(found, 'job');
      const names = ['checkpoints', 'events.ndjson', 'importance.json', 'job.json', 'trainer.json'];
      assert.deepEqual(readdirSync(run).sort(), names);
      assert.equal((await adeptResult(['status', run])).state, 'failed');
      assert.equal((await adeptResult(['resume', run])).status, 'done');
    });
  });
}
