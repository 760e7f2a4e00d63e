import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { asKeysOf } from '../../../src/shared/settings/naming';
import type { TuneSettings } from '../../../src/shared/settings/tuneSettings';
import { readCorpora, type TuneCorpora } from '../../../src/trainer/jobs/texts/tuneCorpora';
import { projectRoot } from '../../support/projectRoot';
import { tuneSettings } from '../../support/settings';
import { idsOf, idsOfBatches } from '../../support/corpora';
import { SILENT_TASK } from '../../../src/trainer/task';

const sample = (name: string): string => join(projectRoot, 'media/sample', name);

function corpora(tune: Partial<TuneSettings>): Promise<TuneCorpora> {
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
    SILENT_TASK,
  );
}

describe('the texts of a run', () => {
  it('are trained on whole, or only the first sequences of the domain text, again and again', async () => {
    const whole = await corpora({});
    const part = await corpora({ maxTrainSequences: 3 });
    const firstThree = idsOf(whole.domain.sequences).slice(0, 3);
    assert.ok(whole.domain.sequences.size > 6);
    assert.deepEqual(
      [...part.training.upTo(100)].map(({ ids }) => ids),
      firstThree,
    );
    assert.equal(whole.training.repeats(6), false);
    assert.equal(part.training.repeats(6), true);
    const sorted = (sequences: readonly Int32Array[]): string[] => sequences.map(String).sort();
    assert.deepEqual(
      sorted(part.training.take(0, 6).map(({ ids }) => ids)),
      sorted([...firstThree, ...firstThree]),
    );
  });

  it('are taken from all over each text where they are to be spread', async () => {
    const whole = await corpora({ maxProbeSequences: 1000 });
    const probe = idsOfBatches(whole.probe);
    const spread = await corpora({ maxTrainSequences: 2, maxProbeSequences: 2, sampling: 'spread' });
    const middles = (all: readonly Int32Array[]): (Int32Array | undefined)[] =>
      [1, 3].map((quarters) => all[Math.floor((quarters * all.length) / 4)]);
    assert.deepEqual(idsOf(spread.domain.sequences), middles(idsOf(whole.domain.sequences)));
    assert.deepEqual(idsOfBatches(spread.probe), middles(probe));
  });

  it('are evaluated by sequences of the domain text where no other is named', async () => {
    const { domain, domainEval } = await corpora({ maxTrainSequences: 3 });
    assert.deepEqual(idsOfBatches(domainEval), idsOf(domain.sequences));
    const few = await corpora({ maxEvalSequences: 2 });
    assert.deepEqual(idsOfBatches(few.domainEval), idsOf(few.domain.sequences).slice(0, 2));
    assert.equal(idsOfBatches((await corpora({})).domainEval).length, 16);
  });
});
