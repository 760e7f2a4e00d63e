import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, it } from 'node:test';
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
