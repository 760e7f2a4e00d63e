import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { pathToFileURL } from 'node:url';
import * as v from 'valibot';
import { productsOfStep } from '../bench/performance/products';
import { projectRoot } from '../support/projectRoot';
import { configOfShape } from '../support/shapedModel';
import { temporaryFolder } from '../support/temporaryFolder';

const Side = v.object({
  median: v.number(),
  lowest: v.number(),
  highest: v.number(),
  all: v.array(v.number()),
});

/** What `npm run bench` writes, as far as it is read here. */
const Results = v.object({
  rows: v.array(
    v.object({
      model: v.string(),
      name: v.string(),
      ours: Side,
      torch: v.optional(Side),
      peer: v.optional(Side),
      ratio: v.optional(v.number()),
      torchRatio: v.optional(v.number()),
    }),
  ),
  products: v.array(
    v.object({
      model: v.string(),
      length: v.number(),
      attention: v.number(),
      everythingElse: v.number(),
    }),
  ),
});

const Shape = v.object({
  ...v.entriesFromList(['vocab', 'hidden', 'mlp', 'layers', 'heads', 'keyValueHeads'], v.number()),
  tied: v.boolean(),
});

/** What the bench's own script knows of its models, as far as it is read here. */
const Sides = v.object({
  spread: v.function(),
  LENGTHS: v.array(v.number()),
  MODELS: v.record(v.string(), v.object({ expanded: v.array(v.number()), shape: v.optional(Shape) })),
});

/** SmolLM2-135M; the other model's shape is written in the script. */
const SMOLLM2 = {
  ...{ vocab: 49152, hidden: 576, mlp: 1536, layers: 30 },
  ...{ heads: 9, keyValueHeads: 3, tied: true },
};

async function loadSides(): Promise<v.InferOutput<typeof Sides>> {
  const path = join(projectRoot, 'test/bench/performance/sides.mjs');
  return v.parse(Sides, await import(pathToFileURL(path).href));
}

const page = readFileSync(join(projectRoot, 'docs/performance.md'), 'utf8');
/** The script that writes the page from the results. */
async function loadPage() {
  const path = join(projectRoot, 'test/bench/performance/page.mjs');
  const imported: unknown = await import(pathToFileURL(path).href);
  return v.parse(
    v.object({
      withParts: v.function(),
      withFast: v.function(),
      withEffects: v.function(),
      readResults: v.function(),
    }),
    imported,
  );
}

/** What was measured on every processor. */
async function loadResults(): Promise<v.InferOutput<typeof Results>[]> {
  const { readResults } = await loadPage();
  return v.parse(v.array(Results), readResults(projectRoot));
}

describe('docs/performance.md', () => {
  it('shows what was measured: run npm run bench, which writes its tables', async () => {
    const { withParts, readResults } = await loadPage();
    assert.equal(withParts(page, readResults(projectRoot)), page);
  });

  it('shows how one-pass estimates rank layers: run npm run bench:fast, which writes its table', async () => {
    const { withFast } = await loadPage();
    const file = join(projectRoot, 'bench/results/fastImportance.json');
    assert.equal(withFast(page, JSON.parse(readFileSync(file, 'utf8'))), page);
  });

  it('shows what each technique is worth: run npm run bench:effects, which writes its table', async () => {
    const { withEffects } = await loadPage();
    const file = join(projectRoot, 'bench/results/effects.json');
    assert.equal(withEffects(page, JSON.parse(readFileSync(file, 'utf8'))), page);
  });

  it('rests on both models, and on medians and ratios that are those of the runs', async () => {
    const all = (await loadResults()).flatMap(({ rows }) => rows);
    const { spread } = await loadSides();
    const has = (model: string, name: string, side: 'peer' | 'torch'): boolean =>
      all.some((row) => row.model === model && row.name === name && row[side] !== undefined);
    for (const model of ['smollm2', 'deep']) {
      for (const name of ['units', 'tune, step of the first epoch', 'tune, step of later epochs']) {
        assert.ok(has(model, name, 'peer'), `${model} ${name} was not measured beside its peer`);
        assert.ok(has(model, name, 'torch'), `${model} ${name} was not measured with the engine torch`);
      }
      assert.ok(has(model, 'exact', 'peer'), `${model} exact was not measured beside its peer`);
    }
    for (const { name, ours, torch, peer, ratio, torchRatio } of all) {
      assert.deepEqual(spread(ours.all), ours, name);
      assert.deepEqual(peer && spread(peer.all), peer, name);
      assert.deepEqual(torch && spread(torch.all), torch, name);
      assert.equal(ratio, peer && peer.median / ours.median, name);
      assert.equal(torchRatio, peer && torch && peer.median / torch.median, name);
    }
  });

  it('counts the products of a step as the estimator does: run npm run bench -- --only length', async (t) => {
    const results = await loadResults();
    const { MODELS, LENGTHS } = await loadSides();
    const counted = Object.entries(MODELS).flatMap(([model, { shape, expanded }]) => {
      const folder = temporaryFolder(t);
      writeFileSync(join(folder, 'config.json'), JSON.stringify(configOfShape(shape ?? SMOLLM2).raw));
      return LENGTHS.map((length) => ({ model, ...productsOfStep(folder, expanded, length) }));
    });
    for (const { products } of results) {
      assert.deepEqual(products, counted);
    }
  });
});
