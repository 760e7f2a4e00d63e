import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { pathToFileURL } from 'node:url';
import * as v from 'valibot';
import { readJson } from '../../src/node/jsonFile';
import { parseWith } from '../../src/shared/parse';
import { StudyFile, summarize } from '../../src/shared/study';
import { studyPlot } from '../../src/shared/studyPlot';
import { projectRoot } from '../support/projectRoot';

const at = (path: string): string => join(projectRoot, path);

describe('docs/study.md', () => {
  const file = at('docs/study/study.json');
  // Before its first run the table is empty.
  const summaries = existsSync(file) ? summarize(parseWith(StudyFile, readJson(file), file)) : [];

  it('shows what the study came to: run npm run study, which writes its table', async () => {
    const { withStudy } = v.parse(
      v.object({ withStudy: v.function() }),
      await import(pathToFileURL(at('scripts/studyPage.mjs')).href),
    );
    const page = readFileSync(at('docs/study.md'), 'utf8');
    assert.equal(withStudy(page, 'study', summaries), page);
  });

  it('has the picture of the same runs', () => {
    const picture = at('docs/study/study.svg');
    const drawn = existsSync(picture) ? readFileSync(picture, 'utf8') : undefined;
    assert.equal(drawn, summaries.length === 0 ? undefined : studyPlot(summaries));
  });
});
