import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { RunEvent } from '../../../src/shared/run/runFolder';
import { trainingSeconds } from '../../../src/shared/run/trainingSeconds';

const at = (second: number): { seq: number; time: string } => ({
  seq: second,
  time: new Date(second * 1000).toISOString(),
});

const step = (second: number, number: number): RunEvent => ({
  ...at(second),
  ...{ type: 'step', step: number, loss: 1, learningRate: 1, tokensPerSecond: 1, gradNorm: 1 },
});

describe('the seconds that a run trained', () => {
  const run: RunEvent[] = [
    { ...at(100), type: 'status', status: 'started', step: 0 },
    { ...at(103), type: 'importance', step: 0, units: [], source: 'source layers' },
    { ...at(133), type: 'eval', step: 0, domainLoss: 1, generalLoss: 1, seconds: 30 },
    step(138, 1),
    { ...at(140), type: 'log', level: 'info', message: 'said within a step' },
    { ...at(141), type: 'progress', stage: 'tuning', fraction: 0.5, message: 'said within a step' },
    { ...at(142), type: 'resources', residentBytes: 1 },
    step(144, 2),
    { ...at(152), type: 'importance', step: 2, units: [], source: 'added layers' },
    { ...at(190), type: 'checkpoint', step: 2, path: '', domainLoss: 1, generalLoss: 1 },
  ];

  it('are those of steps and refreshes', () => {
    assert.equal(trainingSeconds(run), 3 + 5 + 6 + 8);
  });

  it('go on where it was resumed, whatever lay between', () => {
    const resumed: RunEvent[] = [
      { ...at(9000), type: 'status', status: 'resumed', step: 2 },
      step(9007, 3),
      { ...at(9008), type: 'status', status: 'paused', step: 3 },
      { ...at(9500), type: 'status', status: 'tuning', step: 3 },
      step(9504, 4),
    ];
    assert.equal(trainingSeconds([...run, ...resumed]), 22 + 7 + 4);
  });

  it('leave out what a kill lost: all of it where there was no checkpoint, else what came after the last', () => {
    const killed = [...run, step(199, 3), step(208, 4)];
    const engine = { name: 'native' };
    const again: RunEvent = { ...at(9000), type: 'status', status: 'resumed', step: 2, engine };
    assert.equal(trainingSeconds([...killed, again, step(9007, 3)]), 22 + 7);
    const anew: RunEvent = { ...at(9000), type: 'status', status: 'started', step: 0, engine };
    assert.equal(trainingSeconds([...killed, anew, step(9007, 1)]), 7);
  });

  it('are all that was spent where a run took itself back, and nothing for rates that were set', () => {
    const back: RunEvent[] = [
      step(199, 3),
      { ...at(200), type: 'status', status: 'resumed', step: 2 },
      { ...at(270), type: 'importance', step: 2, units: [], source: 'added layers', why: 'base rate' },
      step(277, 3),
    ];
    assert.equal(trainingSeconds([...run, ...back]), 22 + 9 + 77);
  });

  it('are none of a run that has not begun', () => {
    assert.equal(trainingSeconds([]), 0);
    assert.equal(trainingSeconds(run.slice(0, 1)), 0);
  });
});
