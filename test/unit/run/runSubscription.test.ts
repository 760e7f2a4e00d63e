import assert from 'node:assert/strict';
import { appendFileSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import * as v from 'valibot';
import { readRunFiles } from '../../../src/node/run/runFiles';
import { thinned } from '../../../src/node/runPage/runFeed';
import { RunSubscription } from '../../../src/node/runPage/runSubscription';
import { RunNews, type EvalPoint } from '../../../src/shared/webview/run';
import { FakeClock } from '../../support/fakeClock';
import { eventLine, eventLines, evalEvent, importanceEvent, stepEvent } from '../../support/runEvents';
import { temporaryFolder } from '../../support/temporaryFolder';

interface Following {
  readonly folder: string;
  readonly events: string;
  readonly clock: FakeClock;
  readonly session: RunSubscription;
  readonly messages: { readonly time: number; readonly message: RunNews }[];
  /** Lets the session read what was written, and the time for it pass. */
  readonly settle: () => Promise<void>;
}

function follow(t: TestContext): Following {
  const folder = temporaryFolder(t);
  const clock = new FakeClock();
  const messages: { time: number; message: RunNews }[] = [];
  const session = new RunSubscription({
    folder,
    clock,
    post: (message) => {
      messages.push({ time: clock.now(), message: v.parse(RunNews, JSON.parse(JSON.stringify(message))) });
    },
    window: () => ({ isTrusted: true, remoteName: undefined, pending: undefined }),
  });
  t.after(() => {
    session.dispose();
  });
  const settle = async (): Promise<void> => {
    session.refresh();
    for (let round = 0; round < 10; round += 1) {
      clock.advance(100);
      await setTimeout(5);
    }
  };
  return { folder, events: join(folder, 'events.ndjson'), clock, session, messages, settle };
}

describe('RunSubscription', () => {
  it('sends a snapshot when the page is ready, then what changed', async (t) => {
    const { events, session, messages, settle } = follow(t);
    writeFileSync(
      events,
      eventLines([{ type: 'status', status: 'started', step: 0 }, evalEvent(0, 3, 2), stepEvent(1)]),
    );
    session.ready();
    await settle();
    const [first, ...others] = messages.map(({ message }) => message);
    assert.equal(first?.type, 'snapshot');
    assert.deepEqual(others, []);
    assert.deepEqual(first.curves?.loss.x, [1]);
    assert.equal(first.evals?.length, 1);
    assert.equal(first.log?.lines.length, 2);
    appendFileSync(events, eventLines([stepEvent(2), importanceEvent(2)], 3));
    await settle();
    const [, update] = messages.map(({ message }) => message);
    assert.equal(update?.type, 'update');
    assert.deepEqual(Object.keys(update).sort(), ['curves', 'importance', 'log', 'marks', 'summary', 'type']);
    assert.deepEqual(update.importance?.columns.length, 1);
    assert.deepEqual(update.log?.lines.length, 1);
    assert.equal(messages.length, 2);
  });

  it('sends the part that the page is zoomed to in detail, and again only while that grows', async (t) => {
    const { session, events, messages, settle } = follow(t);
    appendFileSync(events, eventLines(Array.from({ length: 5000 }, (_, index) => stepEvent(index + 1))));
    session.ready();
    const told = async (count: number): Promise<void> => {
      while (messages.length < count) {
        await settle();
      }
    };
    await told(1);
    session.zoomTo([100, 200]);
    await told(2);
    appendFileSync(events, eventLines([stepEvent(5001)], 5000));
    await told(3);
    session.zoomTo(null);
    await told(4);
    const details = messages.map(({ message }) => message.detail);
    assert.deepEqual(
      details.map((detail) => detail?.loss.x.length ?? detail),
      [undefined, 101, undefined, null],
    );
    assert.ok((messages[0]?.message.curves?.loss.x.length ?? 0) < 4100);
  });

  it('tells what the files of the last export compute, of those that are there and were measured', async (t) => {
    const { folder, session, messages, settle } = follow(t);
    const losses = { domainLoss: 1.25, generalLoss: null };
    const record = { step: 6, alpha: 1, dropped: [], dtype: 'bfloat16', losses, createdAt: '2026-01-01' };
    const exported = (name: string): string => {
      mkdirSync(join(folder, name));
      writeFileSync(join(folder, name, 'config.json'), '{}');
      return join(folder, name);
    };
    const exports = [
      { ...record, out: exported('first') },
      { ...record, out: exported('half'), alpha: 0.5, step: 5 },
      { ...record, out: join(folder, 'gone') },
      { ...record, out: exported('unmeasured'), losses: undefined },
    ];
    session.ready();
    await settle();
    assert.equal(messages[0]?.message.summary?.exported, null);
    writeFileSync(join(folder, 'exports.json'), JSON.stringify({ format: 'adept.exports/1', exports }));
    await settle();
    assert.deepEqual(messages[1]?.message.summary?.exported, {
      ...{ name: 'half', step: 5, alpha: 0.5, dropped: [], dtype: 'bfloat16' },
      losses,
    });
    writeFileSync(join(folder, 'exports.json'), JSON.stringify({ format: 'adept.exports/1', exports: 1 }));
    await settle();
    assert.equal(messages[2]?.message.summary?.exported, null);
    assert.equal(messages[2].message.problems?.items[0]?.file, join(folder, 'exports.json'));
  });

  it('says nothing when nothing happened', async (t) => {
    const { events, session, messages, settle } = follow(t);
    writeFileSync(events, eventLines([stepEvent(1)]));
    session.ready();
    for (let round = 0; round < 5; round += 1) {
      await settle();
    }
    assert.equal(messages.length, 1);
  });

  it('sends at most ten messages in any second of a run that is faster', async (t) => {
    const { events, clock, session, messages } = follow(t);
    session.ready();
    for (let step = 1; step <= 300; step += 1) {
      appendFileSync(events, eventLine(step, stepEvent(step)));
      session.refresh();
      clock.advance(10);
      await setTimeout(1);
    }
    assert.ok(messages.length > 10, `${messages.length} messages`);
    for (const { time: begin } of messages) {
      const within = messages.filter(({ time }) => time >= begin && time < begin + 1000).length;
      assert.ok(within <= 10, `${within} messages in the second from ${begin} ms`);
    }
  });

  it('sends nothing while the page is hidden, and a snapshot of everything when it is shown again', async (t) => {
    const { events, session, messages, settle } = follow(t);
    writeFileSync(events, eventLines([stepEvent(1)]));
    session.ready();
    await settle();
    session.hidden();
    appendFileSync(events, eventLines([stepEvent(2), evalEvent(2, 1, 1)], 1));
    await settle();
    assert.equal(messages.length, 1);
    session.ready();
    await settle();
    const [, shown, ...others] = messages.map(({ message }) => message);
    assert.equal(shown?.type, 'snapshot');
    assert.deepEqual(shown.curves?.loss.x, [1, 2]);
    assert.equal(shown.evals?.length, 1);
    assert.deepEqual(others, []);
  });

  it('sends a new snapshot when the log was replaced', async (t) => {
    const { events, session, messages, settle } = follow(t);
    writeFileSync(events, eventLines([stepEvent(1), stepEvent(2)]));
    session.ready();
    await settle();
    writeFileSync(events, eventLines([stepEvent(1, 9)]));
    await settle();
    const last = messages.at(-1)?.message;
    assert.equal(last?.type, 'snapshot');
    assert.deepEqual(last.curves?.loss.y, [9]);
  });

  it('shows what it can of a run folder of a newer version, and says what it cannot', async (t) => {
    const { folder, events, session, messages, settle } = follow(t);
    writeFileSync(
      join(folder, 'run.json'),
      JSON.stringify({ format: 'adept.run/2', model: '/m/new', tune: { steps: 40, rule: 'b' } }),
    );
    writeFileSync(
      events,
      `${eventLine(0, stepEvent(1))}{"seq":1,"time":"t","type":"merge","step":1}\n${eventLine(2, stepEvent(2))}`,
    );
    session.ready();
    await settle();
    const [{ message } = { message: undefined }] = messages;
    assert.deepEqual(
      [message?.summary?.steps, message?.summary?.model, message?.summary?.step],
      [40, '/m/new', 2],
    );
    const problems = message?.problems;
    assert.equal(problems?.total, 2);
    assert.match(problems.items[0]?.message ?? '', /"adept.run\/2".*reads "adept.run\/1": update ADEPT/);
    assert.deepEqual([problems.items[1]?.file, problems.items[1]?.line], [events, 2]);
    assert.match(problems.items[1]?.message ?? '', /no event "merge"/);
  });

  it('says so when the log cannot be read, and goes on when it can', async (t) => {
    const { events, session, messages, settle } = follow(t);
    mkdirSync(events);
    session.ready();
    await settle();
    assert.match(messages.at(-1)?.message.problems?.items[0]?.message ?? '', /cannot be read/);
    assert.equal(messages.at(-1)?.message.summary?.state, 'waiting');
    rmSync(events, { recursive: true });
    writeFileSync(events, eventLines([stepEvent(1)]));
    await settle();
    assert.equal(messages.at(-1)?.message.problems?.total, 0);
    assert.equal(messages.at(-1)?.message.summary?.step, 1);
  });

  it('follows a folder that is made later and removed again', async (t) => {
    const { folder, events, session, messages, settle } = follow(t);
    rmSync(folder, { recursive: true });
    session.ready();
    await settle();
    assert.equal(messages.at(-1)?.message.summary?.state, 'gone');
    mkdirSync(folder);
    writeFileSync(events, eventLines([{ type: 'status', status: 'stopped', step: 4 }]));
    await settle();
    assert.equal(messages.at(-1)?.message.summary?.state, 'stopped');
    rmSync(folder, { recursive: true });
    await settle();
    assert.equal(messages.at(-1)?.message.summary?.state, 'gone');
  });
});

describe('readRunFiles', () => {
  it('reads a good folder without a word', async (t) => {
    const folder = temporaryFolder(t);
    const facts = await readRunFiles(folder);
    assert.deepEqual(facts.problems, []);
    assert.equal(facts.hasConfig, false);
    assert.equal(facts.isAlive, undefined);
  });

  it('names each file that it cannot use, and the field', async (t) => {
    const folder = temporaryFolder(t);
    writeFileSync(join(folder, 'run.json'), '{');
    writeFileSync(join(folder, 'trainer.json'), '{"format":"adept.trainer/1","pid":"x"}');
    writeFileSync(join(folder, 'job.json'), '[]');
    const { problems, isAlive } = await readRunFiles(folder);
    assert.equal(isAlive, undefined);
    assert.deepEqual(
      problems.map(({ file }) => file).sort(),
      ['job.json', 'run.json', 'trainer.json'].map((name) => join(folder, name)),
    );
    const about = (name: string): string => problems.find(({ file }) => file.endsWith(name))?.message ?? '';
    assert.match(about('run.json'), /as JSON/);
    assert.match(about('trainer.json'), /"pid"/);
  });

  it('knows whether the trainer lives', async (t) => {
    const folder = temporaryFolder(t);
    const trainer = {
      format: 'adept.trainer/1',
      pid: process.pid,
      startedAt: '',
      heartbeat: '',
      socket: null,
      state: 'running',
      engine: {},
    };
    writeFileSync(join(folder, 'trainer.json'), JSON.stringify(trainer));
    assert.equal((await readRunFiles(folder)).isAlive, true);
    writeFileSync(join(folder, 'trainer.json'), JSON.stringify({ ...trainer, state: 'ended' }));
    assert.equal((await readRunFiles(folder)).isAlive, false);
  });
});

describe('thinned', () => {
  it('keeps the extremes of both losses and the last point', () => {
    const points = Array.from({ length: 10_000 }, (_, step): EvalPoint => ({
      step,
      domainLoss: Math.sin(step),
      generalLoss: step % 2 ? null : Math.cos(step),
    }));
    points[4321] = { step: 4321, domainLoss: -5, generalLoss: 8 };
    const some = thinned(points, 200);
    assert.ok(some.length <= 201, `${some.length} points`);
    assert.ok(some.some(({ step }) => step === 4321));
    assert.equal(some.at(-1)?.step, 9999);
    assert.equal(thinned(points.slice(0, 50), 200).length, 50);
  });
});
