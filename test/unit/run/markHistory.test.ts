import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { NewRunEvent } from '../../../src/shared/run/runFolder';
import type { LogSubject } from '../../../src/shared/run/logSubject';
import { MarkHistory } from '../../../src/node/run/markHistory';
import { importanceEvent, recordOf, stepEvent } from '../../support/runEvents';

const started: NewRunEvent = { type: 'status', status: 'started', step: 0 };
const resumed = (step: number): NewRunEvent => ({ type: 'status', status: 'resumed', step });
const said = (about: LogSubject): NewRunEvent => ({ type: 'log', level: 'warn', message: 'said', about });
const steps = (first: number, last: number): NewRunEvent[] =>
  Array.from({ length: last - first + 1 }, (_, index) => stepEvent(first + index));

describe('what is marked in the curves of a run', () => {
  it('are refreshes with the rates before and after, and changes of the base rate', () => {
    const first = importanceEvent(0);
    assert.ok(first.type === 'importance');
    const units = first.units.map((unit, index) => (index === 2 ? { ...unit, learningRate: 5e-5 } : unit));
    const { marks } = recordOf([
      ...[started, first, ...steps(1, 4), { ...first, step: 4, units }],
      said({ kind: 'baseRate', step: 4, from: 1e-4, to: 5e-5 }),
      { ...first, step: 4, units, why: 'base rate' },
    ]);
    assert.deepEqual(marks.shown, [
      {
        ...{ kind: 'refresh', step: 0, source: 'added layers', before: null, most: null },
        after: { lowest: 1e-4, highest: 2e-4 },
      },
      {
        ...{ kind: 'refresh', step: 4, source: 'added layers' },
        before: { lowest: 1e-4, highest: 2e-4 },
        after: { lowest: 5e-5, highest: 2e-4 },
        most: { layer: 5, name: 'self_attn.q_proj', from: 1e-4, to: 5e-5 },
      },
      { kind: 'rate', step: 4, from: 1e-4, to: 5e-5 },
    ]);
  });

  it('are resumes, and nothing that was done again', () => {
    const { marks } = recordOf([
      ...[started, importanceEvent(0), ...steps(1, 6), importanceEvent(5)],
      ...[resumed(4), ...steps(5, 6), importanceEvent(5)],
    ]);
    assert.deepEqual(
      marks.shown.map(({ kind, step }) => [kind, step]),
      [
        ['refresh', 0],
        ['resume', 4],
        ['refresh', 5],
      ],
    );
    assert.deepEqual(marks.shown[1], { kind: 'resume', step: 4, reached: 6 });
    assert.deepEqual(recordOf([started, ...steps(1, 3), started]).marks.shown, []);
  });

  it('are responses to forgetting, each once: with the rate that it set, or at the step that it went back to', () => {
    const because = 'general loss is 3.1';
    const lower = { kind: 'lower', from: 1e-4, to: 5e-5 } as const;
    const back = { kind: 'rollBack', back: 2, from: 5e-5, to: 2.5e-5 } as const;
    const { marks } = recordOf([
      ...[started, ...steps(1, 2)],
      said({ kind: 'remedy', step: 2, because, remedy: lower }),
      said({ kind: 'baseRate', step: 2, from: 1e-4, to: 5e-5 }),
      ...steps(3, 4),
      said({ kind: 'remedy', step: 4, because, remedy: back }),
      said({ kind: 'baseRate', step: 2, from: 5e-5, to: 2.5e-5 }),
      ...[resumed(2), ...steps(3, 3)],
    ]);
    assert.deepEqual(marks.shown, [
      { kind: 'remedy', step: 2, at: 2, because, remedy: lower },
      { kind: 'remedy', step: 2, at: 4, because, remedy: back },
    ]);
  });

  it('are some of very many refreshes, and all else', () => {
    const marks = new MarkHistory();
    for (let step = 1; step <= 3000; step += 1) {
      marks.addRefresh(
        { seq: 0, time: '', type: 'importance', step, units: [], source: 'added layers' },
        undefined,
      );
    }
    marks.addResume(3000, 3000);
    assert.equal(marks.shown.length, 1000);
    assert.deepEqual([marks.shown[0]?.step, marks.shown.at(-1)?.kind], [1, 'resume']);
  });
});
