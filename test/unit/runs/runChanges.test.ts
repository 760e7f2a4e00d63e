import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { findRuns } from '../../../src/extension/runs/runDiscovery';
import { runRow } from '../../../src/extension/runs/runRow';
import { readJson, writeJson } from '../../../src/node/files/jsonFile';
import { duplicateConfig } from '../../../src/node/run/duplicateConfig';
import { readRunConfig } from '../../../src/node/job/runConfigFile';
import { removeDeletedRuns } from '../../../src/node/run/deletedRuns';
import { renameRun } from '../../../src/node/run/renameRun';
import { listExports, recordExport } from '../../../src/node/run/runExports';
import { RunFactsReader } from '../../../src/node/run/runFacts';
import { RunPast } from '../../../src/node/run/runPast';
import type { NewRunEvent } from '../../../src/shared/run/runFolder';
import { notesFile, readNotes, writeNotes } from '../../../src/node/run/runNotes';
import { statusOf } from '../../../src/node/run/runStatus';
import { tagsOf } from '../../../src/shared/run/runNotes';
import { ENGLISH } from '../../../src/shared/common/localizer';
import { expectInputError } from '../../support/expectInputError';
import { FakeRun } from '../../support/fakeRun';
import { scoresEvent } from '../../support/runEvents';
import { temporaryFolder } from '../../support/temporaryFolder';

// No process has it: above the largest process number of Linux.
const DEAD = 2 ** 22 + 7;

describe('notes and tags of a run', () => {
  it('are kept in its folder, and gone when nothing is left of them', (t) => {
    const run = new FakeRun(join(temporaryFolder(t), 'one')).tuned().path;
    assert.deepEqual(readNotes(run), { tags: [], note: '' });
    writeNotes(run, { tags: ['a', 'b c'], note: 'first\nsecond' });
    assert.deepEqual(readNotes(run), { tags: ['a', 'b c'], note: 'first\nsecond' });
    writeNotes(run, { tags: [], note: ' \n' });
    assert.equal(existsSync(notesFile(run)), false);
    assert.deepEqual(tagsOf(' a,b  c，a, ,'), ['a', 'b c']);
  });

  it('stay as they are in a file that cannot be used, which is said', (t) => {
    const run = new FakeRun(join(temporaryFolder(t), 'one')).tuned().path;
    for (const text of ['{ half', '{"format":"adept.notes/2","tags":[],"note":""}']) {
      writeFileSync(notesFile(run), text);
      expectInputError(() => readNotes(run), 'notes.json');
      expectInputError(() => {
        writeNotes(run, { tags: ['x'], note: '' });
      }, 'notes.json');
      assert.equal(readFileSync(notesFile(run), 'utf8'), text);
      assert.match(new RunFactsReader().read(run).notesProblem ?? '', /notes\.json/);
    }
  });
});

describe('a run that is renamed', () => {
  it('takes its log along, and what its files name inside its folder', (t) => {
    const parent = temporaryFolder(t);
    const run = new FakeRun(join(parent, 'old')).tuned().wholeJob().trainer({ state: 'ended' });
    const { path } = run;
    run.folder.writeSpec({
      ...run.folder.readSpec(),
      model: join(path, 'expanded'),
      probe: [`${path}-texts/a.txt`],
    });
    writeFileSync(`${path}.log`, 'words');
    recordExport(path, { out: join(path, 'mine'), step: 3, alpha: 1, dropped: [], createdAt: '' });
    const renamed = renameRun(path, 'new');
    assert.equal(renamed, join(parent, 'new'));
    assert.equal(existsSync(path), false);
    assert.equal(readFileSync(`${renamed}.log`, 'utf8'), 'words');
    const spec = readJson(join(renamed, 'run.json')) as { model: string; probe: string[] };
    assert.deepEqual([spec.model, spec.probe], [join(renamed, 'expanded'), [`${path}-texts/a.txt`]]);
    assert.equal((readJson(join(renamed, 'job.json')) as { config: { out: string } }).config.out, renamed);
    assert.match(readFileSync(join(renamed, 'exports.json'), 'utf8'), /new.mine/);
    // On many systems a name in other letters is the same name.
    assert.equal(renameRun(renamed, 'New'), join(parent, 'New'));
  });

  it('keeps its name while a trainer works on it, and where the other is taken', (t) => {
    const parent = temporaryFolder(t);
    const live = new FakeRun(join(parent, 'live')).tuned().trainer().status('started');
    expectInputError(() => renameRun(live.path, 'other'), 'stop it first');
    const idle = new FakeRun(join(parent, 'idle')).tuned().path;
    mkdirSync(join(parent, 'Taken'));
    writeFileSync(join(parent, 'logged.log'), '');
    for (const name of ['taken', 'logged', 'live']) {
      expectInputError(() => renameRun(idle, name), 'exists already');
    }
    assert.ok(existsSync(idle));
  });
});

describe('the copy of a run’s configuration', () => {
  it('keeps the comments of its file, and names another run folder', (t) => {
    const folder = temporaryFolder(t);
    const file = join(folder, 'tune-1.adept.json');
    writeFileSync(
      file,
      '{\n  // the base\n  "model": "m",\n  "probe": ["p.txt"],\n  "domain": ["d.txt"],\n  "out": "runs/tune-1",\n  "export": { "out": "there", "alpha": 0.5 },\n  "tune": { "steps": 9, "learningRate": 0.1 }\n}\n',
    );
    const run = new FakeRun(join(folder, 'runs', 'tune-1')).wholeJob().path;
    const copy = duplicateConfig({ run, file, folder }, 'tune-2');
    assert.equal(copy, join(folder, 'tune-2.adept.json'));
    const text = readFileSync(copy, 'utf8');
    assert.match(text, /\/\/ the base/);
    assert.match(text, /"out": "runs\/tune-2"/);
    assert.deepEqual(readRunConfig(copy).export, { alpha: 0.5 });
    expectInputError(() => duplicateConfig({ run, file, folder }, 'tune-2'), 'exists already');
  });

  it('is made of what the run did where there is no file', (t) => {
    const folder = temporaryFolder(t);
    const run = new FakeRun(join(folder, 'runs', 'one')).tuned(7, { seed: 5 }).wholeJob(9).path;
    const { out, tune, model } = readRunConfig(duplicateConfig({ run, folder }, 'two'));
    assert.deepEqual(
      [out, tune.steps, tune.seed, model],
      [join(folder, 'runs', 'two'), 7, 5, '/models/base'],
    );
    const tuned = new FakeRun(join(folder, 'runs', 'three')).tuned().path;
    expectInputError(() => duplicateConfig({ run: tuned, folder }, 'four'), 'adept tune');
  });
});

describe('what a run leaves', () => {
  it('exported models are listed with their run, as long as they are there', (t) => {
    const folder = temporaryFolder(t);
    const run = new FakeRun(join(folder, 'one')).wholeJob().path;
    const made = (out: string): string => {
      mkdirSync(out, { recursive: true });
      writeJson(join(out, 'config.json'), {});
      return out;
    };
    assert.deepEqual(listExports(run), []);
    const own = made(join(run, 'export'));
    const other = made(join(folder, 'half'));
    const record = { step: 6, alpha: 0.5, dropped: [2], createdAt: '2026-01-01' };
    recordExport(run, { out: join(folder, 'gone'), ...record });
    recordExport(run, { out: other, ...record, step: 5 });
    recordExport(run, { out: other, ...record });
    assert.deepEqual(
      listExports(run).map(({ out, step, alpha }) => [out, step, alpha]),
      [
        [own, null, 1],
        [other, 6, 0.5],
      ],
    );
    writeFileSync(join(run, 'exports.json'), 'rubbish');
    expectInputError(() => listExports(run), 'exports.json');
  });

  it('the rest of an interrupted deletion is no run, and goes when its process is gone', async (t) => {
    const parent = temporaryFolder(t);
    const left = new FakeRun(join(parent, `.one.deleted-${DEAD}`)).tuned().path;
    const underWay = new FakeRun(join(parent, `.two.deleted-${process.pid}`)).tuned().path;
    const run = new FakeRun(join(parent, 'three')).tuned().path;
    assert.deepEqual(findRuns(parent), [run]);
    assert.deepEqual(await removeDeletedRuns(parent), [left]);
    assert.deepEqual(
      [left, underWay, run].map((path) => existsSync(path)),
      [false, true, true],
    );
    assert.deepEqual(await removeDeletedRuns(join(parent, 'nothing')), []);
  });
});

describe('the past of a run', () => {
  const engine = { engine: 'wasm' };
  const rate = (step: number, from: number, to: number): NewRunEvent => ({
    ...{ type: 'log', level: 'info', message: 'changed' },
    about: { kind: 'baseRate', step, from, to },
  });

  it('has the time between two trainers, and the base rate in force', async (t) => {
    const run = new FakeRun(join(temporaryFolder(t), 'one')).wholeJob(100);
    const past = new RunPast(run.folder.file('events'));
    assert.equal(await past.readOn(), false, 'there is no log yet');
    // A job that is killed while it tunes, before its first checkpoint, and once more after it.
    run
      .event({ type: 'status', status: 'analyzing', engine })
      .event({ type: 'status', status: 'expanding', engine });
    run.event({ type: 'status', status: 'started', step: 0, engine }).step(1, 2);
    assert.equal(await past.readOn(), false);
    run.after(600).event({ type: 'status', status: 'started', step: 0, engine }).step(1, 2);
    run.event(rate(1, 1e-3, 5e-4)).step(2, 2);
    assert.equal(await past.readOn(), true);
    assert.deepEqual([past.idleSeconds, past.baseRate], [601, 5e-4]);
    run.event(rate(2, 5e-4, 1e-4)).status('stopped');
    run.after(60).event({ type: 'status', status: 'resumed', step: 1, engine });
    await past.readOn();
    assert.deepEqual([past.idleSeconds, past.baseRate], [662, 5e-4], 'the change after step 1 is undone');
    // A run that goes back by itself has had the same trainer all the time.
    run.after(60).event({ type: 'status', status: 'resumed', step: 0 });
    await past.readOn();
    assert.deepEqual([past.idleSeconds, past.baseRate], [662, undefined]);
    const again = new RunPast(run.folder.file('events'));
    await again.readOn();
    assert.deepEqual([again.idleSeconds, again.baseRate], [662, undefined], 'however it is read');
  });

  it('has every change of the rate, and the scores, without those after what it went back to', async (t) => {
    const run = new FakeRun(join(temporaryFolder(t), 'one')).wholeJob(100);
    const past = new RunPast(run.folder.file('events'));
    run.event({ type: 'status', status: 'started', step: 0, engine }).event(scoresEvent(0, 'mmlu', 31));
    run
      .event(rate(10, 1e-3, 5e-4))
      .event(scoresEvent(20, 'mmlu', 33))
      .event(rate(30, 5e-4, 1e-4));
    await past.readOn();
    assert.deepEqual(past.rateChanges, [
      { step: 10, to: 5e-4 },
      { step: 30, to: 1e-4 },
    ]);
    run.event(scoresEvent(40, 'mmlu', 36)).event({ type: 'status', status: 'resumed', step: 20, engine });
    await past.readOn();
    assert.deepEqual(past.rateChanges, [{ step: 10, to: 5e-4 }]);
    assert.deepEqual(
      past.scores.map(({ step }) => step),
      [0, 20],
    );
  });
});

describe('a row of the table of runs', () => {
  it('has what the folder says, and what can be done with the run now', (t) => {
    const run = new FakeRun(join(temporaryFolder(t), 'one')).wholeJob(100).trainer({ state: 'ended' });
    run.evaluation(0, 3, 2).step(50, 2.5).evaluation(50, 2.25, 2.125).status('stopped');
    writeNotes(run.path, { tags: ['x'], note: 'y' });
    const entry = { path: run.path, state: 'stopped', status: statusOf(run.folder) } as const;
    const facts = new RunFactsReader().read(run.path);
    const row = runRow(entry, facts, { hasConfig: false, trusted: true, past: undefined }, ENGLISH);
    assert.deepEqual(
      [row.name, row.model, row.learningRate, row.step, row.steps, row.domainChange, row.generalChange],
      ['one', 'base', 0.001, 50, 100, -0.75, 0.125],
    );
    assert.deepEqual([row.seconds, row.tags, row.note, row.layers], [3, ['x'], 'y', null]);
    assert.deepEqual(row.actions, ['open', 'share', 'rename', 'duplicate', 'resume', 'queue', 'delete']);
    assert.equal(row.study, null);
    const folder = join(temporaryFolder(t), 'first-study');
    mkdirSync(join(folder, 'runs'), { recursive: true });
    const ofStudy = { ...entry, path: join(folder, 'runs', 'adept-0') };
    const context = { hasConfig: false, trusted: true, past: undefined };
    assert.equal(runRow(ofStudy, facts, context, ENGLISH).study, null, 'any folder may be called so');
    writeJson(join(folder, 'study.json'), {});
    assert.equal(runRow(ofStudy, facts, context, ENGLISH).study, 'first-study');
    const untrusted = runRow(entry, facts, { hasConfig: false, trusted: false, past: undefined }, ENGLISH);
    assert.deepEqual(untrusted.actions, ['open', 'share']);
    const past = { idleSeconds: 2, baseRate: 5e-4 };
    const live = runRow(
      { ...entry, state: 'running' },
      facts,
      { hasConfig: true, trusted: true, past },
      ENGLISH,
    );
    assert.deepEqual([live.seconds, live.learningRate], [1, 5e-4], 'without idle time, at the rate in force');
    assert.deepEqual(live.actions, ['open', 'share', 'duplicate']);
  });
});
