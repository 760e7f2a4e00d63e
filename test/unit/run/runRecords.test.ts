import assert from 'node:assert/strict';
import {
  appendFileSync,
  cpSync,
  mkdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { EventWriter } from '../../../src/node/run/eventWriter';
import { crc32c } from '../../../src/node/run/records/crc32c';
import { bytesField, doubleField, floatField, wholeField } from '../../../src/node/run/records/protobuf';
import { eventFiles, mendRecords } from '../../../src/node/run/records/recordFiles';
import { RunRecords } from '../../../src/node/run/records/runRecords';
import { record } from '../../../src/node/run/records/tensorboardEvents';
import { RunFolder } from '../../../src/node/run/runFolder';
import type { NewRunEvent } from '../../../src/shared/run/runFolder';
import { assertMetricsCsv } from '../../support/records';
import { evalEvent, scoresEvent, stepEvent } from '../../support/runEvents';
import { temporaryFolder } from '../../support/temporaryFolder';
import { assertTensorboard, TENSORBOARD_MISSING } from '../../support/tensorboard';

describe('the bytes of an event file', () => {
  it('have CRC-32C of the vectors of RFC 3720', () => {
    const ascending = Uint8Array.from({ length: 32 }, (_, index) => index);
    assert.equal(crc32c(new Uint8Array(32)), 0x8a9136aa);
    assert.equal(crc32c(new Uint8Array(32).fill(0xff)), 0x62a8ab43);
    assert.equal(crc32c(ascending), 0x46dd794e);
    assert.equal(crc32c(ascending.toReversed()), 0x113fdb5c);
    assert.equal(crc32c(Buffer.from('123456789')), 0xe3069283);
    assert.equal(crc32c(new Uint8Array()), 0);
  });

  it('have fields as protobuf encodes them', () => {
    // Of its documentation: a field 1 of 150, and a field 2 of "testing".
    assert.equal(wholeField(1, 150).toString('hex'), '089601');
    assert.equal(bytesField(2, 'testing').toString('hex'), '120774657374696e67');
    assert.equal(wholeField(2, 2 ** 40).toString('hex'), '10808080808020');
    assert.equal(floatField(2, 1).toString('hex'), '150000803f');
    assert.equal(doubleField(1, 1).toString('hex'), '09000000000000f03f');
  });

  it('are framed as TensorFlow frames a record', () => {
    // What tensorboard 2.21's RecordWriter writes of such an event.
    const version = Buffer.concat([doubleField(1, 1.5), bytesField(3, 'brain.Event:2')]);
    assert.equal(
      record(version).toString('hex'),
      '1800000000000000a37f4b2209000000000000f83f1a0d627261696e2e4576656e743a322a28646c',
    );
  });
});

function unwanted(problem: string): void {
  throw new Error(problem);
}

/** What a trainer says from its start to its end. */
async function trains(path: string, events: readonly NewRunEvent[]): Promise<void> {
  mkdirSync(path, { recursive: true });
  const run = RunFolder.at(path);
  const records = new RunRecords(run);
  const log = EventWriter.open(run.file('events'), (event) => {
    records.add(event);
  });
  await records.during(unwanted, () => {
    for (const event of events) {
      log.append(event);
    }
    return Promise.resolve();
  });
  log.close();
}

const started: NewRunEvent = { type: 'status', status: 'started', step: 0 };
const resumed = (step: number): NewRunEvent => ({ type: 'status', status: 'resumed', step });
const FIRST = [
  started,
  evalEvent(0, 2.5, null),
  stepEvent(1),
  stepEvent(2),
  evalEvent(2, 2.25, 0.5),
  stepEvent(3),
];

function eventFileOf(run: string): string {
  const [file, ...others] = eventFiles(RunFolder.at(run));
  assert.ok(file !== undefined && others.length === 0);
  return file;
}

/** Runs of every kind that a run can be of, each in a folder. */
async function everyKind(t: TestContext): Promise<Record<string, string>> {
  const folder = temporaryFolder(t);
  const at = (name: string): string => join(folder, name);
  await trains(at('whole'), FIRST);
  await trains(at('tornEvents'), FIRST);
  truncateSync(eventFileOf(at('tornEvents')), readFileSync(eventFileOf(at('tornEvents'))).length - 7);
  await trains(at('tornEvents'), [resumed(3), stepEvent(4)]);
  await trains(at('tornLog'), FIRST);
  appendFileSync(join(at('tornLog'), 'events.ndjson'), '{"seq":6,"ti');
  appendFileSync(join(at('tornLog'), 'metrics.csv'), '4,2026');
  await trains(at('tornLog'), [resumed(3), stepEvent(4), evalEvent(4, 2, 1)]);
  await trains(at('resumedEarlier'), FIRST);
  await trains(at('resumedEarlier'), [resumed(1), stepEvent(2, 0.125), evalEvent(2, 1, 1)]);
  await trains(at('rolledBack'), [
    ...FIRST,
    evalEvent(3, 2, 9),
    resumed(2),
    stepEvent(3, 0.0625),
    stepEvent(4),
  ]);
  await trains(at('again'), [started, evalEvent(0, 1, 1)]);
  await trains(at('again'), FIRST);
  await trains(at('scored'), [
    ...[started, evalEvent(0, 2, 1), scoresEvent(0, 'mmlu', 25), scoresEvent(0, 'gsm8k', 3, 1)],
    ...[stepEvent(1), scoresEvent(1, 'gsm8k', 4, 2), stepEvent(2), evalEvent(2, 1, 1)],
    ...[scoresEvent(2, 'mmlu', 26), scoresEvent(2, 'gsm8k', 9, 9)],
  ]);
  await trains(at('scored'), [resumed(1), stepEvent(2), evalEvent(2, 1, 1), scoresEvent(2, 'mmlu', 27)]);
  // Killed before its first checkpoint, it begins again, and a task has come beside.
  await trains(at('scoredAgain'), [started, evalEvent(0, 2, 1), scoresEvent(0, 'mmlu', 25)]);
  await trains(at('scoredAgain'), [
    ...[started, evalEvent(0, 2, 1), scoresEvent(0, 'mmlu', 24), stepEvent(1)],
    ...[scoresEvent(1, 'arc', 0), scoresEvent(1, 'mmlu', 100)],
  ]);
  cpSync(at('rolledBack'), at('old'), { recursive: true });
  rmSync(eventFileOf(at('old')));
  rmSync(join(at('old'), 'metrics.csv'));
  assert.ok(mendRecords(RunFolder.at(at('old'))));
  const names = [
    'whole',
    'tornEvents',
    'tornLog',
    'resumedEarlier',
    'rolledBack',
    'again',
    'scored',
    'scoredAgain',
    'old',
  ];
  return Object.fromEntries(names.map((name) => [name, at(name)]));
}

describe('the records of a run', () => {
  it('say what its log says that counts, each step once', async (t) => {
    for (const run of Object.values(await everyKind(t))) {
      assertMetricsCsv(run);
    }
  });

  it('are read by TensorBoard, every scalar equal', { skip: TENSORBOARD_MISSING }, async (t) => {
    assertTensorboard(...Object.values(await everyKind(t)));
  });

  it('are the same bytes whether they were kept or made of the log', async (t) => {
    for (const run of Object.values(await everyKind(t))) {
      const [kept, csv] = [eventFileOf(run), join(run, 'metrics.csv')].map((file) => readFileSync(file));
      rmSync(eventFileOf(run));
      rmSync(join(run, 'metrics.csv'));
      assert.ok(mendRecords(RunFolder.at(run)));
      assert.ok(kept?.equals(readFileSync(eventFileOf(run))), run);
      assert.ok(csv?.equals(readFileSync(join(run, 'metrics.csv'))), run);
    }
  });

  it('go on in the same file where nothing is taken back, and in one of a later name where something is', async (t) => {
    const run = temporaryFolder(t);
    await trains(run, FIRST);
    const first = eventFileOf(run);
    await trains(run, [resumed(3), stepEvent(4)]);
    assert.equal(eventFileOf(run), first);
    await trains(run, [resumed(3), stepEvent(4)]);
    const second = eventFileOf(run);
    assert.ok(basename(second) > basename(first), `${second} follows ${first}`);
    await trains(run, [resumed(3), stepEvent(4)]);
    assert.ok(basename(eventFileOf(run)) > basename(second));
    assertMetricsCsv(run);
  });

  it('are none before anything was measured, and go when nothing of it counts', async (t) => {
    const run = temporaryFolder(t);
    await trains(run, [started]);
    assert.deepEqual(eventFiles(RunFolder.at(run)), []);
    await trains(run, FIRST);
    writeFileSync(join(run, 'events.ndjson'), '');
    assert.equal(mendRecords(RunFolder.at(run)), undefined);
    assert.deepEqual(eventFiles(RunFolder.at(run)), []);
  });

  it('leave a run alone where they cannot be written, and say so once', async (t) => {
    const path = temporaryFolder(t);
    const run = RunFolder.at(path);
    mkdirSync(run.file('metrics'));
    const problems: string[] = [];
    const records = new RunRecords(run);
    const log = EventWriter.open(run.file('events'), (event) => {
      records.add(event);
    });
    await records.during(
      (problem) => problems.push(problem),
      () => {
        for (const event of FIRST) {
          log.append(event);
        }
        return Promise.resolve();
      },
    );
    log.close();
    assert.equal(problems.length, 1);
    assert.match(
      problems[0] ?? '',
      /metrics\.csv are not kept any longer \(.*\): "adept report --tensorboard"/,
    );
  });
});
