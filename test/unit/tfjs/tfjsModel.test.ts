import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { writeUntrained } from '../../../src/trainer/checkpoint/trainedFiles';
import { makeBatch, type Batch } from '../../../src/trainer/data/sequences/batch';
import { unchanging } from '../../../src/trainer/executor/withModel';
import { SILENT_TASK } from '../../../src/trainer/task';
import type { Engine } from '../../../src/trainer/tfjs/engine/engine';
import { TfjsModel } from '../../../src/trainer/tfjs/tfjsModel';
import { randomSequences, writeRandomModel } from '../../parity/randomModel';
import { onEveryEngine } from '../../support/engines';
import { stepOf } from '../../support/steps';
import { temporaryFolder } from '../../support/temporaryFolder';

const LAYERS = [1, 2];
const AS_IT_IS = { reuse: false };

function batchOf(model: TfjsModel): Batch {
  return makeBatch(randomSequences(5, [12, 7], model.config.vocabSize));
}

function open(engine: Engine, t: TestContext): { model: TfjsModel; folder: string } {
  const folder = writeRandomModel(join(temporaryFolder(t), 'model'), 'llamaBias');
  return { folder, model: TfjsModel.load(engine, { ...unchanging(folder), trains: LAYERS }, SILENT_TASK) };
}

async function saved(model: TfjsModel, t: TestContext): Promise<{ folder: string; files: Buffer[] }> {
  const folder = temporaryFolder(t);
  await model.saveTrained(folder);
  return { folder, files: filesOf(folder) };
}

function filesOf(folder: string): Buffer[] {
  return ['delta', 'optimizer'].map((part) => readFileSync(join(folder, `${part}.safetensors`)));
}

onEveryEngine('a model on an engine of this process', (test) => {
  test('answers one call at a time', async (engine, t) => {
    const { model } = open(engine, t);
    const batch = batchOf(model);
    const first = model.maskedLosses(batch, undefined, SILENT_TASK);
    await assert.rejects(model.losses(batch, AS_IT_IS), /one call at a time/);
    await assert.rejects(model.step(stepOf(model, [batch], 1)), /one call at a time/);
    const { targets, sums } = await first;
    const losses = model.losses(batch, AS_IT_IS);
    // Also where it computes without a pause.
    await assert.rejects(model.close(), /one call at a time/);
    const total = (await losses).reduce((sum, loss) => sum + loss, 0);
    const untouched = (sums[0] ?? NaN) + (sums[1] ?? NaN);
    assert.deepEqual([...targets], [11, 6]);
    assert.ok(Math.abs(total / untouched - 1) < 1e-5, `${total}, ${untouched}`);
    await model.close();
  });

  test('goes on after a call that failed', async (engine, t) => {
    const { model } = open(engine, t);
    const batch = batchOf(model);
    const room = { bytes: 0, folder: '/nowhere' };
    await assert.rejects(model.maskedLosses(batch, room, SILENT_TASK), /cannot be stored/);
    assert.ok((await model.losses(batch, AS_IT_IS)).every(Number.isFinite));
    await model.close();
  });

  test('saves before the first step what its folder holds, byte for byte, without making moments', async (engine, t) => {
    const { model, folder } = open(engine, t);
    const before = engine.tensorCount();
    const { files } = await saved(model, t);
    assert.equal(engine.tensorCount(), before);
    const copy = temporaryFolder(t);
    writeUntrained(copy, model.trained, folder);
    assert.deepEqual(files, filesOf(copy));
    await model.close();
  });

  test('takes parameters and moments back to what was saved, or parameters alone', async (engine, t) => {
    const { model } = open(engine, t);
    const batch = batchOf(model);
    const step = async (number: number): Promise<number> =>
      (await model.step(stepOf(model, [batch], number))).loss;
    await step(1);
    const after = await saved(model, t);
    const [second, third] = [await step(2), await step(3)];
    await model.loadTrained(after.folder, { moments: true });
    assert.deepEqual((await saved(model, t)).files, after.files);
    assert.deepEqual([await step(2), await step(3)], [second, third]);
    await model.loadTrained(after.folder, { moments: false });
    const now = await saved(model, t);
    assert.deepEqual(now.files[0], after.files[0]);
    assert.notDeepEqual(now.files[1], after.files[1]);
    await model.close();
  });

  test('needs no moments to read parameters', async (engine, t) => {
    const { model } = open(engine, t);
    const start = await saved(model, t);
    const before = engine.tensorCount();
    await model.loadTrained(start.folder, { moments: false });
    assert.equal(engine.tensorCount(), before);
    await model.close();
  });

  test('steps and saves what was trained, whatever strength it was given', async (engine, t) => {
    const { model } = open(engine, t);
    const batch = batchOf(model);
    const expected = await model.losses(batch, AS_IT_IS);
    const before = engine.tensorCount();
    const start = await saved(model, t);
    const none = new Map(LAYERS.map((layer) => [layer, 0]));
    await model.setStrength(none);
    assert.notDeepEqual(await model.losses(batch, AS_IT_IS), expected);
    assert.deepEqual((await saved(model, t)).files, start.files);
    assert.deepEqual(await model.losses(batch, AS_IT_IS), expected);
    await model.setStrength(none);
    await model.setStrength(new Map());
    assert.deepEqual(await model.losses(batch, AS_IT_IS), expected);
    assert.ok(engine.tensorCount() - before <= 5, 'rope tables and a mask stay');
    await assert.rejects(model.setStrength(new Map([[0, 0.5]])), /Layer 0 is not trained/);
    await model.setStrength(none);
    const { loss } = await model.step(stepOf(model, [batch], 1));
    const mean = expected.reduce((sum, value) => sum + value, 0) / expected.length;
    assert.ok(Math.abs(loss / mean - 1) < 1e-5, `${loss}, ${mean}`);
    await model.close();
  });

  test('is left as it was by a step whose loss is no number', async (engine, t) => {
    const { model } = open(engine, t);
    const batch = batchOf(model);
    await model.step(stepOf(model, [batch], 1, { rate: 1e30 }));
    const before = await saved(model, t);
    const { loss, gradNorm } = await model.step(stepOf(model, [batch], 2));
    assert.deepEqual([loss, gradNorm], [NaN, NaN]);
    assert.deepEqual((await saved(model, t)).files, before.files);
    await model.close();
  });

  test('leaves no tensor when it is closed', async (engine, t) => {
    const before = engine.tensorCount();
    const { model } = open(engine, t);
    await model.step(stepOf(model, [batchOf(model)], 1));
    await model.setStrength(new Map([[1, 0.5]]));
    await model.close();
    assert.equal(engine.tensorCount(), before);
  });
});
