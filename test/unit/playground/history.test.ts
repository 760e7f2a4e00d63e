import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { USUAL_ASK_SETTINGS } from '../../../src/shared/playground/askSettings';
import {
  lastTokenSeconds,
  MOST_CHARACTERS,
  MOST_ROUNDS,
  withRound,
  type KeptRound,
  type PlaygroundHistory,
} from '../../../src/shared/playground/history';
import type { Side } from '../../../src/shared/playground/sides';

const SIDE: Side = { kind: 'checkpoint', run: '/runs/one', step: 4, alpha: 0.5, drop: [] };

function round(id: number, text = 'said', tokenSeconds: number | null = 0.05, side = SIDE): KeptRound {
  const cost = { promptTokens: 3, promptSeconds: 0.1, tokens: 2, tokenSeconds };
  return {
    ...{ id: String(id), time: '2026-01-01T00:00:00.000Z', prompt: 'asked', settings: USUAL_ASK_SETTINGS },
    answers: [{ side, name: 'one', answer: { text, end: 'stop', cost }, problem: null }],
  };
}

const ids = (history: PlaygroundHistory): string[] => history.map(({ id }) => id);

describe('the history of the playground', () => {
  it('has the latest first, and so many rounds', () => {
    let history: PlaygroundHistory = [];
    for (let id = 0; id < MOST_ROUNDS + 3; id += 1) {
      history = withRound(history, round(id));
    }
    assert.equal(history.length, MOST_ROUNDS);
    assert.deepEqual(ids(history).slice(0, 2), [String(MOST_ROUNDS + 2), String(MOST_ROUNDS + 1)]);
    // A round that is told again takes the place of itself.
    assert.deepEqual(ids(withRound(history.slice(0, 3), round(MOST_ROUNDS + 1))).slice(0, 3), [
      String(MOST_ROUNDS + 1),
      String(MOST_ROUNDS + 2),
      String(MOST_ROUNDS),
    ]);
  });

  it('drops the oldest where answers are long, and keeps the last one however long it is', () => {
    const third = 'x'.repeat(MOST_CHARACTERS / 3);
    const three = withRound(withRound(withRound([], round(1, third)), round(2, third)), round(3, third));
    assert.deepEqual(ids(three), ['3', '2']);
    assert.deepEqual(ids(withRound(three, round(4, 'x'.repeat(2 * MOST_CHARACTERS)))), ['4']);
  });

  it('knows what a token cost when a run or model answered last', () => {
    const other: Side = { kind: 'model', model: '/models/one' };
    const history = [round(4, '', null), round(3, '', 0.02), round(2, '', 0.04), round(1, '', 0.5, other)];
    assert.equal(lastTokenSeconds(history, { kind: 'base', run: '/runs/one' }), 0.02);
    const base: Side = { kind: 'base', run: '/runs/one' };
    assert.equal(lastTokenSeconds([...history, round(0, '', 0.03, base)], base), 0.03);
    assert.equal(lastTokenSeconds(history, other), 0.5);
    assert.equal(lastTokenSeconds(history, { kind: 'model', model: '/models/two' }), undefined);
  });
});
