import assert from 'node:assert/strict';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { readEvents } from '../../../src/node/run/eventWriter';
import { requireResumable, setLaterAside, type ResumePoint } from '../../../src/node/run/laterResults';
import { RunFolder } from '../../../src/node/run/runFolder';
import { asKeysOf } from '../../../src/shared/settings/naming';
import { CHECKPOINT_FILES, checkpointName, type RunSpec } from '../../../src/shared/run/runFolder';
import { expand } from '../../../src/trainer/jobs/model/expand';
import { readTuneInput } from '../../../src/trainer/jobs/tune/tuneInput';
import { tuneRun } from '../../../src/trainer/jobs/tune/tuneRun';
import { TfjsExecutor } from '../../../src/trainer/tfjs/tfjsExecutor';
import { SILENT_TASK } from '../../../src/trainer/task';
import { onEveryEngine } from '../../support/engines';
import { expectInputError } from '../../support/expectInputError';
import { projectRoot } from '../../support/projectRoot';
import { RunFixture } from '../../support/runFixture';
import { tuneSettings } from '../../support/settings';
import { temporaryFolder } from '../../support/temporaryFolder';

function sampleRun(t: TestContext): RunFixture {
  const fixture = new RunFixture(temporaryFolder(t));
  [10, 20, 30].forEach((step) => fixture.checkpoint(step));
  return fixture;
}

describe('requireResumable', () => {
  it('refuses a checkpoint with later ones behind it unless these may be set aside', (t) => {
    const { run } = sampleRun(t);
    expectInputError(
      () => {
        requireResumable(run, { step: 20, discardLater: false });
      },
      'step-00000020 is not the last',
      'step-00000030',
      '--discard-later',
    );
    assert.doesNotThrow(() => {
      requireResumable(run, { step: 20, discardLater: true });
      requireResumable(run, { step: 30, discardLater: false });
    });
    expectInputError(
      () => {
        requireResumable(run, { step: 25, discardLater: true });
      },
      'step-00000025 does not exist',
      '10, 20, 30',
    );
  });

  it('counts the model that a whole job ended with as later, also where the checkpoints are gone', (t) => {
    const { run } = sampleRun(t);
    mkdirSync(join(run.path, 'export'));
    expectInputError(
      () => {
        requireResumable(run, { step: 30, discardLater: false });
      },
      'step-00000030',
      'with export',
    );
  });
});

describe('setLaterAside', () => {
  it('moves what came later into a folder of its own each time, and loses nothing', (t) => {
    const fixture = sampleRun(t);
    const { run } = fixture;
    mkdirSync(join(run.path, 'export'));
    const state = readFileSync(join(run.file('checkpoints'), checkpointName(30), CHECKPOINT_FILES.state));
    assert.equal(setLaterAside(run, 10), join(run.path, 'discarded', 'after-step-00000010'));
    assert.deepEqual(run.checkpoints(), [10]);
    assert.ok(!existsSync(join(run.path, 'export')));
    const aside = join(run.path, 'discarded', 'after-step-00000010');
    assert.deepEqual(readdirSync(aside).sort(), ['export', 'step-00000020', 'step-00000030']);
    assert.deepEqual(readFileSync(join(aside, checkpointName(30), CHECKPOINT_FILES.state)), state);
    assert.equal(setLaterAside(run, 10), undefined);
    fixture.checkpoint(20);
    assert.equal(setLaterAside(run, 10), join(run.path, 'discarded', 'after-step-00000010-2'));
  });
});

/** A run on the sample model, three checkpoints long. */
function realSpec(model: string): RunSpec {
  const sample = (name: string): string => join(projectRoot, 'media/sample', name);
  return {
    format: 'adept.run/1',
    createdAt: '2026-01-01T00:00:00.000Z',
    model,
    probe: [sample('general.txt')],
    domain: [sample('domain.jsonl')],
    eval: {},
    engine: 'auto',
    tune: tuneSettings({
      ...{ steps: 6, learningRate: 0.002, updateEvery: 3, batchSize: 1, seqLen: 16, schedule: 'linear' },
      ...{ saveEvery: 2, maxProbeSequences: 2, maxEvalSequences: 2, seed: 7 },
    }),
  };
}

onEveryEngine('resume from a checkpoint', (test) => {
  test('goes on bit for bit as the run did, with the later checkpoints set aside', async (engine) => {
    const executor = new TfjsExecutor(engine);
    const folder = mkdtempSync(join(tmpdir(), 'adept-test-'));
    try {
      const model = join(folder, 'expanded');
      const base = join(projectRoot, 'media/sample/model');
      const choice = { layers: [3] };
      const probe = [join(projectRoot, 'media/sample/general.txt')];
      await expand(executor, { model: base, out: model, choice, importance: undefined, probe }, SILENT_TASK);
      const run = RunFolder.create(join(folder, 'run'), '--out', (made) => {
        made.writeSpec(realSpec(model));
      });
      const tune = async (from?: ResumePoint): ReturnType<typeof tuneRun> =>
        tuneRun(
          run,
          await readTuneInput(run.readSpec(), asKeysOf('run.json'), SILENT_TASK),
          executor,
          { task: SILENT_TASK, onEvent: () => undefined },
          { from },
        );
      const first = await tune();
      const delta = (step: number): Buffer =>
        readFileSync(join(run.file('checkpoints'), checkpointName(step), CHECKPOINT_FILES.delta));
      const before = delta(6);
      assert.deepEqual(run.checkpoints(), [2, 4, 6]);

      await assert.rejects(tune({ step: 2, discardLater: false }), /step-00000002 is not the last/);
      assert.deepEqual(run.checkpoints(), [2, 4, 6]);

      const second = await tune({ step: 2, discardLater: true });
      assert.deepEqual(second, first);
      assert.deepEqual(delta(6), before);
      assert.deepEqual(run.checkpoints(), [2, 4, 6]);
      const aside = join(run.path, 'discarded', 'after-step-00000002');
      assert.deepEqual(readdirSync(aside).sort(), [checkpointName(4), checkpointName(6)]);
      const resumed = readEvents(run.file('events')).find(
        (event) => event.type === 'status' && event.status === 'resumed',
      );
      assert.equal(resumed?.type === 'status' && resumed.step, 2);
      assert.ok(resumed?.type === 'status' && resumed.message?.includes(aside));

      writeFileSync(
        join(run.file('checkpoints'), checkpointName(2), CHECKPOINT_FILES.delta),
        before.subarray(0, 100),
      );
      await assert.rejects(tune({ step: 2, discardLater: true }), /delta\.safetensors/);
      assert.deepEqual(run.checkpoints(), [2, 4, 6], 'nothing is set aside for a checkpoint that is damaged');
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
