import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as v from 'valibot';
import { isStep, looksLikeStep, parseEventLine } from '../../../src/node/run/eventParser';
import { RunEvent } from '../../../src/shared/run/runFolder';
import { eventLine, evalEvent, importanceEvent, stepEvent } from '../../support/runEvents';

const good: Record<string, unknown> = {
  seq: 7,
  time: '2026-11-25T08:00:07.000Z',
  type: 'step',
  step: 3,
  loss: 2.25,
  learningRate: 1e-4,
  tokensPerSecond: 812.5,
  gradNorm: 0,
  tensors: 40,
};

describe('isStep', () => {
  it('takes what the schema takes as a step, and nothing else', () => {
    const values = [undefined, null, -1, 0, 1, 1.5, 1e300, Infinity, NaN, '', '3', true, [], {}, [1]];
    const candidates = Object.keys(good).flatMap((key) => [
      ...values.map((value) => ({ ...good, [key]: value })),
      Object.fromEntries(Object.entries(good).filter(([name]) => name !== key)),
    ]);
    let taken = 0;
    for (const candidate of [...candidates, good, null, 3, 'step', [good], { ...good, more: 1 }]) {
      const parsed = v.safeParse(RunEvent, candidate);
      const expected = parsed.success && parsed.output.type === 'step';
      assert.equal(isStep(candidate), expected, JSON.stringify(candidate));
      taken += expected ? 1 : 0;
    }
    assert.ok(taken > 20, `only ${taken} candidates are steps`);
  });
});

describe('parseEventLine', () => {
  it('reads numbers as JSON has them', () => {
    const line = JSON.stringify({
      ...good,
      loss: 0.1 + 0.2,
      learningRate: 5e-324,
      gradNorm: 1.7976931348623157e308,
    });
    const parsed = parseEventLine(line);
    assert.ok('event' in parsed && parsed.event.type === 'step');
    assert.equal(parsed.event.loss, 0.1 + 0.2);
    assert.equal(parsed.event.learningRate, 5e-324);
    assert.equal(parsed.event.gradNorm, 1.7976931348623157e308);
  });

  it('reads events of every other type by their schema', () => {
    for (const event of [evalEvent(5, 1.5, null), importanceEvent(5)]) {
      const parsed = parseEventLine(eventLine(1, event));
      assert.ok('event' in parsed);
      const { seq, time, ...rest } = parsed.event;
      assert.deepEqual({ seq, time }, { seq: 1, time: '2026-11-25T08:00:01.000Z' });
      assert.deepEqual(rest, event);
    }
  });

  it('says what is wrong with a line', () => {
    const problem = (line: string): string => {
      const parsed = parseEventLine(line);
      assert.ok('problem' in parsed, line);
      return parsed.problem;
    };
    assert.match(problem('{"seq":1,"ty'), /not JSON/);
    assert.match(problem(''), /not JSON/);
    assert.match(problem('[]'), /"type"/);
    assert.match(problem('3'), /not an event/);
    assert.match(problem(JSON.stringify({ ...good, loss: null })), /"loss"/);
    assert.match(problem(JSON.stringify({ ...good, type: undefined })), /"type"/);
  });

  it('knows an event of a later version by its type', () => {
    assert.deepEqual(parseEventLine(JSON.stringify({ ...good, type: 'merge' })), { unknownType: 'merge' });
  });
});

describe('looksLikeStep', () => {
  it('knows the steps that the trainer writes, wherever they stand', () => {
    for (const seq of [0, 9, 10, 123_456_789]) {
      const before = 'something\n';
      const bytes = Buffer.from(before + eventLine(seq, stepEvent(1), 3));
      assert.equal(looksLikeStep(bytes, before.length), true);
    }
  });

  it('takes nothing else for a step', () => {
    const lines = [
      eventLine(3, evalEvent(1, 2, 3)),
      eventLine(3, { type: 'status', status: 'started' }),
      eventLine(3, { type: 'log', level: 'info', message: '"type":"step"' }),
      '\n',
      '{"seq":',
      JSON.stringify(good, null, 1),
    ];
    for (const line of lines) {
      assert.equal(looksLikeStep(Buffer.from(line), 0), false, line);
    }
  });
});
