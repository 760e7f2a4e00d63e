import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { freshForm, readForm, type FormSetting } from '../../../src/shared/launch/launchForm';
import { proposals, type Proposal } from '../../../src/shared/launch/proposals';
import { proposedCount, proposedRate } from '../../../src/shared/launch/studiedSettings';
import { trainingAmount } from '../../../src/shared/launch/trainingAmount';
import { importanceFile } from '../../support/importanceFile';
import { ENGLISH } from '../../../src/shared/common/localizer';

const LAYERS = [9, 8, 7, 6, 5, 4, 3, 2, 1, 2.5, 3.5, 0.5];

function proposed(
  given: {
    readonly tokens?: number | null;
    readonly bytes?: number;
    readonly domain?: string;
    readonly parameters?: number;
    readonly settings?: Partial<Record<FormSetting, string>>;
    readonly marked?: readonly number[];
  } = {},
): Map<Proposal['subject'], Proposal> {
  const { tokens, bytes = 0, domain = '/d.txt', parameters = 135e6, settings = {}, marked = [] } = given;
  const form = freshForm('run-1', ['/g.txt']);
  const reading = readForm(
    {
      ...form,
      files: { ...form.files, domain },
      settings: { ...form.settings, ...settings },
    },
    ENGLISH,
  );
  const importance = importanceFile(LAYERS);
  const found = proposals({
    importance: { ...importance, model: { ...importance.model, parameters } },
    reading,
    marked,
    amount: trainingAmount(reading, tokens === undefined ? undefined : { bytes, tokens }),
    l10n: ENGLISH,
    countText: String,
  });
  return new Map(found.map((proposal) => [proposal.subject, proposal]));
}

describe('proposed settings', () => {
  it('copy as large a part of the model as the study and the paper did, the least important layers', () => {
    assert.deepEqual(
      [5, 16, 28, 30, 36, 80].map((layers) => proposedCount(layers)),
      [1, 2, 4, 4, 5, 11],
    );
    assert.deepEqual(proposed().get('layers')?.layers, [8, 11]);
  });

  it('say nothing about steps while the text is unknown', () => {
    assert.deepEqual([...proposed().keys()], ['layers', 'rate', 'limit']);
    assert.deepEqual([...proposed({ tokens: null, bytes: 9e9, domain: '/d.parquet' }).keys()].length, 3);
  });

  it('take one pass over enough text, and up to four over little', () => {
    // 4 sequences of 256 tokens a step.
    const steps = (tokens: number): string | undefined => proposed({ tokens }).get('steps')?.settings.steps;
    assert.equal(steps(1_024_000), '1000');
    assert.equal(steps(51_200), '100');
    assert.equal(steps(10_240), '40');
    const replayed = trainingAmount(
      {
        files: { domain: ['/d'], replay: ['/r'], evalDomain: [], evalGeneral: [], probe: [] },
        settings: { replayShare: 0.5 },
      },
      { bytes: 0, tokens: 1_024_000 },
    );
    assert.equal(replayed?.stepsPerEpoch, 2000);
  });

  it('estimate tokens from the size of plain text, and say so', () => {
    const { settings, reason } = proposed({ tokens: null, bytes: 4_096_000 }).get('steps') ?? {};
    assert.equal(settings?.steps, '1000');
    assert.match(
      reason ?? '',
      /^The domain text has about 1000000 tokens, by the size of its files: 1000 steps\./,
    );
  });

  it('lower the studied rate for larger models, by the cube root', () => {
    assert.equal(proposedRate(3e-4, 134_515_008), 3e-4);
    assert.equal(proposedRate(3e-4, 27 * 134_515_008), 1e-4);
    assert.equal(proposedRate(3e-4, 1000 * 134_515_008), 3e-5);
    assert.equal(proposedRate(3e-4, 1000), 1e-3);
    assert.match(proposed().get('rate')?.reason ?? '', /about this size/);
    assert.match(
      proposed({ parameters: 8e9 }).get('rate')?.reason ?? '',
      /^The 0\.0003 of the study, at 135 million/,
    );
  });

  it('refresh and evaluate by the steps that are planned, those of the form first', () => {
    const short = proposed({ settings: { steps: '80' } });
    assert.deepEqual(short.get('refreshes')?.settings, { updateEvery: '40' });
    assert.deepEqual(short.get('evaluations')?.settings, { evalEvery: '8', saveEvery: '20' });
    const long = proposed({ settings: { steps: '3000' } });
    assert.deepEqual(long.get('refreshes')?.settings, { updateEvery: '500' });
    assert.match(long.get('refreshes')?.reason ?? '', /interval of the paper/);
  });

  it('offer layers near the end where the text repeats', () => {
    assert.equal(proposed({ tokens: 1_024_000 }).has('cheaper'), false);
    const { layers, settings } = proposed({ tokens: 10_240 }).get('cheaper') ?? {};
    // The last quarter is 9 to 11.
    assert.deepEqual(layers, [11]);
    assert.deepEqual(settings, { learningRate: '0.0005', unitRates: 'rank' });
  });

  it('are in use when marks and form agree, however numbers are written', () => {
    const taken = proposed({
      marked: [8, 11],
      settings: { learningRate: '3e-4', schedule: 'cosine', maxGeneralRise: '.02' },
    });
    assert.deepEqual(
      [...taken.values()].map(({ isTaken }) => isTaken),
      [true, true, true],
    );
    assert.equal(proposed({ settings: { learningRate: '3e-4' } }).get('rate')?.isTaken, false);
  });
});
