import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { asKeysOf } from '../../src/shared/naming';
import type { TuneSettings } from '../../src/shared/settings';
import { readCorpora, type TuneCorpora } from '../../src/trainer/jobs/tuneCorpora';
import { projectRoot } from '../support/projectRoot';
import { tuneSettings } from '../support/settings';

const sample = (name: string): string => join(projectRoot, 'media/sample', name);

function corpora(tune: Partial<TuneSettings>): TuneCorpora {
  return readCorpora(
    {
      format: 'adept.run/1',
      createdAt: '2026-01-01T00:00:00.000Z',
      model: sample('model'),
      probe: [sample('general.txt')],
      domain: [sample('domain.jsonl')],
      eval: {},
      engine: 'wasm',
      tune: tuneSettings({ seqLen: 32, maxProbeSequences: 2, ...tune }),
    },
    asKeysOf('run.json'),
  );
}

describe('the texts of a run', () => {
  it('are trained on whole, or only the first sequences of the domain text, again and again', () => {
    const whole = corpora({});
    const part = corpora({ maxTrainSequences: 3 });
    const firstThree = whole.domain.sequences.slice(0, 3);
    assert.ok(whole.domain.sequences.length > 6);
    assert.deepEqual(part.training.sequences, firstThree);
    assert.equal(whole.training.repeats(6), false);
    assert.equal(part.training.repeats(6), true);
    const sorted = (sequences: readonly Int32Array[]): string[] => sequences.map(String).sort();
    assert.deepEqual(sorted(part.training.take(0, 6)), sorted([...firstThree, ...firstThree]));
  });

  it('are taken from all over each text where they are to be spread', () => {
    const whole = corpora({ maxProbeSequences: 1000 });
    const probe = whole.probe.flatMap(({ rows }) => [...rows]);
    const spread = corpora({ maxTrainSequences: 2, maxProbeSequences: 2, sampling: 'spread' });
    const middles = (all: readonly Int32Array[]): (Int32Array | undefined)[] =>
      [1, 3].map((quarters) => all[Math.floor((quarters * all.length) / 4)]);
    assert.deepEqual(spread.domain.sequences, middles(whole.domain.sequences));
    assert.deepEqual(
      spread.probe.flatMap(({ rows }) => [...rows]),
      middles(probe),
    );
  });

  it('are watched by sequences of the domain text where no other is named', () => {
    const { domain, domainEval } = corpora({ maxTrainSequences: 3 });
    assert.deepEqual(
      domainEval.flatMap(({ rows }) => [...rows]),
      domain.sequences,
    );
    const few = corpora({ maxEvalSequences: 2 });
    assert.deepEqual(
      few.domainEval.flatMap(({ rows }) => [...rows]),
      few.domain.sequences.slice(0, 2),
    );
    assert.equal(corpora({}).domainEval.flatMap(({ rows }) => [...rows]).length, 16);
  });
});
