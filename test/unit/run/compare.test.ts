import assert from 'node:assert/strict';
import { join } from 'node:path';
import { appendFileSync, rmSync, writeFileSync } from 'node:fs';
import { describe, it, type TestContext } from 'node:test';
import * as v from 'valibot';
import {
  comparedScores,
  Comparison,
  relativeChange,
  type UnitChange,
} from '../../../src/shared/run/comparison';
import { AdeptError } from '../../../src/shared/common/errors';
import { compare } from '../../../src/trainer/jobs/results/compare';
import { SILENT_TASK } from '../../../src/trainer/task';
import { eventLines, scoresEvent } from '../../support/runEvents';
import { manifestOf, RunFixture, type Tensors } from '../../support/runFixture';
import { temporaryFolder } from '../../support/temporaryFolder';

const Q = 'model.layers.1.self_attn.q_proj';
const O = 'model.layers.1.self_attn.o_proj';
const NORM = 'model.layers.1.input_layernorm';

const BASE: Tensors = {
  [`${NORM}.weight`]: [1, 2],
  [`${Q}.weight`]: [3, 0],
  [`${Q}.bias`]: [4],
  [`${O}.weight`]: [0, 0],
};

/** One run whose layer 1 is the copy of layer 0, with checkpoints at steps 10 and 20. */
function sampleRun(t: TestContext): RunFixture {
  const fixture = new RunFixture(temporaryFolder(t), BASE, manifestOf(1, [0]));
  const units = [
    { layer: 1, name: 'input_layernorm', importance: 0, learningRate: 0.002 },
    { layer: 1, name: 'self_attn.q_proj', importance: 1, learningRate: 0.0005 },
  ];
  fixture.checkpoint(
    10,
    { domainLoss: 2.5, generalLoss: 3, loss: 2.25, units },
    { ...BASE, [`${Q}.weight`]: [3, 5], [`${O}.weight`]: [6, 8] },
  );
  fixture.checkpoint(
    20,
    { domainLoss: null, baseLearningRate: 0.0001 },
    { ...BASE, [`${NORM}.weight`]: [1, 2.5], [`${Q}.weight`]: [3, 5], [`${O}.weight`]: [9, 12] },
  );
  fixture.events([
    { type: 'eval', step: 0, domainLoss: 4, generalLoss: 3.5, seconds: 1 },
    { type: 'importance', step: 0, source: 'source layers', units },
    { type: 'eval', step: 10, domainLoss: 2.5, generalLoss: 3, seconds: 1 },
  ]);
  return fixture;
}

function unit(comparison: Comparison, name: string, layer = 1): UnitChange {
  const found = comparison.units.find((entry) => entry.name === name && entry.layer === layer);
  assert.ok(found, `no unit ${name} in layer ${layer}`);
  return found;
}

async function refusal(work: Promise<unknown>, ...parts: string[]): Promise<void> {
  await assert.rejects(work, (error: unknown) => {
    assert.ok(error instanceof AdeptError, String(error));
    assert.equal(error.exitStatus, 2);
    for (const part of parts) {
      assert.ok(error.message.includes(part), `"${error.message}" does not hold "${part}"`);
    }
    return true;
  });
}

describe('relativeChange', () => {
  it('is 0 where nothing is and nothing came, and has no value where something came', () => {
    assert.equal(relativeChange(4, 1), 0.25);
    assert.equal(relativeChange(0, 0), 0);
    assert.equal(relativeChange(0, 1), null);
  });
});

describe('compare', () => {
  it('gives the relative change of each unit over its tensors together', async (t) => {
    const { run } = sampleRun(t);
    const result = await compare({ run: run.path, step: 10 }, { run: run.path, step: 20 }, SILENT_TASK);
    assert.ok(v.is(Comparison, result));
    assert.deepEqual(
      result.units.map(({ name }) => name),
      ['input_layernorm', 'self_attn.q_proj', 'self_attn.o_proj'],
    );
    // ‖(0, 0.5)‖ / ‖(1, 2)‖, nothing, ‖(3, 4)‖ / ‖(6, 8)‖
    assert.equal(unit(result, 'input_layernorm').change, 0.5 / Math.sqrt(5));
    assert.deepEqual(unit(result, 'self_attn.q_proj'), {
      layer: 1,
      name: 'self_attn.q_proj',
      parameters: 3,
      norm: Math.sqrt(50),
      difference: 0,
      change: 0,
    });
    assert.equal(unit(result, 'self_attn.o_proj').change, 0.5);
    assert.deepEqual(result.layers, [{ layer: 1, layerInB: 1, source: 0, added: true }]);
    assert.deepEqual(result.notes, []);
  });

  it('puts the metrics of both side by side and leaves out what was not measured', async (t) => {
    const { run } = sampleRun(t);
    const { a, b } = await compare({ run: run.path, step: 10 }, { run: run.path, step: 20 }, SILENT_TASK);
    assert.deepEqual(a, {
      run: run.path,
      step: 10,
      base: false,
      createdAt: '2026-01-01T00:00:10.000Z',
      loss: 2.25,
      domainLoss: 2.5,
      generalLoss: 3,
      baseLearningRate: 0.001,
      meanUnitLearningRate: 0.00125,
      scores: [],
    });
    assert.equal(b.domainLoss, null);
    assert.equal(b.baseLearningRate, 0.0001);
    assert.equal(b.meanUnitLearningRate, null);
  });

  it('has the scores of these very steps, by the last trainer that came there, and what may be chance', async (t) => {
    const { run } = sampleRun(t);
    const events = [
      scoresEvent(0, 'mmlu', 31),
      ...[scoresEvent(10, 'mmlu', 36), scoresEvent(10, 'gsm8k', 50), scoresEvent(15, 'mmlu', 90)],
      scoresEvent(10, 'gsm8k', 60),
    ];
    appendFileSync(join(run.path, 'events.ndjson'), eventLines(events, 1000));
    writeFileSync(join(run.path, 'tasks.json'), '{}');
    const compared = await compare({ run: run.path, step: 0 }, { run: run.path, step: 10 }, SILENT_TASK);
    const scores = comparedScores(compared);
    assert.deepEqual(
      scores.map(({ task, metric, a, b, mayBeChance }) => [task, metric, a?.value, b?.value, mayBeChance]),
      [
        ['mmlu', 'accuracy', 0.31, 0.36, true],
        ['gsm8k', 'accuracy', undefined, 0.6, false],
      ],
    );
    const none = await compare({ run: run.path, step: 10 }, { run: run.path, step: 20 }, SILENT_TASK);
    assert.deepEqual(none.b.scores, []);
  });

  it('takes step 0 as the model before the first step, and says what was zero there', async (t) => {
    const { run } = sampleRun(t);
    const result = await compare({ run: run.path, step: 0 }, { run: run.path, step: 10 }, SILENT_TASK);
    assert.equal(result.a.base, true);
    assert.equal(result.a.domainLoss, 4);
    assert.equal(result.a.meanUnitLearningRate, 0.00125);
    assert.equal(unit(result, 'self_attn.q_proj').change, 1); // ‖5‖ / ‖(3, 4)‖
    assert.equal(unit(result, 'self_attn.o_proj').change, null);
    assert.equal(unit(result, 'self_attn.o_proj').difference, 10);
    assert.equal(unit(result, 'input_layernorm').change, 0);
    assert.match(result.notes.join(), /1 unit is zero in A \(base; self_attn\.o_proj\)/);
    const back = await compare({ run: run.path, step: 10 }, { run: run.path, step: 'base' }, SILENT_TASK);
    assert.equal(unit(back, 'self_attn.o_proj').change, 1);
    assert.deepEqual(back.notes, []);
  });

  it('needs the model folder only for the base', async (t) => {
    const { run, model } = sampleRun(t);
    rmSync(join(model, 'model.safetensors'));
    const result = await compare({ run: run.path, step: 10 }, { run: run.path }, SILENT_TASK);
    assert.equal(result.b.step, 20);
    assert.equal(unit(result, 'self_attn.o_proj').change, 0.5);
    await refusal(
      compare({ run: run.path, step: 0 }, { run: run.path, step: 10 }, SILENT_TASK),
      'holds no model.safetensors',
    );
  });

  it('matches the layers of two expansions by what they copy', async (t) => {
    const up = (layer: number): string => `model.layers.${layer}.mlp.up_proj.weight`;
    const model = Object.fromEntries([0, 1, 2, 3].map((layer) => [up(layer), [1]]));
    const x = new RunFixture(join(temporaryFolder(t), 'x'), model, manifestOf(2, [0, 1]));
    const y = new RunFixture(
      join(temporaryFolder(t), 'y'),
      { [up(0)]: [1], [up(1)]: [1], [up(2)]: [1] },
      manifestOf(2, [1]),
    );
    // Of x, layer 1 copies 0 and layer 3 copies 1; of y, layer 2 copies 1.
    x.checkpoint(5, {}, { [up(1)]: [2], [up(3)]: [4] });
    y.checkpoint(7, {}, { [up(2)]: [5] });
    const result = await compare({ run: x.run.path }, { run: y.run.path }, SILENT_TASK);
    assert.deepEqual(result.layers, [{ layer: 3, layerInB: 2, source: 1, added: true }]);
    assert.equal(unit(result, 'mlp.up_proj', 3).change, 0.25);
    assert.deepEqual(result.notes, ['Trained in A only, so not compared: layer 1.']);
    const back = await compare({ run: y.run.path }, { run: x.run.path }, SILENT_TASK);
    assert.equal(unit(back, 'mlp.up_proj', 2).change, 0.2);
    assert.deepEqual(back.notes, ['Trained in B only, so not compared: layer 1.']);
  });

  it('shows tensors outside the layers, and takes what the other side froze from its model', async (t) => {
    const embedding = 'model.embed_tokens.weight';
    const gate = 'model.layers.0.mlp.gate_proj.weight';
    const tensors = { [embedding]: [3, 4], [gate]: [1, 1] };
    const full = new RunFixture(join(temporaryFolder(t), 'full'), tensors);
    const adapted = new RunFixture(join(temporaryFolder(t), 'adapted'), tensors);
    full.checkpoint(1, {}, { [embedding]: [3, 4.5], [gate]: [1, 2] });
    adapted.checkpoint(1, {}, { [gate]: [1, 1] });
    const result = await compare({ run: adapted.run.path }, { run: full.run.path }, SILENT_TASK);
    assert.deepEqual(result.outer, [
      { name: embedding, parameters: 2, norm: 5, difference: 0.5, change: 0.1 },
    ]);
    assert.equal(unit(result, 'mlp.gate_proj', 0).change, 1 / Math.SQRT2);
  });

  it('refuses what cannot be compared and says why', async (t) => {
    const { run } = sampleRun(t);
    const here = run.path;
    await refusal(
      compare({ run: here, step: 30 }, { run: here }, SILENT_TASK),
      'step-00000030 does not exist',
      'steps 10, 20',
    );
    await refusal(
      compare({ run: here, step: 'base' }, { run: here, step: 0 }, SILENT_TASK),
      'both are the model before the first step',
    );
    const other = new RunFixture(temporaryFolder(t), { ...BASE, [`${Q}.weight`]: [3, 0, 1] });
    other.checkpoint(1, {}, { [`${Q}.weight`]: [3, 0, 1] });
    await refusal(
      compare({ run: here }, { run: other.run.path }, SILENT_TASK),
      'compare runs of the same base',
    );
    const broken = sampleRun(t);
    broken.checkpoint(30, {}, { ...BASE, [`${Q}.weight`]: [3, NaN] });
    await refusal(
      compare({ run: broken.run.path, step: 10 }, { run: broken.run.path, step: 30 }, SILENT_TASK),
      'delta.safetensors',
      `${Q}.weight`,
      'not finite numbers',
    );
  });
});
