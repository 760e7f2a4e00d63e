import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { readJson } from '../../src/node/files/jsonFile';
import { readJsonWithComments } from '../../src/node/job/runConfigFile';
import * as v from 'valibot';
import { parseWith } from '../../src/shared/common/parse';
import { STUDIED } from '../../src/shared/launch/studiedSettings';
import { StudyConfig, StudyFile } from '../../src/shared/study/study';
import { summarize, type ArmSummary } from '../../src/shared/study/studySummary';
import { projectRoot } from '../support/projectRoot';

const docs = (path: string): string => join(projectRoot, 'docs', path);

function armsOf(name: 'study' | 'epochs'): Map<string, ArmSummary> {
  const file = docs(`${name}/study.json`);
  return new Map(summarize(parseWith(StudyFile, readJson(file), file)).map((arm) => [arm.arm, arm]));
}

const Job = v.object({
  tune: v.object({
    steps: v.number(),
    learningRate: v.number(),
    schedule: v.string(),
    updateEvery: v.number(),
  }),
});

describe('what proposals say of the study', () => {
  it('is how its arms were trained', () => {
    const job = docs('study.adept.json');
    const { tune } = v.parse(Job, readJsonWithComments(job));
    const config = docs('epochs.study.json');
    const { k, variants } = parseWith(StudyConfig, readJsonWithComments(config), config);
    const { once, cheap, layers } = STUDIED;
    assert.deepEqual(
      [once.k, once.learningRate, once.schedule, once.refreshShare],
      [k, tune.learningRate, tune.schedule, tune.updateEvery / tune.steps],
    );
    const top = variants['top-rank'];
    assert.deepEqual(
      [cheap.k, cheap.learningRate, cheap.unitRates],
      [top?.layers?.length, top?.tune?.learningRate, top?.tune?.unitRates],
    );
    assert.equal(Math.min(...(top?.layers ?? [])), Math.floor(layers * cheap.fromShare));
  });

  it('is what they came to', () => {
    const [once, repeated] = [armsOf('study'), armsOf('epochs')];
    const adept = once.get('adept');
    assert.equal(adept?.ofFull?.domainGain.toFixed(2), String(STUDIED.once.gain));
    assert.ok(adept.generalRise.mean < 0, 'general loss fell');
    assert.equal(once.get('full')?.generalRise.mean.toFixed(3), String(STUDIED.fullRise));
    const [top, least] = [repeated.get('top-rank'), repeated.get('least')];
    const share = (of: (arm: ArmSummary) => number): number =>
      top === undefined || least === undefined ? NaN : of(top) / of(least);
    assert.equal(share(({ domainGain }) => domainGain.mean).toFixed(2), String(STUDIED.cheap.gain));
    assert.equal(share(({ trainingSeconds }) => trainingSeconds.mean).toFixed(2), String(STUDIED.cheap.time));
    // Twice the rate forgot more and gained nothing.
    const [one, twice] = [repeated.get('top'), repeated.get('top-rate-1e-3')];
    assert.ok((twice?.generalRise.mean ?? NaN) > (one?.generalRise.mean ?? NaN));
    assert.ok((twice?.domainGain.mean ?? NaN) <= (one?.domainGain.mean ?? NaN));
    const often = repeated.get('top-update-10');
    assert.ok(Math.abs((often?.generalRise.mean ?? NaN) - (one?.generalRise.mean ?? NaN)) < 0.001);
    assert.ok(Math.abs((often?.domainGain.mean ?? NaN) - (one?.domainGain.mean ?? NaN)) < 0.001);
  });
});
