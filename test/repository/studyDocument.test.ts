import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { pathToFileURL } from 'node:url';
import * as v from 'valibot';
import { readJson } from '../../src/node/files/jsonFile';
import { readJsonWithComments } from '../../src/node/job/runConfigFile';
import { StrengthFile } from '../../src/shared/run/strength';
import { parseWith } from '../../src/shared/common/parse';
import { StudyConfig, StudyFile, armsOf } from '../../src/shared/study/study';
import { summarize } from '../../src/shared/study/studySummary';
import { studyPlot } from '../../src/shared/study/studyPlot';
import { projectRoot } from '../support/projectRoot';

const at = (path: string): string => join(projectRoot, path);

const STUDIES = ['study', 'epochs'] as const;

for (const name of STUDIES) {
  describe(`docs/study.md, ${name}`, () => {
    const file = at(`docs/${name}/study.json`);
    // Before its first run the table is empty.
    const summaries = existsSync(file) ? summarize(parseWith(StudyFile, readJson(file), file)) : [];

    it('shows what the study came to: run npm run study, which writes its table', async () => {
      const { withStudy } = v.parse(
        v.object({ withStudy: v.function() }),
        await import(pathToFileURL(at('scripts/studyPage.mjs')).href),
      );
      const page = readFileSync(at('docs/study.md'), 'utf8');
      assert.equal(withStudy(page, name, summaries), page);
    });

    it('has the picture of the same runs', () => {
      const picture = at(`docs/${name}/study.svg`);
      const drawn = existsSync(picture) ? readFileSync(picture, 'utf8') : undefined;
      assert.equal(drawn, summaries.length === 0 ? undefined : studyPlot(summaries));
    });

    const strengthFile = at(`docs/${name}/dial.json`);
    it(
      'shows the strength that was measured',
      { skip: !existsSync(strengthFile) && 'none was' },
      async () => {
        const { withStrength } = v.parse(
          v.object({ withStrength: v.function() }),
          await import(pathToFileURL(at('scripts/studyPage.mjs')).href),
        );
        const page = readFileSync(at('docs/study.md'), 'utf8');
        assert.equal(
          withStrength(page, name, parseWith(StrengthFile, readJson(strengthFile), strengthFile).points),
          page,
        );
      },
    );

    it('is of the configuration beside it', { skip: !existsSync(file) && 'it has not run yet' }, () => {
      const config = at(`docs/${name}.study.json`);
      const { k, seeds, variants, ...study } = parseWith(StudyConfig, readJsonWithComments(config), config);
      const done = parseWith(StudyFile, readJson(file), file);
      assert.deepEqual(
        { k: done.k, seeds: done.seeds, variants: done.variants, arms: done.arms },
        { k, seeds, variants, arms: armsOf({ ...study, variants }) },
      );
    });
  });
}

describe('docs/study.md, settings that meet all aims', () => {
  const file = at('docs/epochs/study.json');
  const { seeds, ...study } = parseWith(StudyFile, readJson(file), file);
  const arms = summarize({ ...study, seeds });
  const armOf = (name: string): (typeof arms)[number] => {
    const arm = arms.find(({ arm }) => arm === name);
    assert.ok(arm, name);
    assert.equal(arm.seeds, seeds.length, `${name} ran with every seed`);
    return arm;
  };

  for (const full of ['full', 'full-rate-1e-4']) {
    it(`does top-rank, beside ${full}`, () => {
      const [theirs, ours] = [armOf(full), armOf('top-rank')];
      assert.ok(ours.domainGain.mean >= 0.8 * theirs.domainGain.mean);
      assert.ok(ours.generalRise.mean <= 0.25 * theirs.generalRise.mean);
      assert.ok(ours.trainingSeconds.mean <= 0.5 * theirs.trainingSeconds.mean);
    });
  }
});
