import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { estimate } from '../../../src/shared/estimate/estimate';
import { formPlan, pricedModel } from '../../../src/shared/launch/planPrice';
import { lowestLayers } from '../../../src/shared/method/layerChoice';
import { settingsSchema } from '../../../src/shared/settings/settingTable';
import { TUNE_SETTINGS } from '../../../src/shared/settings/tuneSettings';
import type { ArmName } from '../../../src/shared/study/study';
import { armSeconds } from '../../../src/shared/study/studyTime';
import { contentOf } from '../../webview/support/heatmapContent';
import * as v from 'valibot';
import { readRunConfig } from '../../../src/node/job/runConfigFile';
import { StudyConfig, type StudyRun } from '../../../src/shared/study/study';
import type { EngineDescription } from '../../../src/trainer/tfjs/engine/engine';
import { StudyFolder } from '../../../src/trainer/jobs/study/studyFolder';
import { expectInputRejection } from '../../support/expectInputError';
import { projectRoot } from '../../support/projectRoot';
import { temporaryFolder } from '../../support/temporaryFolder';

const NATIVE = { engine: 'native', device: 'CPU' } as EngineDescription;
const WASM = { engine: 'wasm', device: 'CPU' } as EngineDescription;

const report: StudyRun['report'] = {
  ...{ format: 'adept.report/1', engine: { ...NATIVE }, steps: 1, peakMemory: 1 },
  layers: { before: 8, after: 8, expanded: [] },
  parameters: { before: 80, after: 80, trained: 80 },
  before: { domainLoss: 3, generalLoss: 2, accuracy: null },
  after: { domainLoss: 2, generalLoss: 3, accuracy: null },
  ...{ seconds: { tune: 20 }, trainingSeconds: 10 },
};

describe('the time of a study', () => {
  it('is that of every arm, those that train the whole model included; none where no speed is known', () => {
    const { importance, model } = contentOf('stories260K');
    const tune = v.parse(settingsSchema(TUNE_SETTINGS), { steps: 100, learningRate: 1e-3 });
    const secondsOf = (...arms: readonly ArmName[]): number | undefined =>
      armSeconds(arms, { tune }, 1, { importance, model });
    const [adept = NaN, full = NaN] = [secondsOf('adept'), secondsOf('full')];
    const priced = pricedModel(model, importance);
    assert.ok(priced.known);
    const expanded = lowestLayers(importance, 1, importance.layers.length, '');
    const plan = { ...formPlan(priced, importance, {}), expanded, tune };
    assert.equal(adept, 100 * (estimate(plan).secondsPerStep ?? NaN));
    assert.ok(full > adept, 'all parameters take longer than one copy');
    assert.equal(secondsOf('full', 'adept'), full + adept);
    assert.equal(armSeconds(['adept'], { tune }, 99, { importance, model }), undefined);
    const gone = { found: false, problem: 'gone' } as const;
    assert.equal(armSeconds(['adept'], { tune }, 1, { importance, model: gone }), undefined);
  });
});

describe('the folder of a study', () => {
  it('is gone on with on the engine of its runs, of which those taken out of the study do not count', async (t) => {
    const out = join(temporaryFolder(t), 'study');
    const base = readRunConfig(join(projectRoot, 'media/sample/sample.adept.json'));
    const open = (engine: EngineDescription, arms: string[], seeds: number[]): Promise<StudyFolder> =>
      StudyFolder.open(v.parse(StudyConfig, { job: 'j', out, k: 2, arms, seeds }), base, engine);
    const folder = await open(NATIVE, ['full', 'adept'], [0, 1]);
    folder.record({ arm: 'full', seed: 1, report });
    await expectInputRejection(
      open(WASM, ['full', 'adept'], [0, 1]),
      'computed by native on CPU, not by wasm on CPU',
    );
    // The arm without the seed, and the seed without the arm.
    for (const fewer of [await open(WASM, ['full', 'adept'], [0]), await open(WASM, ['adept'], [0, 1])]) {
      assert.ok(!fewer.planned.some((run) => fewer.isDone(run)));
      assert.deepEqual(
        fewer.file.runs.map(({ arm, seed }) => [arm, seed]),
        [['full', 1]],
      );
    }
  });
});
