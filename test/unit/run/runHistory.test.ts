import assert from 'node:assert/strict';
import { appendFileSync, readFileSync, renameSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { RunHistory, type RunHistoryOptions } from '../../../src/node/run/runHistory';
import type { RunRecord } from '../../../src/node/run/runRecord';
import type { NewRunEvent } from '../../../src/shared/run/runFolder';
import { eventLine, eventLines, evalEvent, importanceEvent, stepEvent } from '../../support/runEvents';
import { temporaryFolder } from '../../support/temporaryFolder';

interface Log {
  readonly file: string;
  readonly history: RunHistory;
  readonly append: (text: string) => Promise<boolean>;
}

function log(t: TestContext, options?: RunHistoryOptions): Log {
  const file = join(temporaryFolder(t), 'events.ndjson');
  const history = new RunHistory(file, options);
  return {
    file,
    history,
    append: (text) => {
      appendFileSync(file, text);
      return history.readOn();
    },
  };
}

function losses(record: RunRecord): [number, number][] {
  const { x, y } = record.loss.take(true).extremes;
  return x.map((step, index) => [step, y[index] ?? NaN]);
}

/** Steps from `first` to `last`, each with its loss. */
function steps(first: number, last: number, loss: (step: number) => number): NewRunEvent[] {
  return Array.from({ length: last - first + 1 }, (_, index) =>
    stepEvent(first + index, loss(first + index)),
  );
}

describe('RunHistory', () => {
  it('waits for a log that is not there yet', async (t) => {
    const { history, append } = log(t);
    assert.equal(await history.readOn(), false);
    assert.equal(history.isKnown, true);
    assert.equal(history.record.terminalEvent, undefined);
    assert.equal(await append(eventLine(0, { type: 'status', status: 'started', step: 0 })), true);
    assert.equal(history.record.stage, 'started');
    assert.equal(await history.readOn(), false);
  });

  it('reads on where it stopped, also in the middle of a line and of a character', async (t) => {
    const { file, history, append } = log(t);
    const text = Buffer.from(
      eventLines([
        stepEvent(1, 2.5),
        { type: 'log', level: 'warn', message: 'Gewichte überschritten, 学習率を下げる' },
        stepEvent(2, 2.25),
      ]),
    );
    for (const byte of text) {
      appendFileSync(file, Buffer.of(byte));
      await history.readOn();
    }
    await append('');
    assert.deepEqual(losses(history.record), [
      [1, 2.5],
      [2, 2.25],
    ]);
    const [line] = history.record.log.last(1);
    assert.deepEqual([line?.text, line?.level], ['Gewichte überschritten, 学習率を下げる', 'warn']);
    assert.equal(history.record.problems.total, 0);
  });

  it('lets the steps that a resumed run did again replace the earlier ones', async (t) => {
    const { history, append } = log(t);
    await append(
      eventLines([
        { type: 'status', status: 'started', step: 0 },
        evalEvent(0, 3, 2),
        ...steps(1, 10, () => 1),
        evalEvent(10, 2.9, 2.1),
        { type: 'checkpoint', step: 10, path: 'x', domainLoss: 2.9, generalLoss: 2.1 },
        importanceEvent(10),
        ...steps(11, 18, () => 2),
        evalEvent(15, 9, 9),
        importanceEvent(15),
      ]),
    );
    assert.equal(history.record.step, 18);
    await append(
      eventLines([{ type: 'status', status: 'resumed', step: 10 }, ...steps(11, 13, (step) => -step)], 40),
    );
    assert.equal(history.record.step, 13);
    assert.deepEqual(losses(history.record), [
      ...Array.from({ length: 10 }, (_, index) => [index + 1, 1]),
      [11, -11],
      [12, -12],
      [13, -13],
    ]);
    assert.deepEqual(
      history.record.evals.map(({ step }) => step),
      [0, 10],
    );
    assert.deepEqual(
      history.record.units.since(0).columns.map(({ step }) => step),
      [10],
    );
    assert.deepEqual(
      history.record.checkpoints.map(({ step }) => step),
      [10],
    );
  });

  it('reports a line that it cannot use once, with its number, and goes on', async (t) => {
    const { file, history, append } = log(t);
    await append(
      [
        eventLine(0, stepEvent(1)),
        'half a l\n',
        eventLine(1, stepEvent(2)),
        '{"seq":2,"time":"","type":"step","step":3}\n',
        eventLine(3, stepEvent(3)),
      ].join(''),
    );
    await append(eventLine(4, stepEvent(4)));
    await append('\n');
    assert.equal(history.record.step, 4);
    const { items, total } = history.record.problems;
    assert.equal(total, 3);
    assert.deepEqual(
      items.map((item) => [item.file, item.line]),
      [
        [file, 2],
        [file, 4],
        [file, 7],
      ],
    );
    assert.match(items[1]?.message ?? '', /"loss"/);
  });

  it('counts the problems that are too many to keep', async (t) => {
    const { history, append } = log(t);
    await append('x\n'.repeat(1000) + eventLine(0, stepEvent(1)));
    assert.equal(history.record.problems.total, 1000);
    assert.equal(history.record.problems.items.length, 50);
    assert.equal(history.record.step, 1);
  });

  it('begins again when the file becomes shorter', async (t) => {
    const { file, history, append } = log(t);
    await append(eventLines(steps(1, 20, () => 1)));
    const { generation } = history;
    truncateSync(file, eventLines(steps(1, 5, () => 1)).length);
    assert.equal(await history.readOn(), true);
    assert.notEqual(history.generation, generation);
    assert.equal(history.record.step, 5);
    assert.equal(losses(history.record).length, 5);
  });

  it('begins again when the file was replaced by a longer one', async (t) => {
    const { file, history, append } = log(t);
    await append(eventLines(steps(1, 5, () => 1)));
    const { generation } = history;
    writeFileSync(`${file}.new`, eventLines(steps(1, 30, () => 2)));
    renameSync(`${file}.new`, file);
    assert.equal(await history.readOn(), true);
    assert.notEqual(history.generation, generation);
    assert.equal(losses(history.record).length, 30);
    assert.ok(losses(history.record).every(([, loss]) => loss === 2));
  });

  it('begins again when the file was removed, and made anew', async (t) => {
    const { file, history, append } = log(t);
    await append(eventLines(steps(1, 5, () => 1)));
    rmSync(file);
    assert.equal(await history.readOn(), true);
    assert.equal(history.record.step, 0);
    assert.equal(await history.readOn(), false);
    await append(eventLines(steps(1, 2, () => 3)));
    assert.deepEqual(losses(history.record), [
      [1, 3],
      [2, 3],
    ]);
  });

  it('goes on after a torn last line was cut off and others were written in its place', async (t) => {
    const { file, history, append } = log(t);
    const whole = eventLines(steps(1, 3, () => 1));
    await append(`${whole}{"seq":3,"time":"2026-11-25T08:00:0`);
    const { generation } = history;
    truncateSync(file, whole.length);
    await append(
      eventLine(3, { type: 'status', status: 'resumed', step: 2 }) + eventLine(4, stepEvent(3, 9)),
    );
    assert.equal(history.generation, generation);
    assert.equal(history.record.problems.total, 0);
    assert.deepEqual(losses(history.record), [
      [1, 1],
      [2, 1],
      [3, 9],
    ]);
  });

  it('reads events larger than its buffer', async (t) => {
    const { history, append } = log(t);
    const layers = Array.from({ length: 20_000 }, (_, index) => index);
    await append(eventLines([importanceEvent(1, layers), stepEvent(1)]));
    assert.equal(history.record.problems.total, 0);
    assert.equal(history.record.units.since(0).units.length, 40_000);
    assert.equal(history.record.step, 1);
  });

  it('passes over a line that no event can be as long as', async (t) => {
    const { history, append } = log(t);
    const long = 'x'.repeat(10 * 2 ** 20);
    await append(eventLine(0, stepEvent(1)) + long.slice(0, 9 * 2 ** 20));
    assert.equal(history.record.step, 1);
    await append(`${long}\n${eventLines([stepEvent(2)], 1)}nothing\n`);
    assert.equal(history.record.step, 2);
    assert.deepEqual(
      history.record.problems.items.map(({ line }) => line),
      [2, 4],
    );
  });

  it('samples a long log first: everything but steps, and steps up to the last', async (t) => {
    const { file, history } = log(t, { sampleAbove: 100_000, sampledSteps: 100 });
    const events = steps(1, 5000, (step) => Math.sin(step)).flatMap((event, index) =>
      index % 500 === 250 ? [event, evalEvent(index + 1, index, 1), importanceEvent(index + 1)] : [event],
    );
    writeFileSync(file, `${eventLines(events)}broken\n`);
    const pictures: { generation: number; step: number; evals: number; points: number }[] = [];
    await history.readOn(() => {
      const { record, generation, isKnown, reading } = history;
      if (isKnown) {
        const { length } = losses(record);
        pictures.push({ generation, step: record.step, evals: record.evals.length, points: length });
        assert.ok(reading !== null && reading >= 0 && reading <= 1);
      }
    });
    const [first] = pictures;
    assert.ok(first !== undefined && first.points > 50 && first.points < 500, `${first?.points} points`);
    assert.equal(first.step, 5000);
    assert.equal(first.evals, 10);
    assert.notEqual(history.generation, first.generation);
    assert.equal(history.reading, null);
    const plain = new RunHistory(file);
    await plain.readOn();
    assert.deepEqual(losses(history.record), losses(plain.record));
    assert.deepEqual(history.record.problems.items, [
      { file, line: events.length + 1, message: 'this line is no JSON' },
    ]);
  });

  it('comes to the same after a sampling pass as without one', async (t) => {
    const sampled = log(t, { sampleAbove: 1000, sampledSteps: 10 });
    const plain = log(t);
    const text = eventLines([
      ...steps(1, 300, (step) => step),
      { type: 'status', status: 'resumed', step: 200 },
      ...steps(201, 700, (step) => -step),
      evalEvent(700, 1, 2),
    ]);
    for (const { append } of [sampled, plain]) {
      await append(text);
      await append(
        eventLines(
          steps(701, 705, (step) => step),
          900,
        ),
      );
    }
    assert.deepEqual(losses(sampled.history.record), losses(plain.history.record));
    assert.deepEqual(sampled.history.record.log.last(10), plain.history.record.log.last(10));
    assert.equal(sampled.history.record.step, 705);
  });

  it('stops reading when it is closed', async (t) => {
    const { file, history } = log(t, { sampleAbove: 1000 });
    writeFileSync(file, eventLines(steps(1, 20_000, () => 1)));
    await history.readOn(() => {
      history.close();
    });
    assert.ok(history.record.step < 20_000 || !history.isKnown || history.generation === 1);
  });

  it('leaves the log as it is', async (t) => {
    const { file, history, append } = log(t);
    const text = `${eventLines(steps(1, 3, () => 1))}torn`;
    await append(text);
    await history.readOn();
    assert.equal(readFileSync(file, 'utf8'), text);
  });
});
