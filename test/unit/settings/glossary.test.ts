import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import * as v from 'valibot';
import { ENGLISH, type Localizer } from '../../../src/shared/common/localizer';
import { definitionOf, TERMS } from '../../../src/shared/glossary/glossary';
import { projectRoot } from '../../support/projectRoot';

const Texts = v.record(v.string(), v.string());

function readTexts(file: string): Record<string, string> {
  return v.parse(Texts, JSON.parse(readFileSync(join(projectRoot, file), 'utf8')));
}

const chinese = readTexts('l10n/bundle.l10n.zh-cn.json');
const IN_CHINESE: Localizer = { t: (message) => chinese[message] ?? '' };

describe('the glossary', () => {
  for (const [file, l10n] of [
    ['package.nls.json', ENGLISH],
    ['package.nls.zh-cn.json', IN_CHINESE],
  ] as const) {
    it(`stands in the walkthrough, word for word (${file})`, () => {
      const step = readTexts(file)['walkthrough.words.description']?.split('\n').slice(1);
      const defined = TERMS.map((term) => definitionOf(term, l10n));
      assert.deepEqual(
        step,
        defined.map(({ name, text }) => `**${name}** ${text}`),
      );
    });
  }
});
