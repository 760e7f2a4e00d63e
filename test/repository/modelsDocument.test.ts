import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { it } from 'node:test';
import { pathToFileURL } from 'node:url';
import * as v from 'valibot';
import { FAMILIES } from '../../src/shared/model/families';
import { familyTable } from '../../src/shared/model/familyTable';
import { projectRoot } from '../support/projectRoot';

const page = (name: string): string => readFileSync(join(projectRoot, name), 'utf8');

it('docs/models.md has the table of families as the code has it: put in what is expected', () => {
  const [found] = /^\| `model_type`.*(\n\|.*)+/m.exec(page('docs/models.md')) ?? [];
  assert.equal(found, familyTable());
});

it('docs/models.md shows what was measured: run npm run bench:families, which writes its table', async () => {
  const path = join(projectRoot, 'test/bench/families/page.mjs');
  const { withTable } = v.parse(
    v.object({ withTable: v.function() }),
    await import(pathToFileURL(path).href),
  );
  const text = page('docs/models.md');
  assert.equal(withTable(text, JSON.parse(page('docs/models.json'))), text);
});

it('the README and the page of commands name every family', () => {
  for (const file of ['README.md', 'docs/command-line.md']) {
    const text = page(file);
    for (const family of Object.keys(FAMILIES)) {
      assert.ok(text.includes(`\`${family}\``), `${file}: ${family}`);
    }
  }
});
