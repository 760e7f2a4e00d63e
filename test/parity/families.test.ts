import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import * as v from 'valibot';
import { FAMILIES as FAMILY_TRAITS, type Family } from '../../src/shared/model/families';
import { StrengthFile } from '../../src/shared/run/strength';
import { readManifest } from '../../src/trainer/method/manifest';
import { adeptResult } from '../support/command';
import { temporaryFolder } from '../support/temporaryFolder';
import { asLists } from '../support/tokenRows';
import { ENGINES, type TestedEngine } from './engines';
import { executorLogits } from './executorLogits';
import { FURTHER_RECIPES } from './furtherRecipes';
import { randomSequences, writeRandomModel } from './randomModel';
import { RECIPES, type RecipeName } from './recipes';
import { liveReference, reference } from './reference';
import { checkRun, DEFAULT_PLAN, expanded, tuned, tuneRequest, type TuneCase } from './tuned';

const FAMILIES = Object.keys(FURTHER_RECIPES) as RecipeName[];
const LOGITS = 1e-4;

/** Two copies, of layers of two kinds where the family has two; rows of unequal length. */
function twentySteps(name: RecipeName): TuneCase {
  const lengths = Array.from({ length: 20 }, (_, index) => 8 + ((index * 17) % 29));
  const rows = randomSequences(8, lengths, RECIPES[name].config.vocab_size);
  const plan = { ...DEFAULT_PLAN, steps: 20, updateEvery: 8, batchSize: 2, learningRate: 4e-3 };
  return {
    layers: [1, 2],
    domain: rows.slice(0, 12),
    probe: rows.slice(12, 16),
    evaluate: rows.slice(16),
    plan,
  };
}

/** The exported folder in transformers, beside what it is here. */
async function checkExport(
  t: TestContext,
  engine: TestedEngine,
  folder: string,
  run: TuneCase,
): Promise<void> {
  const theirs = await liveReference('logits', {
    ...{ model: folder, sequences: asLists(run.evaluate), indices: [] },
  });
  if (theirs?.all === undefined) {
    t.diagnostic('not loaded in transformers: trained weights have no golden values');
    return;
  }
  const expected = new Float32Array(Uint8Array.from(Buffer.from(theirs.all, 'base64')).buffer);
  const ours = await executorLogits(engine.name, folder, run.evaluate);
  assert.equal(ours.length, expected.length);
  const worst = ours.reduce((most, value, at) => Math.max(most, Math.abs(value - (expected[at] ?? NaN))), 0);
  assert.ok(worst / theirs.largest <= LOGITS, `logits of the export differ by ${worst / theirs.largest}`);
}

describe('a family beyond llama expands, tunes and exports as PyTorch does', () => {
  for (const engine of ENGINES) {
    for (const name of FAMILIES) {
      it(`${name}, ${engine.name}`, { skip: engine.skip }, async (t) => {
        const folder = temporaryFolder(t);
        const model = writeRandomModel(join(folder, 'model'), name);
        const run = twentySteps(name);
        const start = await expanded(folder, model, run, engine.name);
        const manifest = readManifest(start);
        assert.equal(manifest?.equivalence?.maxDifference, 0);
        const { norms } = FAMILY_TRAITS[manifest.base.family as Family];
        const silent = [norms.attentionOutput ?? 'self_attn.o_proj', norms.mlpOutput ?? 'mlp.down_proj'];
        assert.deepEqual(
          manifest.zeroed.filter((tensor) => tensor.endsWith('.weight')),
          [2, 4].flatMap((layer) => silent.map((unit) => `model.layers.${layer}.${unit}.weight`)),
        );
        const rows = asLists(run.evaluate);
        const same = await liveReference('difference', { model, other: start, sequences: rows });
        assert.ok(same === undefined || same.maxDifference === 0, 'nor is there one in transformers');

        const expected = await reference('tune', tuneRequest(start, run), `tune-${name}`);
        const { events, run: trained } = await tuned(folder, start, run, engine.name);
        const worst = checkRun(events, expected, run);
        t.diagnostic(`largest deviation of the loss ${worst.loss.toExponential(1)}`);
        const [first = NaN] = expected.losses;
        assert.ok(expected.losses.some((loss) => Math.abs(loss / first - 1) > 0.03));

        // At strength 0 a copy whose norm writes is silent as well.
        await adeptResult(['dial', trained, '--alphas', 0.5, '--engine', engine.name]);
        const { points } = v.parse(
          StrengthFile,
          JSON.parse(readFileSync(join(trained, 'dial.json'), 'utf8')),
        );
        const before = events.find((event) => event.type === 'eval')?.domainLoss;
        assert.equal(points.find(({ alpha }) => alpha === 0)?.domainLoss, before);

        const out = join(folder, 'exported');
        await adeptResult(['export', '--run', trained, '--out', out]);
        await checkExport(t, engine, out, run);
      });
    }
  }
});
