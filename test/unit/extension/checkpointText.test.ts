import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { CheckpointInfo } from '../../../src/node/run/checkpointList';
import {
  bytesText,
  checkpointDescription,
  checkpointName,
  checkpointSpoken,
  checkpointTooltip,
  dateText,
} from '../../../src/extension/checkpoints/checkpointText';

/** Plain English, as vscode.l10n without a translation. */
const l10n = {
  t: (text: string, ...args: (string | number | boolean)[]): string =>
    text.replace(/\{(\d+)\}/g, (_, index: string) => String(args[Number(index)])),
};

const INFO: CheckpointInfo = {
  step: 500,
  folder: '/runs/a/checkpoints/step-00000500',
  label: null,
  createdAt: '2026-01-02T03:04:00.000Z',
  loss: 2.5,
  domainLoss: 2,
  generalLoss: 1.23456,
  baseLearningRate: 0.0002,
  bytes: 12_345_678,
  bestDomain: true,
  bestGeneral: false,
  last: true,
  problem: null,
};

describe('what the checkpoints view says', () => {
  it('names a checkpoint by its step, or by its label with the step behind', () => {
    assert.equal(checkpointName(INFO, l10n), 'Step 500');
    assert.equal(checkpointDescription(INFO, l10n), '2.000 domain · 1.235 general · best · last');
    const named = { ...INFO, label: 'warm-up', bestDomain: false, bestGeneral: true, last: false };
    assert.equal(checkpointName(named, l10n), 'warm-up');
    assert.equal(
      checkpointDescription(named, l10n),
      '2.000 domain · 1.235 general · step 500 · lowest general loss',
    );
  });

  it('leaves out what was not measured', () => {
    const bare = { ...INFO, domainLoss: null, generalLoss: null, bestDomain: false, last: false };
    assert.equal(checkpointDescription(bare, l10n), '');
    assert.ok(!checkpointTooltip(bare, l10n, 'en').includes('domain'));
  });

  it('says in full what is known, with the folder, and why it cannot be used', () => {
    const lines = checkpointTooltip(INFO, l10n, 'en').split('\n');
    assert.equal(lines[0], 'Step 500');
    assert.match(lines[1] ?? '', /^saved Jan 2, 2026/);
    assert.deepEqual(lines.slice(2), [
      'domain loss 2.0000',
      'general loss 1.2346',
      'training loss 2.5000',
      'base learning rate 0.0002',
      'the lowest domain loss of the run',
      'the last: the run is resumed from it',
      '12.3 MB',
      INFO.folder,
    ]);
    const broken = { ...INFO, problem: 'state.json is not JSON.' };
    assert.equal(checkpointDescription(broken, l10n), 'cannot be used');
    assert.equal(checkpointTooltip(broken, l10n, 'en').split('\n')[1], 'state.json is not JSON.');
  });

  it('speaks without signs', () => {
    assert.equal(
      checkpointSpoken({ ...INFO, label: 'warm-up' }, l10n),
      'warm-up, checkpoint of step 500, domain loss 2.0000, general loss 1.2346, best, last',
    );
  });

  it('gives sizes from kilobytes to terabytes, and a date that is none as it is', () => {
    assert.deepEqual(
      [12, 999_000, 5e9, 7e15].map((bytes) => bytesText(bytes, 'en')),
      ['12 B', '999 kB', '5 GB', '7,000 TB'],
    );
    assert.equal(dateText('yesterday', 'en'), 'yesterday');
  });
});
