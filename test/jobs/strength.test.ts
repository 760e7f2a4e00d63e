import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import * as v from 'valibot';
import { readEvents } from '../../src/node/run/eventWriter';
import { readModelConfig } from '../../src/node/model/modelConfig';
import { RunFolder } from '../../src/node/run/runFolder';
import { TextLosses } from '../../src/shared/run/losses';
import {
  allowedRise,
  recommendedStrength,
  StrengthFile,
  layerWorth,
  prune,
} from '../../src/shared/run/strength';
import { readManifest } from '../../src/trainer/method/manifest';
import { CorpusReader } from '../../src/trainer/jobs/texts/corpora';
import { makeBatch } from '../../src/trainer/data/sequences/batch';
import { openEngine } from '../../src/trainer/tfjs/engine/open';
import { CausalLM } from '../../src/trainer/tfjs/model/causalLM';
import { adeptResult, runAdeptAgain, type Argument } from '../support/command';
import { projectRoot } from '../support/projectRoot';
import { idsOf } from '../support/corpora';
import { SILENT_TASK } from '../../src/trainer/task';

const sample = (name: string): string => join(projectRoot, 'media/sample', name);
const DOMAIN_EVAL = sample('domain-eval.jsonl');
const GENERAL_EVAL = sample('general-eval.txt');
const SHAPE = ['--seq-len', 32, '--engine', 'wasm'];

const Known = v.object({ domainLoss: v.number(), generalLoss: v.number() });

/** A tuned run on the sample, with copies of layers 3 and 5: layers 4 and 7 of ten. */
describe('what the added layers of a run are worth', () => {
  const folder = mkdtempSync(join(tmpdir(), 'adept-test-'));
  const at = (name: string): string => join(folder, name);
  let strength: StrengthFile;

  before(async () => {
    await adeptResult([
      ...[
        'expand',
        '--model',
        sample('model'),
        '--out',
        at('expanded'),
        '--layers',
        '3,5',
        '--engine',
        'wasm',
      ],
    ]);
    await adeptResult([
      ...['tune', '--model', at('expanded'), '--out', at('run'), ...SHAPE, '--steps', 20, '--lr', 3e-3],
      ...['--domain', sample('domain.jsonl'), '--probe', sample('general.txt'), '--batch-size', 2],
      ...['--eval', DOMAIN_EVAL, '--eval-general', GENERAL_EVAL],
      ...['--max-probe-sequences', 4, '--max-eval-sequences', 6],
    ]);
    await adeptResult(['dial', at('run'), '--alphas', '0.5,0.25', '--engine', 'wasm']);
    strength = v.parse(StrengthFile, JSON.parse(readFileSync(join(at('run'), 'dial.json'), 'utf8')));
  });

  after(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  async function evaluated(model: string): Promise<{ domainLoss: number; generalLoss: number }> {
    const loss = async (data: string): Promise<number> => {
      const result = await adeptResult([
        ...['eval', '--model', model, '--data', data, ...SHAPE, '--max-sequences', 6, '--batch-size', 2],
      ]);
      return v.parse(v.number(), result.loss);
    };
    return { domainLoss: await loss(DOMAIN_EVAL), generalLoss: await loss(GENERAL_EVAL) };
  }

  function assertSame(a: { domainLoss: number; generalLoss: number }, b: typeof a): void {
    assert.ok(Math.abs(a.domainLoss - b.domainLoss) < 1e-6, `${a.domainLoss}, ${b.domainLoss}`);
    assert.ok(Math.abs(a.generalLoss - b.generalLoss) < 1e-6, `${a.generalLoss}, ${b.generalLoss}`);
  }

  async function exported(name: string, ...more: readonly Argument[]): Promise<string> {
    await adeptResult(['export', '--run', at('run'), '--out', at(name), ...more]);
    return at(name);
  }

  it('is that of the original model at 0 and of the tuned one at 1', async () => {
    assert.deepEqual(
      strength.points.map(({ alpha }) => alpha),
      [0, 0.25, 0.5, 1],
    );
    const [original, tuned] = [strength.points[0], strength.points[3]];
    assert.ok(original && tuned);
    assertSame(original, await evaluated(sample('model')));
    const evaluations = readEvents(RunFolder.at(at('run')).file('events')).flatMap((event) =>
      event.type === 'eval' && event.domainLoss !== null && event.generalLoss !== null
        ? [{ domainLoss: event.domainLoss, generalLoss: event.generalLoss }]
        : [],
    );
    const [first, last] = [evaluations[0], evaluations.at(-1)];
    assert.ok(first && last);
    assertSame(original, first);
    assertSame(tuned, last);
    assert.ok(Math.abs(original.domainLoss - tuned.domainLoss) > 0.01, 'something was learned');
  });

  it('is that of the model that is exported at the same strength', async () => {
    const [, , half] = strength.points;
    assert.ok(half);
    assertSame(half, await evaluated(await exported('half', '--alpha', 0.5)));
  });

  it('is, without a layer, that of the model that is exported without it', async () => {
    const [first, second] = strength.without;
    assert.ok(first && second);
    assert.deepEqual([first.layer, first.source, second.layer, second.source], [4, 3, 7, 5]);
    const model = await exported('without', '--drop', '4');
    assertSame(first, await evaluated(model));
    assert.equal(readModelConfig(model).numHiddenLayers, 9);
    assert.deepEqual(
      readManifest(model)?.added.map(({ layer, source, sourceLayer }) => [layer, source, sourceLayer]),
      [[6, 5, 5]],
    );
    // Without both it is the original, weight by weight.
    assertSame(await evaluated(await exported('bare', '--drop', '4,7')), await evaluated(sample('model')));
    const { domain } = layerWorth(strength, first);
    assert.equal(domain, first.domainLoss - (strength.points[3]?.domainLoss ?? NaN));
  });

  it('is what an export says of itself, beside what rounding made of it', async () => {
    const Said = v.object({ tuned: TextLosses, after: TextLosses, dtype: v.string() });
    const said = async (name: string, ...more: readonly Argument[]): Promise<v.InferOutput<typeof Said>> =>
      v.parse(
        Said,
        await adeptResult(['export', '--run', at('run'), '--out', at(name), '--engine', 'wasm', ...more]),
      );
    const close = (a: TextLosses, b: TextLosses): void => {
      assertSame(v.parse(Known, a), v.parse(Known, b));
    };
    const [, , half] = strength.points;
    const [without] = strength.without;
    assert.ok(half && without);
    // Known from dial.json, and measured where that has no such model.
    const narrow = ['--dtype', 'bfloat16'];
    const rounded = await said('rounded', '--alpha', 0.5, ...narrow);
    assert.equal(rounded.dtype, 'bfloat16');
    close(rounded.tuned, half);
    close(rounded.after, await evaluated(at('rounded')));
    assert.notEqual(rounded.after.domainLoss, half.domainLoss);
    close((await said('one-less', '--drop', '4', ...narrow)).tuned, without);
    const odd = ['--alpha', 0.3, '--drop', '4'];
    const [full, less] = [await said('odd', ...odd), await said('odd-rounded', ...odd, ...narrow)];
    assert.deepEqual(full.tuned, full.after);
    close(full.after, await evaluated(at('odd')));
    close(less.tuned, full.after);
  });

  it('is not measured of rounded files where that is not asked for, and where the texts are gone', async () => {
    const narrow = ['export', '--run', at('run'), '--dtype', 'float16'];
    const asked = await adeptResult([...narrow, '--out', at('unmeasured'), '--no-measure']);
    assert.deepEqual([asked.after, asked.tuned, asked.notMeasured], [null, null, 'it was not asked for']);
    assert.match(readFileSync(join(at('unmeasured'), 'README.md'), 'utf8'), /files were not measured/);
    const spec = at('run/run.json');
    const text = readFileSync(spec, 'utf8');
    writeFileSync(spec, text.replaceAll('general-eval.txt', 'gone.txt'));
    const gone = await adeptResult([...narrow, '--out', at('gone'), '--engine', 'wasm']);
    writeFileSync(spec, text);
    assert.equal(gone.after, null);
    assert.match(String(gone.notMeasured), /"eval\.general" .*gone\.txt/);
    assert.equal(readModelConfig(at('gone')).numHiddenLayers, 10);
  });

  it('is not asked of layers that were not added', async () => {
    const { status, stderr } = await runAdeptAgain([
      'export',
      '--run',
      at('run'),
      '--out',
      at('x'),
      '--drop',
      '5',
    ]);
    assert.equal(status, 2);
    assert.match(stderr, /--drop: layer 5 was not added by this run: only 4, 7/);
  });

  it('goes with as many changed tokens as the two models differ in', async () => {
    const after = await exported('tuned');
    const args = ['--data', DOMAIN_EVAL, ...SHAPE, '--max-sequences', 5, '--batch-size', 2];
    const none = await adeptResult([
      'shift',
      '--before',
      sample('model'),
      '--after',
      sample('model'),
      ...args,
    ]);
    assert.deepEqual([none.changed, none.marginal, none.shifted], [0, 0, 0]);
    const result = await adeptResult(['shift', '--before', sample('model'), '--after', after, ...args]);
    assert.deepEqual(
      [result.positions, result.changed, result.marginal, result.shifted],
      await countedShift(sample('model'), after),
    );
  });
});

/** Positions, and shares by rank, one position after the other. */
async function countedShift(before: string, after: string): Promise<number[]> {
  const engine = await openEngine('wasm');
  try {
    const config = readModelConfig(before);
    const reader = new CorpusReader(before, config, SILENT_TASK);
    const corpus = await reader.read([DOMAIN_EVAL], { seqLen: 32, maxSequences: 5 }, 'x');
    const [old, tuned] = [CausalLM.load(engine, before), CausalLM.load(engine, after)];
    const ranks = idsOf(corpus.sequences).flatMap((sequence) => {
      const batch = makeBatch([sequence]);
      const rows = Array.from({ length: sequence.length - 1 }, (_, row) => row);
      return rows.map((row) => {
        const top = indexOfLargest([...tuned.logits(batch, Int32Array.of(row))]);
        const logits = [...old.logits(batch, Int32Array.of(row))];
        return logits.filter((logit) => logit > (logits[top] ?? NaN)).length + 1;
      });
    });
    const share = (holds: (rank: number) => boolean): number => ranks.filter(holds).length / ranks.length;
    return [
      ranks.length,
      share((rank) => rank > 1),
      share((rank) => rank === 2 || rank === 3),
      share((rank) => rank > 3),
    ];
  } finally {
    engine.close();
  }
}

function indexOfLargest(values: readonly number[]): number {
  return values.indexOf(Math.max(...values));
}

describe('the recommended strength', () => {
  const points = [
    { alpha: 0, domainLoss: 2, generalLoss: 3 },
    { alpha: 0.5, domainLoss: 1.5, generalLoss: 3.01 },
    { alpha: 1, domainLoss: 1.2, generalLoss: 3.1 },
  ];

  it('is the best for the domain within the limit', () => {
    assert.equal(recommendedStrength({ points }, 0.02)?.alpha, 0.5);
    assert.equal(recommendedStrength({ points }, 0.2)?.alpha, 1);
    assert.equal(recommendedStrength({ points }, 0)?.alpha, 0);
    // Half as strong keeps most of the gain, and general loss falls below the original's instead of rising.
    const knee = [
      { alpha: 0, domainLoss: 2, generalLoss: 3 },
      { alpha: 0.5, domainLoss: 1.48, generalLoss: 2.95 },
      { alpha: 1, domainLoss: 1.4, generalLoss: 3.01 },
    ];
    const { alpha, kept, largest } = recommendedStrength({ points: knee }, 0.02) ?? assert.fail();
    assert.deepEqual([alpha, largest.alpha], [0.5, 1]);
    assert.ok(Math.abs((kept ?? 0) - 0.52 / 0.6) < 1e-12);
    // Little is won in general loss for what the domain would lose.
    const flat = knee.map((point) => ({ ...point, generalLoss: 3 + point.alpha / 100 }));
    assert.equal(recommendedStrength({ points: flat }, 0.02)?.alpha, 1);
    // Nothing is gained anywhere.
    const worse = knee.map((point) => ({ ...point, domainLoss: 2 + point.alpha }));
    assert.deepEqual(
      [recommendedStrength({ points: worse }, 1)?.alpha, recommendedStrength({ points: worse }, 1)?.kept],
      [0, null],
    );
    // Within the run's own limit, where it has one.
    assert.deepEqual([allowedRise({}), allowedRise({ maxGeneralRise: 0.1 })], [0.02, 0.1]);
  });
});

describe('layers that contributed nothing', () => {
  const tuned = { alpha: 1, domainLoss: 1, generalLoss: 2 };
  const points = [{ alpha: 0, domainLoss: 3, generalLoss: 2 }, tuned];
  const without = [
    { layer: 3, source: 2, domainLoss: 0.9, generalLoss: 2 },
    // Lowers general loss: it is worth something.
    { layer: 5, source: 3, domainLoss: 0.8, generalLoss: 2.1 },
    { layer: 9, source: 6, domainLoss: 0.7, generalLoss: 1.9 },
    { layer: 11, source: 7, domainLoss: 1.5, generalLoss: 2 },
  ];

  it('are left out together where that costs nothing either', async () => {
    const asked: (readonly number[])[] = [];
    const pruned = await prune({ points, without }, (layers) => {
      asked.push(layers);
      return Promise.resolve({ domainLoss: 0.6, generalLoss: 1.8 });
    });
    assert.deepEqual(asked, [[9, 3]]);
    assert.deepEqual(pruned, { layers: [3, 9], domainLoss: 0.6, generalLoss: 1.8 });
  });

  it('stay in part where they stand in for one another', async () => {
    const pruned = await prune({ points, without }, () =>
      Promise.resolve({ domainLoss: 1.4, generalLoss: 2 }),
    );
    assert.deepEqual(pruned, { layers: [9], domainLoss: 0.7, generalLoss: 1.9 });
  });

  it('are none where each is worth something', async () => {
    const worth = without.filter(({ layer }) => layer === 5 || layer === 11);
    const never = (): Promise<never> => Promise.reject(new Error('Nothing is to be measured.'));
    assert.equal(await prune({ points, without: worth }, never), null);
  });
});
