import assert from 'node:assert/strict';
import { appendFileSync, readFileSync, renameSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { HistoryReader, type RunHistoryOptions } from '../../../src/node/run/historyReader';
import type { RunHistory } from '../../../src/node/run/runHistory';
import type { NewRunEvent } from '../../../src/shared/run/runFolder';
import { eventLine, eventLines, evalEvent, importanceEvent, stepEvent } from '../../support/runEvents';
import { temporaryFolder } from '../../support/temporaryFolder';

interface Log {
  readonly file: string;
  readonly reader: HistoryReader;
  readonly append: (text: string) => Promise<boolean>;
}

function log(t: TestContext, options?: RunHistoryOptions): Log {
  const file = join(temporaryFolder(t), 'events.ndjson');
  const reader = new HistoryReader(file, options);
  return {
    file,
    reader,
    append: (text) => {
      appendFileSync(file, text);
      return reader.readOn();
    },
  };
}

function losses(record: RunHistory): [number, number][] {
  const { x, y } = record.loss.take(true).extremes;
  return x.map((step, index) => [step, y[index] ?? NaN]);
}

/** Steps from `first` to `last`, each with its loss. */
function steps(first: number, last: number, loss: (step: number) => number): NewRunEvent[] {
  return Array.from({ length: last - first + 1 }, (_, index) =>
    stepEvent(first + index, loss(first + index)),
  );
}

describe('HistoryReader', () => {
  it('waits for a log that is not there yet', async (t) => {
    const { reader, append } = log(t);
    assert.equal(await reader.readOn(), false);
    assert.equal(reader.isKnown, true);
    assert.equal(reader.history.terminalEvent, undefined);
    assert.equal(await append(eventLine(0, { type: 'status', status: 'started', step: 0 })), true);
    assert.equal(reader.history.stage, 'started');
    assert.equal(await reader.readOn(), false);
  });

  it('reads on where it stopped, also in the middle of a line and of a character', async (t) => {
    const { file, reader, append } = log(t);
    const text = Buffer.from(
      eventLines([
        stepEvent(1, 2.5),
        { type: 'log', level: 'warn', message: 'Gewichte überschritten, 学習率を下げる' },
        stepEvent(2, 2.25),
      ]),
    );
    for (const byte of text) {
      appendFileSync(file, Buffer.of(byte));
      await reader.readOn();
    }
    await append('');
    assert.deepEqual(losses(reader.history), [
      [1, 2.5],
      [2, 2.25],
    ]);
    const [line] = reader.history.log.last(1);
    assert.deepEqual([line?.text, line?.level], ['Gewichte überschritten, 学習率を下げる', 'warn']);
    assert.equal(reader.history.problems.total, 0);
  });

  it('reads on past events that only a later version knows, and tells of each type once', async (t) => {
    const { reader, append } = log(t);
    const later = (seq: number, type: string): string =>
      `${JSON.stringify({ seq, time: '', type, field: 1 })}\n`;
    await append(later(0, 'merge') + eventLine(1, stepEvent(1, 2)) + later(2, 'merge') + later(3, 'split'));
    assert.deepEqual(losses(reader.history), [[1, 2]]);
    assert.deepEqual(
      reader.history.problems.items.map(({ line, message }) => [line, /"(\w+)"/.exec(message)?.[1]]),
      [
        [1, 'merge'],
        [4, 'split'],
      ],
    );
  });

  it('lets the steps that a resumed run did again replace the earlier ones', async (t) => {
    const { reader, append } = log(t);
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
    assert.equal(reader.history.step, 18);
    await append(
      eventLines([{ type: 'status', status: 'resumed', step: 10 }, ...steps(11, 13, (step) => -step)], 40),
    );
    assert.equal(reader.history.step, 13);
    assert.deepEqual(losses(reader.history), [
      ...Array.from({ length: 10 }, (_, index) => [index + 1, 1]),
      [11, -11],
      [12, -12],
      [13, -13],
    ]);
    assert.deepEqual(
      reader.history.evals.map(({ step }) => step),
      [0, 10],
    );
    assert.deepEqual(
      reader.history.units.since(0).columns.map(({ step }) => step),
      [10],
    );
    assert.deepEqual(
      reader.history.checkpoints.map(({ step }) => step),
      [10],
    );
  });

  it('reports a line that it cannot use once, with its number, and goes on', async (t) => {
    const { file, reader, append } = log(t);
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
    assert.equal(reader.history.step, 4);
    const { items, total } = reader.history.problems;
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
    const { reader, append } = log(t);
    await append('x\n'.repeat(1000) + eventLine(0, stepEvent(1)));
    assert.equal(reader.history.problems.total, 1000);
    assert.equal(reader.history.problems.items.length, 50);
    assert.equal(reader.history.step, 1);
  });

  it('begins again when the file becomes shorter', async (t) => {
    const { file, reader, append } = log(t);
    await append(eventLines(steps(1, 20, () => 1)));
    const { generation } = reader;
    truncateSync(file, eventLines(steps(1, 5, () => 1)).length);
    assert.equal(await reader.readOn(), true);
    assert.notEqual(reader.generation, generation);
    assert.equal(reader.history.step, 5);
    assert.equal(losses(reader.history).length, 5);
  });

  it('begins again when the file was replaced by a longer one', async (t) => {
    const { file, reader, append } = log(t);
    await append(eventLines(steps(1, 5, () => 1)));
    const { generation } = reader;
    writeFileSync(`${file}.new`, eventLines(steps(1, 30, () => 2)));
    renameSync(`${file}.new`, file);
    assert.equal(await reader.readOn(), true);
    assert.notEqual(reader.generation, generation);
    assert.equal(losses(reader.history).length, 30);
    assert.ok(losses(reader.history).every(([, loss]) => loss === 2));
  });

  it('begins again when the file was removed, and made anew', async (t) => {
    const { file, reader, append } = log(t);
    await append(eventLines(steps(1, 5, () => 1)));
    rmSync(file);
    assert.equal(await reader.readOn(), true);
    assert.equal(reader.history.step, 0);
    assert.equal(await reader.readOn(), false);
    await append(eventLines(steps(1, 2, () => 3)));
    assert.deepEqual(losses(reader.history), [
      [1, 3],
      [2, 3],
    ]);
  });

  it('goes on after a torn last line was cut off and others were written in its place', async (t) => {
    const { file, reader, append } = log(t);
    const whole = eventLines(steps(1, 3, () => 1));
    await append(`${whole}{"seq":3,"time":"2026-11-25T08:00:0`);
    const { generation } = reader;
    truncateSync(file, whole.length);
    await append(
      eventLine(3, { type: 'status', status: 'resumed', step: 2 }) + eventLine(4, stepEvent(3, 9)),
    );
    assert.equal(reader.generation, generation);
    assert.equal(reader.history.problems.total, 0);
    assert.deepEqual(losses(reader.history), [
      [1, 1],
      [2, 1],
      [3, 9],
    ]);
  });

  it('reads events larger than its buffer', async (t) => {
    const { reader, append } = log(t);
    const layers = Array.from({ length: 20_000 }, (_, index) => index);
    await append(eventLines([importanceEvent(1, layers), stepEvent(1)]));
    assert.equal(reader.history.problems.total, 0);
    assert.equal(reader.history.units.since(0).units.length, 40_000);
    assert.equal(reader.history.step, 1);
  });

  it('passes over a line that no event can be as long as', async (t) => {
    const { reader, append } = log(t);
    const long = 'x'.repeat(10 * 2 ** 20);
    await append(eventLine(0, stepEvent(1)) + long.slice(0, 9 * 2 ** 20));
    assert.equal(reader.history.step, 1);
    await append(`${long}\n${eventLines([stepEvent(2)], 1)}nothing\n`);
    assert.equal(reader.history.step, 2);
    assert.deepEqual(
      reader.history.problems.items.map(({ line }) => line),
      [2, 4],
    );
  });

  it('samples a long log first: everything but steps, and steps up to the last', async (t) => {
    const { file, reader } = log(t, { sampleAbove: 100_000, sampledSteps: 100 });
    const events = steps(1, 5000, (step) => Math.sin(step)).flatMap((event, index) =>
      index % 500 === 250 ? [event, evalEvent(index + 1, index, 1), importanceEvent(index + 1)] : [event],
    );
    writeFileSync(file, `${eventLines(events)}broken\n`);
    const pictures: { generation: number; step: number; evals: number; points: number }[] = [];
    await reader.readOn(() => {
      const { history, generation, isKnown, reading } = reader;
      if (isKnown) {
        const { length } = losses(history);
        pictures.push({ generation, step: history.step, evals: history.evals.length, points: length });
        assert.ok(reading !== null && reading >= 0 && reading <= 1);
      }
    });
    const [first] = pictures;
    assert.ok(first !== undefined && first.points > 50 && first.points < 500, `${first?.points} points`);
    assert.equal(first.step, 5000);
    assert.equal(first.evals, 10);
    assert.notEqual(reader.generation, first.generation);
    assert.equal(reader.reading, null);
    const plain = new HistoryReader(file);
    await plain.readOn();
    assert.deepEqual(losses(reader.history), losses(plain.history));
    assert.deepEqual(reader.history.problems.items, [
      { file, line: events.length + 1, message: 'this line is not JSON' },
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
    assert.deepEqual(losses(sampled.reader.history), losses(plain.reader.history));
    assert.deepEqual(sampled.reader.history.log.last(10), plain.reader.history.log.last(10));
    assert.equal(sampled.reader.history.step, 705);
  });

  it('stops reading when it is closed', async (t) => {
    const { file, reader } = log(t, { sampleAbove: 1000 });
    writeFileSync(file, eventLines(steps(1, 20_000, () => 1)));
    await reader.readOn(() => {
      reader.close();
    });
    assert.ok(reader.history.step < 20_000 || !reader.isKnown || reader.generation === 1);
  });

  it('leaves the log as it is', async (t) => {
    const { file, reader, append } = log(t);
    const text = `${eventLines(steps(1, 3, () => 1))}torn`;
    await append(text);
    await reader.readOn();
    assert.equal(readFileSync(file, 'utf8'), text);
  });
});
