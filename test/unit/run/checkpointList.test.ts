import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import {
  checkpointInNeed,
  deleteCheckpoint,
  labelCheckpoint,
  labelProblem,
} from '../../../src/node/run/checkpointChanges';
import { listCheckpoints } from '../../../src/node/run/checkpointList';
import { requireCheckpoint } from '../../../src/node/run/checkpointState';
import { expectInputError } from '../../support/expectInputError';
import { RunFixture } from '../../support/runFixture';
import { temporaryFolder } from '../../support/temporaryFolder';

function sampleRun(t: TestContext): RunFixture {
  const fixture = new RunFixture(temporaryFolder(t));
  fixture.checkpoint(10, { domainLoss: 3, generalLoss: 1.5, loss: 3.25 });
  fixture.checkpoint(20, { domainLoss: 2, generalLoss: 1.75, loss: 2.5 });
  fixture.checkpoint(30, { domainLoss: 2, generalLoss: 1.5 });
  fixture.checkpoint(35);
  return fixture;
}

describe('listCheckpoints', () => {
  it('lists by step what state.json says, with the size of the files', (t) => {
    const { run } = sampleRun(t);
    const list = listCheckpoints(run);
    assert.deepEqual(
      list.map(({ step, domainLoss, generalLoss }) => [step, domainLoss, generalLoss]),
      [
        [10, 3, 1.5],
        [20, 2, 1.75],
        [30, 2, 1.5],
        [35, null, null],
      ],
    );
    const [first] = list;
    assert.equal(first?.createdAt, '2026-01-01T00:00:10.000Z');
    assert.equal(first.loss, 3.25);
    assert.equal(first.problem, null);
    const sizes = readdirSync(first.folder).map((name) => readFileSync(join(first.folder, name)).length);
    assert.equal(
      first.bytes,
      sizes.reduce((a, b) => a + b, 0),
    );
  });

  it('marks the lowest domain and general loss, the earliest of equals, and the last', (t) => {
    const list = listCheckpoints(sampleRun(t).run);
    assert.deepEqual(
      list.filter(({ bestDomain }) => bestDomain).map(({ step }) => step),
      [20],
    );
    assert.deepEqual(
      list.filter(({ bestGeneral }) => bestGeneral).map(({ step }) => step),
      [10],
    );
    assert.deepEqual(
      list.filter(({ last }) => last).map(({ step }) => step),
      [35],
    );
  });

  it('marks nothing as best where nothing was measured', (t) => {
    const fixture = new RunFixture(temporaryFolder(t));
    assert.deepEqual(listCheckpoints(fixture.run), []);
    fixture.checkpoint(1);
    const [only] = listCheckpoints(fixture.run);
    assert.equal(only?.bestDomain, false);
    assert.equal(only.bestGeneral, false);
  });

  it('lists a damaged checkpoint with what is wrong, and the others as they are', (t) => {
    const fixture = sampleRun(t);
    writeFileSync(join(fixture.run.file('checkpoints'), 'step-00000010', 'state.json'), '{"format": 1');
    rmSync(join(fixture.run.file('checkpoints'), 'step-00000020', 'delta.safetensors'));
    fixture.checkpoint(40, { step: 41 });
    writeFileSync(join(fixture.run.file('checkpoints'), 'step-00000050'), 'no folder');
    const list = listCheckpoints(fixture.run);
    const problems = new Map(list.map(({ step, problem }) => [step, problem]));
    assert.match(problems.get(10) ?? '', /step-00000010\/state\.json: is not JSON/);
    assert.match(problems.get(20) ?? '', /step-00000020\/delta\.safetensors: is missing/);
    assert.match(problems.get(40) ?? '', /"step" is 41, not 40 as its folder says/);
    assert.match(problems.get(50) ?? '', /step-00000050/);
    assert.equal(list.at(-1)?.bytes, 0);
    assert.equal(problems.get(30), null);
  });

  it('leaves out what is being written', (t) => {
    const fixture = sampleRun(t);
    const folder = fixture.run.file('checkpoints');
    fixture.checkpoint(50);
    writeFileSync(join(folder, '.step-00000060.partial'), '');
    assert.equal(listCheckpoints(fixture.run).at(-1)?.step, 50);
  });
});

describe('labelCheckpoint', () => {
  it('gives a name, changes it and takes it away; the folder keeps its own', (t) => {
    const { run } = sampleRun(t);
    const label = (): string | null | undefined => listCheckpoints(run)[1]?.label;
    assert.equal(label(), null);
    labelCheckpoint(run, 20, '  before the rate fell ');
    assert.equal(label(), 'before the rate fell');
    assert.deepEqual(run.checkpoints(), [10, 20, 30, 35]);
    labelCheckpoint(run, 20, 'é');
    assert.equal(label(), 'é');
    labelCheckpoint(run, 20, ' ');
    assert.equal(label(), null);
    assert.ok(!existsSync(join(requireCheckpoint(run, 20), 'label.json')));
  });

  it('refuses a label that is too long and a checkpoint that is gone', (t) => {
    const { run } = sampleRun(t);
    expectInputError(() => {
      labelCheckpoint(run, 20, 'x'.repeat(81));
    }, 'at most 80 characters');
    assert.equal(labelProblem('x'.repeat(80)), undefined);
    rmSync(requireCheckpoint(run, 20), { recursive: true });
    expectInputError(
      () => {
        labelCheckpoint(run, 20, 'gone');
      },
      'step-00000020 does not exist',
      'steps 10, 30, 35',
    );
  });

  it('takes a label file that is damaged for none', (t) => {
    const { run } = sampleRun(t);
    writeFileSync(join(requireCheckpoint(run, 10), 'label.json'), '{"label": 4}');
    assert.equal(listCheckpoints(run)[0]?.label, null);
    assert.equal(listCheckpoints(run)[0]?.problem, null);
  });
});

describe('deleteCheckpoint', () => {
  it('removes the folder and leaves nothing beside it', (t) => {
    const { run } = sampleRun(t);
    deleteCheckpoint(run, 20);
    assert.deepEqual(readdirSync(run.file('checkpoints')).sort(), [
      'step-00000010',
      'step-00000030',
      'step-00000035',
    ]);
    assert.equal(listCheckpoints(run).find(({ bestDomain }) => bestDomain)?.step, 30);
    expectInputError(() => {
      deleteCheckpoint(run, 20);
    }, 'step-00000020 does not exist');
  });

  it('keeps the last checkpoint while a trainer works on the run, unless that is confirmed', (t) => {
    const fixture = sampleRun(t);
    const { run } = fixture;
    assert.equal(checkpointInNeed(run), undefined);
    fixture.pretendToTrain('running');
    assert.equal(checkpointInNeed(run), 35);
    expectInputError(
      () => {
        deleteCheckpoint(run, 35);
      },
      'step-00000035',
      'stop the run first',
    );
    deleteCheckpoint(run, 30);
    deleteCheckpoint(run, 35, true);
    assert.deepEqual(run.checkpoints(), [10, 20]);
    fixture.pretendToTrain('ended');
    assert.equal(checkpointInNeed(run), undefined);
    deleteCheckpoint(run, 20);
    assert.deepEqual(run.checkpoints(), [10]);
  });
});
