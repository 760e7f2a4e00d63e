import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { it } from 'node:test';
import { pathToFileURL } from 'node:url';
import * as v from 'valibot';
import { TEXT_SETTINGS } from '../../src/shared/settings/textSettings';
import { flagOf } from '../../src/shared/settings/settingTable';
import { projectRoot } from '../support/projectRoot';

const page = readFileSync(join(projectRoot, 'docs/texts.md'), 'utf8');

it('docs/texts.md shows what was measured: run npm run bench:texts, which writes its table', async () => {
  const figures: unknown = JSON.parse(readFileSync(join(projectRoot, 'docs/texts.json'), 'utf8'));
  const path = join(projectRoot, 'test/bench/texts/page.mjs');
  const { withTable } = v.parse(
    v.object({ withTable: v.function() }),
    await import(pathToFileURL(path).href),
  );
  assert.equal(withTable(page, figures), page);
});

it('docs/texts.md explains every option of a text', () => {
  for (const [name, setting] of Object.entries(TEXT_SETTINGS)) {
    assert.ok(page.includes(flagOf(name, setting)), flagOf(name, setting));
  }
});
