import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as v from 'valibot';
import { configDifferences, differenceText } from '../../../src/shared/run/configDifferences';
import { RunConfig } from '../../../src/shared/config/runConfig';
import {
  changeText,
  rateGivenSince,
  settingChanges,
  withChangeable,
} from '../../../src/shared/run/settingsChange';
import { tuneSettings } from '../../support/settings';

const BASE = {
  model: '/models/base',
  probe: ['/texts/general.txt'],
  domain: ['/texts/domain.jsonl'],
  out: '/runs/one',
  tune: { steps: 3000, learningRate: 1e-3 },
};

function config(change: object = {}): RunConfig {
  return v.parse(RunConfig, { ...BASE, ...change });
}

function differences(run: object, file: object): string[] {
  return configDifferences(config(run), config(file)).map(
    (difference) => `${differenceText(difference)}${difference.mayChange ? '' : ' (new run)'}`,
  );
}

describe('what a configuration says otherwise than its run', () => {
  it('is every setting with another value, and whether a run can go on with it', () => {
    const file = {
      model: '/models/other',
      domain: ['/texts/domain.jsonl', '/texts/more.jsonl'],
      expand: { layers: [1, 2] },
      tune: { steps: 800, learningRate: 5e-5, seqLen: 512, maxGeneralRise: 0.1 },
    };
    assert.deepEqual(differences({}, file), [
      'model: base → other (new run)',
      'domain.files: domain.jsonl → domain.jsonl, more.jsonl (new run)',
      'expand.lowest: 2 → none (new run)',
      'tune.steps: 3000 → 800',
      'tune.learningRate: 0.001 → 0.00005',
      'tune.seqLen: 256 → 512 (new run)',
      'expand.layers: none → 1, 2 (new run)',
      'tune.maxGeneralRise: none → 0.1',
    ]);
  });

  it('is nothing where the same is said in another way, or the folder of the run is another', () => {
    const inFull = {
      $schema: 'x',
      out: '/runs/two',
      domain: { files: ['/texts/domain.jsonl'] },
      tune: { ...BASE.tune, seqLen: 256, updateEvery: 500 },
    };
    assert.deepEqual(differences({}, inFull), []);
    assert.deepEqual(differences({}, { answers: {} }), ['answers.maxTokens: none → 48 (new run)']);
    assert.deepEqual(differences({ answers: {} }, { answers: { maxTokens: 48 } }), []);
    assert.deepEqual(differences({ replay: ['/r'] }, { replay: [{ files: ['/r'], weight: 1 }] }), []);
  });

  it('counts an engine only where the file names one', () => {
    assert.deepEqual(differences({ engine: 'native' }, {}), []);
    assert.deepEqual(differences({ engine: 'native' }, { engine: 'torch', ranks: 2 }), [
      'engine: native → torch',
      'ranks: none → 2',
    ]);
  });

  it('names files that are called alike by their paths', () => {
    assert.deepEqual(differences({}, { model: '/elsewhere/base' }), [
      'model: /models/base → /elsewhere/base (new run)',
    ]);
  });
});

describe('settings that change in a run', () => {
  const before = tuneSettings({ steps: 10, learningRate: 1e-3, maxGeneralRise: 0.1 });

  it('are taken over, and the others stay', () => {
    const wanted = tuneSettings({ steps: 20, learningRate: 1e-4, seqLen: 8, seed: 5 });
    const after = withChangeable(before, wanted);
    assert.deepEqual(settingChanges(before, after).map(changeText), [
      'steps 10 → 20',
      'learningRate 0.001 → 0.0001',
      'maxGeneralRise 0.1 → none',
    ]);
    assert.deepEqual([after.seqLen, after.seed], [before.seqLen, before.seed]);
  });

  it('give the rate of what was saved before them, and the last of several counts', () => {
    const rate = (to: number): { name: string; from: number; to: number } => ({
      name: 'learningRate',
      from: 1,
      to,
    });
    const changes = [
      { time: '2026-01-02T00:00:00.000Z', settings: [rate(2)] },
      { time: '2026-01-03T00:00:00.000Z', settings: [{ name: 'steps', from: 1, to: 9 }, rate(3)] },
      { time: '2026-01-04T00:00:00.000Z', settings: [{ name: 'steps', from: 9, to: 10 }] },
    ];
    assert.equal(rateGivenSince({ changes }, '2026-01-01T00:00:00.000Z'), 3);
    assert.equal(rateGivenSince({ changes }, '2026-01-02T12:00:00.000Z'), 3);
    assert.equal(rateGivenSince({ changes }, '2026-01-03T12:00:00.000Z'), undefined);
    assert.equal(rateGivenSince({}, '2026-01-01T00:00:00.000Z'), undefined);
  });
});
