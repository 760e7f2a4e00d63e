import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as v from 'valibot';
import type { ExpansionManifest } from '../../../src/shared/run/manifest';
import { tokenProbe, recordEquivalence } from '../../../src/trainer/method/equivalence';
import { expandModel } from '../../../src/trainer/method/expansion';
import { readManifest } from '../../../src/trainer/method/manifest';
import { unitRates } from '../../../src/shared/method/learningRates';
import { RATE_MAPPING } from '../../support/settings';
import { allParameters, layerParameters, tensorOf } from '../../../src/trainer/tfjs/tuning/parameters';
import { Tuner } from '../../../src/trainer/tfjs/tuning/tuner';
import { unitImportance } from '../../../src/trainer/method/unitImportance';
import { makeBatch } from '../../../src/trainer/data/sequences/batch';
import type { Engine } from '../../../src/trainer/tfjs/engine/engine';
import { CausalLM } from '../../../src/trainer/tfjs/model/causalLM';
import { unchanging } from '../../../src/trainer/executor/withModel';
import { TensorRates } from '../../../src/trainer/method/tensorRates';
import { TfjsExecutor } from '../../../src/trainer/tfjs/tfjsExecutor';
import { TfjsModel } from '../../../src/trainer/tfjs/tfjsModel';
import { SILENT_TASK } from '../../../src/trainer/task';
import { VARIED_RECIPE_NAMES, type RecipeName } from '../../parity/recipes';
import { randomSequences, writeRandomModel } from '../../parity/randomModel';
import { stepOf } from '../../support/steps';
import { onEveryEngine } from '../../support/engines';

/** A random model with copies of its layers 0 and 1, in a folder that is removed afterwards. */
async function withExpanded(
  name: RecipeName,
  test: (folders: {
    original: string;
    expanded: string;
    manifest: ExpansionManifest;
    added: number[];
  }) => void | Promise<void>,
): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'adept-tuner-'));
  try {
    const original = writeRandomModel(join(folder, 'original'), name);
    const expanded = join(folder, 'expanded');
    const manifest = await expandModel({ model: original, out: expanded, layers: [0, 1] }, SILENT_TASK);
    await test({ original, expanded, manifest, added: manifest.added.map(({ layer }) => layer) });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Fills a stored tensor with one byte, which every format reads as a number. @returns what puts the file back */
function fillTensor(folder: string, name: string, byte: number): () => void {
  const file = join(folder, 'model.safetensors');
  const before = readFileSync(file);
  const begin = 8 + Number(before.readBigUInt64LE(0));
  const entry = v.object({ data_offsets: v.tuple([v.number(), v.number()]) });
  const header = JSON.parse(before.toString('utf8', 8, begin)) as Record<string, unknown>;
  const [first, end] = v.parse(entry, header[name]).data_offsets;
  writeFileSync(file, Buffer.from(before).fill(byte, begin + first, begin + end));
  return () => {
    writeFileSync(file, before);
  };
}

function withModel<T>(engine: Engine, folder: string, work: (model: CausalLM) => T): T {
  const model = CausalLM.load(engine, folder);
  try {
    return work(model);
  } finally {
    model.dispose();
  }
}

const isWeight = (name: string): boolean => name.endsWith('.weight');

const RATE = 1e-2;

onEveryEngine('decoupled tuning', (test) => {
  for (const name of VARIED_RECIPE_NAMES) {
    test(`${name}: the expanded model computes exactly what the original does, or is refused`, async (engine) => {
      await withExpanded(name, async ({ original, expanded, manifest }) => {
        const probe = tokenProbe(60, 24);
        const record = (): Promise<ExpansionManifest> =>
          recordEquivalence(new TfjsExecutor(engine), original, expanded, manifest, probe, SILENT_TASK);
        // The same check has to notice copies that do something: of small weights, and of such that are no numbers.
        for (const [byte, difference] of [
          [0x3c, '\\d[\\d.e-]*'],
          [0xff, 'Infinity'],
        ] as const) {
          const restore = fillTensor(expanded, manifest.zeroed.find(isWeight) ?? '', byte);
          await assert.rejects(
            record(),
            new RegExp(`differ .* by up to ${difference}: .*not function-preserving`),
          );
          assert.equal(readManifest(expanded)?.equivalence, null);
          restore();
        }
        const equivalence = {
          ...{ maxDifference: 0, positions: 4 * 24 },
          ...{ probe: 'seeded token ids', engine: engine.kind },
        };
        assert.deepEqual((await record()).equivalence, equivalence);
        assert.deepEqual(readManifest(expanded), { ...manifest, equivalence });
      });
    });
  }

  test('trains the copies alone; tensors alive stay the same from step to step', async (engine) => {
    await withExpanded('qwen3', ({ expanded, added }) => {
      withModel(engine, expanded, (model) => {
        const everything = allParameters(model);
        const before = new Map(
          everything.map((parameter) => [parameter.name, engine.read(tensorOf(parameter))]),
        );
        const tuner = new Tuner(model, layerParameters(model, added));
        const units = added.flatMap((layer) =>
          model.units.map(({ name }, at) => ({ layer, name, importance: -at - layer })),
        );
        const rates = new TensorRates(tuner.parameters, RATE);
        rates.setUnits(unitRates(units, RATE, RATE_MAPPING));
        const data = randomSequences(2, [16, 16], model.config.vocabSize);
        const counts: number[] = [];
        const losses: number[] = [];
        for (let step = 1; step <= 8; step++) {
          const request = stepOf({ trained: tuner.parameters }, [makeBatch(data)], step, rates.at(1));
          losses.push(tuner.step(request).loss);
          counts.push(engine.tensorCount());
        }
        assert.equal(new Set(counts).size, 1, `tensors alive: ${counts.join(', ')}`);
        assert.ok((losses[7] ?? NaN) < (losses[0] ?? NaN), `losses: ${losses.join(', ')}`);
        const trained = new Set(tuner.parameters.map(({ name }) => name));
        for (const parameter of everything) {
          const same = engine
            .read(tensorOf(parameter))
            .every((value, at) => value === before.get(parameter.name)?.[at]);
          assert.equal(
            same,
            !trained.has(parameter.name) || isLeastPlastic(parameter.unit, added),
            parameter.name,
          );
        }
        tuner.dispose();
      });
    });
  });

  test('probing touches neither parameters nor the steps that follow', async (engine) => {
    await withExpanded('llama', async ({ expanded, added }) => {
      const run = async (probing: boolean): Promise<number[]> => {
        const model = TfjsModel.load(engine, { ...unchanging(expanded), trains: added }, SILENT_TASK);
        const data = randomSequences(2, [16, 16], model.config.vocabSize);
        const losses: number[] = [];
        for (let step = 1; step <= 4; step++) {
          losses.push((await model.step(stepOf(model, [makeBatch(data)], step, { rate: RATE }))).loss);
          if (probing) {
            const units = await unitImportance(
              model,
              [makeBatch(randomSequences(4, [12], 60))],
              { layers: added, definition: 'released' },
              SILENT_TASK,
            );
            assert.ok(units.every(({ importance }) => importance > 0));
          }
        }
        await model.close();
        return losses;
      };
      assert.deepEqual(await run(true), await run(false));
    });
  });

  test('a fresh copy measures zero importance everywhere, its source does not', async (engine) => {
    await withExpanded('qwen2', async ({ expanded, added }) => {
      const model = TfjsModel.load(engine, unchanging(expanded), SILENT_TASK);
      const probe = [makeBatch(randomSequences(4, [12, 12], 60))];
      const copies = await unitImportance(
        model,
        probe,
        { layers: added, definition: 'released' },
        SILENT_TASK,
      );
      const sources = await unitImportance(
        model,
        probe,
        { layers: added.map((layer) => layer - 1), definition: 'released' },
        SILENT_TASK,
      );
      await model.close();
      assert.ok(copies.every(({ importance }) => importance === 0));
      assert.ok(sources.every(({ importance }) => importance > 0));
    });
  });

  test('splitting a step into accumulated batches of unequal length changes nothing but rounding', async (engine) => {
    await withExpanded('mistral', ({ expanded, added }) => {
      const data = randomSequences(6, [20, 7, 13, 5], 60);
      const run = (split: Int32Array[][]): number[] =>
        withModel(engine, expanded, (model) => {
          const tuner = new Tuner(model, layerParameters(model, added));
          const options = { rate: 1e-3, clipAt: 0 };
          const losses = [1, 2, 3].map(
            (step) =>
              tuner.step(
                stepOf(
                  { trained: tuner.parameters },
                  split.map((rows) => makeBatch(rows)),
                  step,
                  options,
                ),
              ).loss,
          );
          tuner.dispose();
          return losses;
        });
      const together = run([data]);
      const apart = run([data.slice(0, 1), data.slice(1)]);
      together.forEach((loss, at) => {
        assert.ok(Math.abs(loss - (apart[at] ?? NaN)) < 2e-5, `${loss} and ${apart[at] ?? 'missing'}`);
      });
    });
  });
});

/** In the test's importances the first unit of the first added layer is the most important: its rate is 0. */
function isLeastPlastic(unit: { layer: number; name: string } | undefined, added: number[]): boolean {
  return unit?.layer === Math.min(...added) && unit.name === 'input_layernorm';
}
