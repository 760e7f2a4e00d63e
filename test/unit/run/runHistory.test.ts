import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { LogTail } from '../../../src/node/run/logTail';
import { StepClock } from '../../../src/node/run/stepClock';
import { spread } from '../../../src/node/run/unitHistory';
import type { NewRunEvent } from '../../../src/shared/run/runFolder';
import { evalEvent, importanceEvent, recordOf, stepEvent } from '../../support/runEvents';

const started: NewRunEvent = { type: 'status', status: 'started', step: 0 };

describe('RunHistory', () => {
  it('keeps what every type of event says', () => {
    const record = recordOf([
      { type: 'status', status: 'analyzing', engine: { engine: 'wasm', device: 'CPU' } },
      { type: 'progress', stage: 'analyzing', fraction: 0.5, message: 'layer 3 of 6' },
      started,
      evalEvent(0, 3, 2),
      importanceEvent(0),
      stepEvent(1, 2.9),
      { type: 'checkpoint', step: 1, path: '/x', domainLoss: null, generalLoss: null },
      { type: 'log', level: 'warn', message: 'slow' },
      { type: 'error', message: 'the loss is NaN', step: 1 },
    ]);
    assert.equal(record.step, 1);
    assert.equal(record.stage, 'tuning');
    assert.deepEqual(record.engine, { engine: 'wasm', device: 'CPU' });
    assert.equal(record.startedAt, '2026-11-25T08:00:00.000Z');
    assert.equal(record.progress, undefined);
    assert.deepEqual(record.evals, [{ step: 0, domainLoss: 3, generalLoss: 2 }]);
    assert.deepEqual(record.checkpoints, [{ step: 1, domainLoss: null, generalLoss: null }]);
    assert.equal(record.terminalEvent?.type, 'error');
    assert.deepEqual(
      record.log.last(9).map(({ level, text }) => `${level} ${text}`),
      [
        'info analyzing',
        'info started at step 0',
        'info step 0: domain loss 3.0000, general loss 2.0000',
        'info step 0: learning rates refreshed from the added layers',
        'info step 1: checkpoint saved',
        'warn slow',
        'error the loss is NaN',
      ],
    );
  });

  it('shows the progress of a stage until something else is heard', () => {
    const progress: NewRunEvent = {
      type: 'progress',
      stage: 'expanding',
      fraction: 0.25,
      message: 'layer 1',
    };
    const record = recordOf([{ type: 'status', status: 'expanding' }, progress]);
    assert.equal(record.progress?.fraction, 0.25);
    assert.equal(recordOf([{ type: 'status', status: 'expanding' }, progress, started]).progress, undefined);
  });

  it('keeps rates that changed without a measurement, and which units are frozen, without a line in the log', () => {
    const measured = importanceEvent(20);
    assert.ok(measured.type === 'importance');
    const units = measured.units.map((unit, index) =>
      index === 1 ? { ...unit, learningRate: 0, frozen: true } : { ...unit, learningRate: 1e-6 },
    );
    const record = recordOf([started, measured, { ...measured, step: 25, units, why: 'frozen' }]);
    assert.deepEqual(
      record.units
        .since(0)
        .columns.map(({ step, why, learningRate, frozen }) => [step, why, learningRate, frozen]),
      [
        [20, undefined, measured.units.map(({ learningRate }) => learningRate), undefined],
        [25, 'frozen', units.map(({ learningRate }) => learningRate), [1]],
      ],
    );
    assert.deepEqual([record.units.since(0).total, record.units.since(0).measured], [2, 1]);
    const atOnce = recordOf([started, measured, { ...measured, units, why: 'frozen' }]);
    const [column, ...others] = atOnce.units.since(0).columns;
    assert.deepEqual([column?.why, column?.frozen, others], [undefined, [1], []]);
    assert.equal(atOnce.units.since(0).measured, 1);
    assert.deepEqual(
      record.log.last(9).map(({ text }) => text),
      ['started at step 0', 'step 20: learning rates refreshed from the added layers'],
    );
  });

  it('forgets everything when the run starts anew from step 0', () => {
    const record = recordOf([
      started,
      evalEvent(0, 3, 2),
      stepEvent(1),
      stepEvent(2),
      started,
      evalEvent(0, 3, 2),
    ]);
    assert.equal(record.step, 0);
    assert.equal(record.lastStep, undefined);
    assert.equal(record.loss.latest, undefined);
    assert.equal(record.evals.length, 1);
  });

  it('keeps every measurement, by unit, also when the units changed', () => {
    const record = recordOf([importanceEvent(0), importanceEvent(500), importanceEvent(1000, [5, 9])]);
    const { units, columns, total } = record.units.since(0);
    assert.deepEqual(
      units.map(({ layer, name }) => `${layer}.${name}`),
      ['5.self_attn.q_proj', '5.mlp.down_proj', '9.self_attn.q_proj', '9.mlp.down_proj'],
    );
    assert.equal(total, 3);
    assert.deepEqual(
      columns.map(({ importance }) => importance),
      [
        [0.5, 0.6, null, null],
        [0.5, 0.6, null, null],
        [0.5, 0.6, 0.9, 1],
      ],
    );
    assert.deepEqual(columns.at(-1)?.learningRate, [1e-4, 2e-4, 1e-4, 2e-4]);
    assert.deepEqual(
      record.units.since(500).columns.map(({ step }) => step),
      [500, 1000],
    );
  });
});

describe('spread', () => {
  it('takes evenly, with the first and the last', () => {
    const items = Array.from({ length: 1000 }, (_, index) => index);
    const some = spread(items, 11);
    assert.equal(some.length, 11);
    assert.deepEqual([some[0], some[5], some.at(-1)], [0, 500, 999]);
    assert.deepEqual(spread([1, 2], 11), [1, 2]);
  });
});

describe('LogTail', () => {
  it('gives what came after a line, as far as it is kept, and counts the rest', () => {
    const tail = new LogTail(10);
    for (let seq = 0; seq < 1000; seq += 1) {
      tail.add({ seq, time: '', level: 'info', text: String(seq) });
    }
    const numbers = (from: number): number[] => tail.since(from).lines.map(({ seq }) => seq);
    assert.deepEqual(numbers(997), [997, 998, 999]);
    assert.deepEqual(numbers(1000), []);
    assert.deepEqual(numbers(0), [990, 991, 992, 993, 994, 995, 996, 997, 998, 999]);
    assert.equal(tail.since(0).skipped, 990);
    assert.equal(tail.since(997).skipped, 0);
  });
});

describe('StepClock', () => {
  it('knows the speed of the latest steps, and forgets it over a pause', () => {
    const clock = new StepClock();
    const at = (seconds: number): string => new Date(seconds * 1000).toISOString();
    assert.equal(clock.stepsPerSecond, undefined);
    for (let step = 1; step <= 500; step += 1) {
      clock.mark(step, at(step < 100 ? step : 100 + (step - 100) * 2));
    }
    assert.equal(clock.stepsPerSecond, 0.5);
    clock.interrupt();
    clock.mark(501, at(10_000));
    assert.equal(clock.stepsPerSecond, undefined);
    clock.mark(505, at(10_001));
    assert.equal(clock.stepsPerSecond, 4);
    clock.mark(3, 'no time');
    assert.equal(clock.stepsPerSecond, undefined);
  });
});
