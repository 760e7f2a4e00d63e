import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { it } from 'node:test';
import { pathToFileURL } from 'node:url';
import * as v from 'valibot';
import { METRICS } from '../../src/shared/run/metrics';
import { runAdept } from '../support/command';
import { projectRoot } from '../support/projectRoot';

it('docs/command-line.md has every command that adept --help lists, and no other', async () => {
  const { stdout } = await runAdept(['--help']);
  const listed = [...stdout.matchAll(/^ {2}([a-z]+) (?:\[|<)/gm)].map(([, name]) => name);
  const page = readFileSync(join(projectRoot, 'docs/command-line.md'), 'utf8');
  const rows = page.split('\n').filter((line) => line.startsWith('| `adept '));
  const described = rows.flatMap((row) =>
    [...(row.split(/(?<!\\)\|/)[1] ?? '').matchAll(/`adept ([a-z]+)/g)].map(([, name]) => name),
  );
  assert.deepEqual(described.sort(), listed.filter((name) => name !== 'help').sort());
});

it('docs/command-line.md has the columns and tags of everything that is measured by step, in their order', () => {
  const page = readFileSync(join(projectRoot, 'docs/command-line.md'), 'utf8');
  const rows = [...page.matchAll(/^\| `([^`]+)` \| `([^`]+)` \|/gm)].map(([, column, tag]) => ({
    column,
    tag,
  }));
  assert.deepEqual(rows, Object.values(METRICS));
});

it('docs/command-line.md has what npm run bench:harness measured', async () => {
  const page = readFileSync(join(projectRoot, 'docs/command-line.md'), 'utf8');
  const results: unknown = JSON.parse(readFileSync(join(projectRoot, 'bench/results/harness.json'), 'utf8'));
  const script = pathToFileURL(join(projectRoot, 'test/bench/harness/page.mjs')).href;
  const imported: unknown = await import(script);
  const { withHarness } = v.parse(v.object({ withHarness: v.function() }), imported);
  assert.equal(withHarness(page, results), page);
});
