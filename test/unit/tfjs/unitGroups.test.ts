import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { unitsOf } from '../../../src/shared/model/architecture';
import { modelUnits } from '../../../src/shared/model/modelUnits';
import { groupsOf } from '../../../src/shared/model/unitGroups';
import { makeBatch } from '../../../src/trainer/data/sequences/batch';
import { unitImportance } from '../../../src/trainer/method/unitImportance';
import { lossGradients } from '../../../src/trainer/tfjs/model/gradients';
import { targetsOf } from '../../../src/trainer/data/sequences/targets';
import { CausalLM } from '../../../src/trainer/tfjs/model/causalLM';
import { TfjsModel } from '../../../src/trainer/tfjs/tfjsModel';
import { SILENT_TASK } from '../../../src/trainer/task';
import { join } from 'node:path';
import { onEveryEngine } from '../../support/engines';
import { projectRoot } from '../../support/projectRoot';

const MODEL = join(projectRoot, 'media/sample/model');
const BATCHES = [7, 9].map((seed) =>
  makeBatch([Int32Array.from({ length: 24 }, (_, at) => (at * seed + 3) % 256)]),
);

onEveryEngine('importance of heads and groups', (test) => {
  for (const definition of ['released', 'paper'] as const) {
    test(`adds up to that of the unit, ${definition}`, async (engine) => {
      const model = CausalLM.load(engine, MODEL);
      const units = await unitImportance(
        new TfjsModel(model),
        BATCHES,
        { layers: [1, 4], definition, groups: true },
        SILENT_TASK,
      );
      const alone = await unitImportance(
        new TfjsModel(model),
        BATCHES,
        { layers: [1, 4], definition },
        SILENT_TASK,
      );
      for (const [index, { name, importance, parts }] of units.entries()) {
        assert.equal(importance, alone[index]?.importance);
        const spec = modelUnits(model.config).find((unit) => unit.name === name)?.groups;
        assert.equal(parts === undefined, spec === undefined, name);
        if (parts && spec) {
          const sizes = spec.bounds.slice(1).map((end, group) => end - (spec.bounds[group] ?? 0));
          const total = sizes.reduce((sum, size) => sum + size, 0);
          const mean = parts.reduce((sum, value, group) => sum + value * (sizes[group] ?? 0), 0) / total;
          const scale = parts.reduce((sum, value) => sum + Math.abs(value), 0) / parts.length;
          assert.ok(Math.abs(mean - importance) < 1e-5 * scale, `${name}: ${mean}, ${importance}`);
          assert.equal(alone[index]?.parts, undefined);
        }
      }
      model.dispose();
    });
  }

  test('is the mean over the rows, or columns, of each', async (engine) => {
    const model = CausalLM.load(engine, MODEL);
    const [batch] = BATCHES;
    assert.ok(batch);
    const units = await unitImportance(
      new TfjsModel(model),
      [batch],
      { layers: [2], definition: 'released', groups: true },
      SILENT_TASK,
    );
    lossGradients(model, batch, {
      scale: 1 / targetsOf(batch).rows.length,
      lowestLayer: 2,
      wants: (layer) => layer === 2,
      onLayer: (_, gradients) => {
        for (const name of [
          'self_attn.v_proj',
          'self_attn.o_proj',
          'mlp.up_proj',
          'mlp.down_proj',
        ] as const) {
          const weight = engine.read(model.blocks[2]?.tensors[name].weight ?? engine.zeros([1]));
          const gradient = engine.read(gradients[name].weight);
          const [rows = 0, columns = 0] =
            unitsOf(model.config).find((unit) => unit.name === name)?.shape ?? [];
          const { along, bounds } = groupsOf(model.config, name) ?? { along: 'rows', bounds: [] };
          const expected = bounds.slice(1).map((end, group) => {
            const begin = bounds[group] ?? 0;
            let sum = 0;
            for (let row = 0; row < rows; row++) {
              for (let column = 0; column < columns; column++) {
                const at = along === 'rows' ? row : column;
                if (at >= begin && at < end) {
                  sum += Math.abs(
                    (weight[row * columns + column] ?? NaN) * (gradient[row * columns + column] ?? NaN),
                  );
                }
              }
            }
            return sum / ((end - begin) * (along === 'rows' ? columns : rows));
          });
          const { parts = [] } = units.find((unit) => unit.name === name) ?? {};
          assert.equal(parts.length, expected.length);
          for (const [group, value] of expected.entries()) {
            assert.ok(
              Math.abs((parts[group] ?? NaN) / value - 1) < 1e-4,
              `${name} ${group}: ${parts[group]}, ${value}`,
            );
          }
        }
      },
    });
    model.dispose();
  });
});

describe('groups of a unit', () => {
  const config = { numAttentionHeads: 9, numKeyValueHeads: 3, headDim: 64, intermediateSize: 1540 };

  it('are heads of queries, of keys and values, and groups that differ by one neuron at most', () => {
    assert.equal(groupsOf(config, 'self_attn.q_proj')?.bounds.length, 10);
    assert.deepEqual(groupsOf(config, 'self_attn.k_proj')?.bounds, [0, 64, 128, 192]);
    assert.equal(groupsOf(config, 'self_attn.o_proj')?.along, 'columns');
    const groups = groupsOf(config, 'mlp.down_proj')?.bounds ?? [];
    const sizes = groups.slice(1).map((end, group) => end - (groups[group] ?? 0));
    assert.deepEqual(
      [sizes.length, Math.min(...sizes), Math.max(...sizes), groups.at(-1)],
      [16, 96, 97, 1540],
    );
    assert.equal(groupsOf({ ...config, intermediateSize: 4 }, 'mlp.up_proj')?.bounds.length, 5);
    assert.equal(groupsOf(config, 'input_layernorm'), undefined);
  });
});
