import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import * as v from 'valibot';
import { projectRoot } from '../../support/projectRoot';

type Texts = ReadonlyMap<string, string>;

/** Names and signs, which are the same in both languages. */
const SAME_IN_BOTH: ReadonlySet<string> = new Set([
  'ADEPT',
  'PyTorch',
  '{0}: {1}',
  '{0}: {1} → {2}',
  'GPU {0} ({1})',
]);

function readTexts(file: string): Texts {
  const value: unknown = JSON.parse(readFileSync(join(projectRoot, file), 'utf8'));
  return new Map(Object.entries(v.parse(v.record(v.string(), v.string()), value)));
}

/** What a translation has to keep: placeholders, icons, and what its links lead to. */
function keptParts(text: string): string[] {
  return (text.match(/\{\d+\}|\$\([\w-]+\)|\]\([^)]*\)/g) ?? []).sort();
}

/** The keys of one that the other lacks. */
function lacking(texts: Texts, other: Texts): string[] {
  return [...texts.keys()].filter((key) => !other.has(key));
}

/** The texts of a translation of which something is wrong, each with its key. */
function wrong(english: Texts, chinese: Texts, isWrong: (from: string, to: string) => boolean): string[] {
  return [...chinese].flatMap(([key, text]) =>
    isWrong(english.get(key) ?? '', text) ? [`${key}: ${JSON.stringify(text)}`] : [],
  );
}

const translations = [
  ['out/l10n/bundle.l10n.json', 'l10n/bundle.l10n.zh-cn.json'],
  ['package.nls.json', 'package.nls.zh-cn.json'],
] as const;

for (const [source, translation] of translations) {
  describe(translation, () => {
    const english = readTexts(source);
    const chinese = readTexts(translation);

    it(`has every text of ${source} and no other`, () => {
      assert.deepEqual(
        { missing: lacking(english, chinese), unused: lacking(chinese, english) },
        { missing: [], unused: [] },
      );
    });

    it('keeps placeholders, icons and links', () => {
      assert.deepEqual(
        wrong(english, chinese, (from, to) => keptParts(from).join() !== keptParts(to).join()),
        [],
      );
    });

    it('is in Chinese, but for names and signs, and never empty', () => {
      assert.deepEqual(
        wrong(english, chinese, (from, to) =>
          SAME_IN_BOTH.has(from) ? to.trim() === '' : !/\p{Script=Han}/u.test(to),
        ),
        [],
      );
    });
  });
}
