import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { pathToFileURL } from 'node:url';
import * as v from 'valibot';
import { projectRoot } from '../support/projectRoot';

const Side = v.object({ median: v.number(), lowest: v.number(), highest: v.number() });

/** What `npm run bench` writes, as far as it is read here. */
const Results = v.object({
  rows: v.array(
    v.object({
      model: v.string(),
      name: v.string(),
      ours: Side,
      peer: v.optional(Side),
      ratio: v.optional(v.number()),
    }),
  ),
});

const page = readFileSync(join(projectRoot, 'docs/performance.md'), 'utf8');
const results: unknown = JSON.parse(readFileSync(join(projectRoot, 'bench/results/latest.json'), 'utf8'));

describe('docs/performance.md', () => {
  it('shows what was measured: run npm run bench, which writes its tables', async () => {
    const path = join(projectRoot, 'test/bench/performance/page.mjs');
    const { withParts } = v.parse(
      v.object({ withParts: v.function() }),
      await import(pathToFileURL(path).href),
    );
    assert.equal(withParts(page, results), page);
  });

  it('shows how one-pass estimates rank layers: run npm run bench:fast, which writes its table', async () => {
    const path = join(projectRoot, 'test/bench/performance/page.mjs');
    const { withFast } = v.parse(
      v.object({ withFast: v.function() }),
      await import(pathToFileURL(path).href),
    );
    const file = join(projectRoot, 'bench/results/fastImportance.json');
    assert.equal(withFast(page, JSON.parse(readFileSync(file, 'utf8'))), page);
  });

  it('shows what each technique is worth: run npm run bench:effects, which writes its table', async () => {
    const path = join(projectRoot, 'test/bench/performance/page.mjs');
    const { withEffects } = v.parse(
      v.object({ withEffects: v.function() }),
      await import(pathToFileURL(path).href),
    );
    const file = join(projectRoot, 'bench/results/effects.json');
    assert.equal(withEffects(page, JSON.parse(readFileSync(file, 'utf8'))), page);
  });

  it('rests on both models, and on ratios that are those of the medians', () => {
    const { rows } = v.parse(Results, results);
    for (const model of ['smollm2', 'deep']) {
      for (const name of ['exact', 'units', 'tune, step of the first epoch', 'tune, step of later epochs']) {
        assert.ok(
          rows.some((row) => row.model === model && row.name === name && row.peer !== undefined),
          `${model} ${name} was not measured beside its peer`,
        );
      }
    }
    for (const { name, ours, peer, ratio } of rows) {
      assert.ok(ours.lowest <= ours.median && ours.median <= ours.highest, name);
      assert.ok(peer === undefined || Math.abs((ratio ?? NaN) - peer.median / ours.median) < 1e-12, name);
    }
  });
});
