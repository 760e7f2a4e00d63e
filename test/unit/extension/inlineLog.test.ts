import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { inlineLog, type InlineLog } from '../../../src/extension/inlineLog/inlineLog';
import type { RunEntry, EntryState } from '../../../src/extension/runs/runEntry';
import { statusOf } from '../../../src/node/run/runStatus';
import { ENGLISH } from '../../../src/shared/common/localizer';
import { FakeRun } from '../../support/fakeRun';
import { temporaryFolder } from '../../support/temporaryFolder';

const TEXT = `// Comments come first.
{
  "model": "model",
  "out": "runs/one",
  "probe": ["general.txt"],
  "domain": ["domain.txt"],
  "eval": {
    "general": ["held-out.txt"]
  },
  "tune": {
    "steps": 100, // few
    "saveEvery": 25
  }
}
`;

/** Notes by their line, counted from 1 as people do. */
function notesOf({ notes }: InlineLog): Record<string, string> {
  return Object.fromEntries(notes.map(({ line, text }) => [line + 1, text]));
}

function entry(t: TestContext, make: (run: FakeRun) => FakeRun, change: Partial<RunEntry> = {}): RunEntry {
  const run = make(new FakeRun(join(temporaryFolder(t), 'one')).wholeJob(100));
  const status = statusOf(run.folder);
  return { path: run.path, state: status.state, status, ...change };
}

const show = (text: string, run: RunEntry | undefined, trusted = true): InlineLog =>
  inlineLog(text, run, trusted, ENGLISH);

describe('the inline log of a *.adept.json', () => {
  it('offers to run a document that has no run yet', () => {
    const { lensLine, lenses, notes } = show(TEXT, undefined);
    assert.deepEqual({ lensLine, lenses, notes }, { lensLine: 1, lenses: ['run'], notes: [] });
    assert.deepEqual(show(TEXT, undefined, false).lenses, []);
  });

  it('offers to preview each text that it names, where anything may be started', () => {
    assert.deepEqual(show(TEXT, undefined).texts, [
      { key: 'domain', line: 5 },
      { key: 'probe', line: 4 },
      { key: 'eval.general', line: 7 },
    ]);
    assert.deepEqual(show(TEXT, undefined, false).texts, []);
    assert.deepEqual(show('{"domain": [', undefined).texts, [{ key: 'domain', line: 0 }]);
  });

  it('puts each part of a living run at the line it belongs to', (t) => {
    const run = entry(t, (made) =>
      made
        .trainer()
        .status('tuning')
        .evaluation(0, 3, 2)
        .step(25, 2.5)
        .evaluation(25, 2.25, 2.0125)
        .checkpoint(25, 2.25, 2.0125)
        .step(26, 2.4),
    );
    const log = show(TEXT, run);
    assert.deepEqual(notesOf(log), {
      4: 'running · step 26/100',
      6: 'domain loss 2.2500 (−0.7500 since the start)',
      8: 'general loss 2.0125 (+0.0125 since the start)',
      12: 'last checkpoint at step 25 · best domain loss 2.2500 at step 25',
    });
    assert.deepEqual(log.lenses, ['pause', 'stop', 'open']);
    assert.deepEqual(show(TEXT, run, false).lenses, ['open']);
  });

  it('falls back to the keys that are there', (t) => {
    const text = '{\n"probe": [],\n"tune": {}\n}';
    const run = entry(t, (made) => made.trainer().evaluation(0, null, 2).checkpoint(5, null, null));
    assert.deepEqual(notesOf(show(text, run)), {
      1: 'running',
      2: 'general loss 2.0000 (+0.0000 since the start)',
      3: 'last checkpoint at step 5',
    });
  });

  it('says how far a stage before tuning is', (t) => {
    const run = entry(t, (made) =>
      made
        .trainer()
        .status('analyzing')
        .event({ type: 'progress', stage: 'analyzing', fraction: 0.259, message: 'layer 2 of 8' }),
    );
    assert.deepEqual(notesOf(show(TEXT, run)), { 4: 'analyzing the model · 25% · layer 2 of 8' });
  });

  it('puts an error at the key that it names', (t) => {
    const failing = (message: string): RunEntry =>
      entry(t, (made) => made.trainer({ state: 'ended' }).event({ type: 'error', message }));
    const errorLine = (message: string): number | undefined =>
      show(TEXT, failing(message)).notes.find(({ kind }) => kind === 'error')?.line;
    assert.equal(errorLine('"probe": no file matches x: correct it.'), 4);
    assert.equal(errorLine('a.adept.json: "eval.general.0" is not usable: correct it.'), 7);
    assert.equal(errorLine('a.adept.json: "tune.learningRate" is not usable: correct it.'), 9);
    assert.equal(errorLine('--domain: cannot be read: correct it.'), 5);
    assert.equal(errorLine('a.adept.json, line 11: not JSON: correct it.'), 10);
    assert.equal(errorLine('the "weather" is bad: wait.'), 3);
    assert.deepEqual(show(TEXT, failing('no luck')).notes[0], {
      line: 3,
      text: 'failed · no luck',
      kind: 'error',
    });
  });

  it('offers what the state allows', (t) => {
    const lenses = (state: EntryState, change: Partial<RunEntry> = {}): readonly string[] =>
      show(
        TEXT,
        entry(t, (made) => made, { state, ...change }),
      ).lenses;
    assert.deepEqual(lenses('starting'), ['stop', 'open']);
    assert.deepEqual(lenses('paused'), ['resume', 'stop', 'open']);
    assert.deepEqual(lenses('stopped'), ['resume', 'run', 'open']);
    assert.deepEqual(lenses('died'), ['resume', 'run', 'open']);
    assert.deepEqual(lenses('done'), ['run', 'open']);
    assert.deepEqual(lenses('failed', { problem: 'it did not start' }), ['run', 'log']);
  });

  it('shows a run that cannot be read with the reason', () => {
    const log = show(TEXT, { path: '/runs/one', state: 'unreadable', problem: '/runs/one/run.json: newer.' });
    assert.deepEqual(notesOf(log), { 4: 'cannot be read · /runs/one/run.json: newer.' });
    assert.deepEqual(log.lenses, ['run']);
  });

  it('joins what falls on one line, whatever ends the lines', (t) => {
    const run = entry(t, (made) => made.trainer().evaluation(0, 3, 2));
    const log = show('{"out": "x", "probe": [],\r\n"domain": []}', run);
    assert.deepEqual(notesOf(log), {
      1: 'running · general loss 2.0000 (+0.0000 since the start)',
      2: 'domain loss 3.0000 (+0.0000 since the start)',
    });
  });

  it('is patient with a text that is being typed', (t) => {
    const run = entry(t, (made) => made.trainer());
    assert.deepEqual(notesOf(show('{\n  "out": "runs/one",\n  "tune": {', run)), { 2: 'running' });
    assert.deepEqual(show('', run), { lensLine: 0, lenses: [], texts: [], notes: [] });
    assert.deepEqual(show('[1, 2]', run).lenses, []);
  });
});
