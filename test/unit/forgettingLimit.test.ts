import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { readEvents } from '../../src/node/eventLog';
import { RunFolder } from '../../src/node/runFolder';
import { statusOf } from '../../src/node/runStatus';
import type { RunEvent } from '../../src/shared/runFolder';
import { forgettingVerdict } from '../../src/trainer/adept/forgettingLimit';
import { adeptResult } from '../support/command';
import { projectRoot } from '../support/projectRoot';
import { temporaryFolder } from '../support/temporaryFolder';

const SAMPLE = join(projectRoot, 'media/sample');

describe('the verdict on forgetting', () => {
  it('lets general loss rise up to the limit', () => {
    assert.equal(forgettingVerdict(0.5, 2, 2.5), undefined);
    assert.equal(forgettingVerdict(0, 2, 2), undefined);
    assert.equal(forgettingVerdict(0, 2, 1.5), undefined);
  });

  it('names both losses, the rise and the limit', () => {
    assert.equal(
      forgettingVerdict(0.02, 2.25, 2.375),
      'general loss is 2.3750 nats, 0.1250 more than the 2.2500 before tuning, and may rise by 0.02',
    );
  });

  it('counts what cannot be compared as too much', () => {
    assert.match(forgettingVerdict(0.1, 2, null) ?? '', /no finite number; it was 2\.0000/);
    assert.match(forgettingVerdict(0.1, null, 2) ?? '', /not known/);
  });
});

/** An expanded sample model, tuned at a learning rate that ruins it at once. */
async function ruinedRun(t: TestContext, limit: number): Promise<RunFolder> {
  const folder = temporaryFolder(t);
  const [model, out] = [join(folder, 'expanded'), join(folder, 'run')];
  const engine = ['--engine', 'wasm'];
  await adeptResult([
    ...['expand', '--model', join(SAMPLE, 'model'), '--out', model, '--layers', 6, ...engine],
  ]);
  await adeptResult([
    ...['tune', '--model', model, '--out', out, ...engine],
    ...['--domain', join(SAMPLE, 'domain.jsonl'), '--probe', join(SAMPLE, 'general.txt')],
    ...['--steps', '6', '--lr', '0.05', '--seq-len', '32', '--batch-size', '2', '--save-every', '100'],
    ...['--eval-every', '2', '--max-probe-sequences', '4', '--max-eval-sequences', '4'],
    ...['--max-general-rise', limit],
  ]);
  return RunFolder.open(out);
}

function eventsOf<T extends RunEvent['type']>(run: RunFolder, type: T): Extract<RunEvent, { type: T }>[] {
  return readEvents(run.file('events')).filter(
    (event): event is Extract<RunEvent, { type: T }> => event.type === type,
  );
}

function warnings(run: RunFolder): string[] {
  return eventsOf(run, 'log').flatMap(({ level, message }) => (level === 'warn' ? [message] : []));
}

describe('a run with a forgetting limit', () => {
  it('stops at the evaluation that exceeds it, saved; stops again when resumed; goes on when it is raised', async (t) => {
    const run = await ruinedRun(t, 0.001);
    const [before, after] = eventsOf(run, 'eval');
    const rise = (after?.generalLoss ?? NaN) - (before?.generalLoss ?? NaN);
    assert.ok(rise > 0.001, `general loss rose by ${rise}`);
    assert.equal(statusOf(run).state, 'stopped');
    assert.deepEqual(run.checkpoints(), [2]);
    assert.equal(warnings(run).length, 1);
    for (const part of [after?.generalLoss?.toFixed(4), before?.generalLoss?.toFixed(4), '0.001']) {
      assert.ok(warnings(run)[0]?.includes(part ?? '?'), `${warnings(run)[0]} names ${part}`);
    }

    await adeptResult(['resume', run.path]);
    assert.equal(statusOf(run).state, 'stopped');
    assert.equal(eventsOf(run, 'step').at(-1)?.step, 2);
    assert.equal(warnings(run).length, 2);

    const spec = run.readSpec();
    writeFileSync(
      run.file('spec'),
      JSON.stringify({ ...spec, tune: { ...spec.tune, maxGeneralRise: 1000 } }),
    );
    await adeptResult(['resume', run.path]);
    assert.equal(statusOf(run).state, 'done');
    assert.equal(eventsOf(run, 'step').at(-1)?.step, 6);
    assert.equal(warnings(run).length, 2);
  });

  it('also ends stopped, not done, when the last evaluation exceeds it', async (t) => {
    const run = await ruinedRun(t, 0.001);
    const spec = run.readSpec();
    writeFileSync(
      run.file('spec'),
      readFileSync(run.file('spec'), 'utf8').replace('"steps": 6', '"steps": 2'),
    );
    assert.notDeepEqual(run.readSpec(), spec);
    await adeptResult(['resume', run.path]);
    assert.equal(statusOf(run).state, 'stopped');
    assert.equal(eventsOf(run, 'done').length, 0);
  });
});
