import assert from 'node:assert/strict';
import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { describe, it, type TestContext } from 'node:test';
import type { RunFolder } from '../../../src/node/run/runFolder';
import { AdeptError } from '../../../src/shared/common/errors';
import { TrainerHeartbeat } from '../../../src/trainer/jobs/lease/trainerHeartbeat';
import { RunFixture } from '../../support/runFixture';
import { temporaryFolder } from '../../support/temporaryFolder';

const ENGINE = { engine: 'torch', device: 'GPU', library: 'none', threads: 1 } as const;
const START = Date.UTC(2026, 0, 1);

function claimed(t: TestContext): { run: RunFolder; heartbeat: TrainerHeartbeat } {
  const { run } = new RunFixture(temporaryFolder(t));
  t.mock.timers.enable({ apis: ['setInterval', 'Date'], now: START });
  return { run, heartbeat: TrainerHeartbeat.claim(run, 'socket', ENGINE) };
}

/** Seconds after the start that the file was last written. */
function refresh(run: RunFolder): number {
  return (Date.parse(run.readTrainer()?.heartbeat ?? '') - START) / 1000;
}

describe('the heartbeat of a trainer', () => {
  it('goes on while an answer is waited for, and ends with the trainer', (t) => {
    const { run, heartbeat } = claimed(t);
    for (const seconds of [2, 4, 60]) {
      t.mock.timers.tick(START + seconds * 1000 - Date.now());
      assert.equal(refresh(run), seconds);
    }
    assert.equal(run.readTrainer()?.state, 'running');
    heartbeat.end();
    t.mock.timers.tick(10_000);
    assert.equal(run.readTrainer()?.state, 'ended');
    assert.equal(refresh(run), 60);
  });

  it('survives a file that cannot be written, which the trainer then learns where it can be told', (t) => {
    const { run, heartbeat } = claimed(t);
    const file = run.file('trainer');
    const aside = `${file}.aside`;
    renameSync(file, aside);
    // A file cannot be renamed onto a folder that has something in it.
    mkdirSync(file);
    writeFileSync(`${file}/something`, '');
    t.mock.timers.tick(4000);
    assert.throws(
      () => {
        heartbeat.refresh();
      },
      (error) => error instanceof AdeptError && error.message.includes(file),
    );
    rmSync(file, { recursive: true });
    renameSync(aside, file);
    t.mock.timers.tick(2000);
    assert.equal(refresh(run), 6);
    heartbeat.end();
  });
});
