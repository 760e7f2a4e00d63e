import assert from 'node:assert/strict';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { messageOf } from '../../../src/shared/common/errors';
import { tensorsOfUnit, unitsOf } from '../../../src/shared/model/architecture';
import { storedUnits } from '../../../src/shared/model/storedUnits';
import { expectedTensors } from '../../../src/trainer/checkpoint/modelTensors';
import { modelUnits } from '../../../src/shared/model/modelUnits';
import { makeBatch } from '../../../src/trainer/data/sequences/batch';
import type { Model } from '../../../src/trainer/executor/executor';
import { unchanging } from '../../../src/trainer/executor/withModel';
import { SILENT_TASK } from '../../../src/trainer/task';
import { openedModel } from '../../../src/trainer/torch/openedModel';
import { TorchExecutor } from '../../../src/trainer/torch/torchExecutor';
import type { OpenResult } from '../../../src/trainer/torch/wire/messages';
import { renameTensors } from '../../support/changedWeights';
import { expectInputRejection } from '../../support/expectInputError';
import { startFake, type FakeBehaviour } from '../../support/fakeRank0';
import { configOfShape, writeShapedModel } from '../../support/shapedModel';
import { stepOf } from '../../support/steps';
import { temporaryFolder } from '../../support/temporaryFolder';

const SHAPE = { vocab: 17, hidden: 8, mlp: 12, layers: 2, heads: 2, keyValueHeads: 1, tied: true } as const;
const config = configOfShape(SHAPE);
const STORED = storedUnits(
  config,
  Array.from(expectedTensors(config), ([name, shape]) => ({ name, shape })),
);

/** What rank 0 would say of the model of that shape, its units in the opposite order. */
function opened(changes: Partial<OpenResult> = {}): OpenResult {
  const units = unitsOf(config).map((unit) => ({
    ...{ name: unit.name, output: unit.output, zero: 0, layers: null },
    parameters: tensorsOfUnit(unit).map(({ part, shape }) => ({
      name: `${unit.name}.${part}`,
      shape: [...shape],
    })),
  }));
  return {
    ...{ kind: 'result', id: 1 },
    model: {
      ...{
        layers: 2,
        hiddenSize: 8,
        vocabSize: 17,
        maxPositionEmbeddings: 4096,
        parameters: 1,
        family: 'llama',
        perLayer: {},
      },
    },
    units: units.reverse(),
    trained: [
      {
        name: 'model.layers.1.mlp.up_proj.weight',
        shape: [12, 8],
        layer: 1,
        unit: 'mlp.up_proj',
        decays: true,
      },
      { name: 'model.norm.weight', shape: [8], layer: null, unit: null, decays: false },
    ],
    storage: { dtype: 'float32', reason: 'as asked' },
    ...changes,
  };
}

/** A model whose rank 0 answers from a list of what it was asked. */
async function open(
  t: TestContext,
  onFrame: NonNullable<FakeBehaviour['onFrame']>,
  onProblem: (message: string) => void = () => undefined,
): Promise<Model> {
  // Its reply does not fit into the text of a behaviour: it comes by the environment.
  const env = { FAKE_OPENED: JSON.stringify(opened()) };
  const executor = new TorchExecutor(await startFake(t, { onFrame }, { env }));
  const folder = writeShapedModel(temporaryFolder(t), SHAPE);
  const cache = { folder, megabytes: 1, onProblem };
  return executor.open({ ...unchanging(folder), trains: [1], cache }, SILENT_TASK);
}

describe('a model that ranks hold', () => {
  it('is checked before they load it: what is wrong with a folder is said as other engines say it', async (t) => {
    const onFrame: NonNullable<FakeBehaviour['onFrame']> = ({ id, verb }, { send }) => {
      if (verb === 'open') {
        send({ kind: 'error', id, type: 'failure', message: 'asked', rank: 0 });
      }
    };
    const executor = new TorchExecutor(await startFake(t, { onFrame }));
    const folder = writeShapedModel(temporaryFolder(t), SHAPE);
    const adapter = join(folder, 'adapter_config.json');
    writeFileSync(adapter, '{}');
    const refused = (...says: string[]): Promise<unknown> =>
      expectInputRejection(executor.open(unchanging(folder), SILENT_TASK), ...says);
    await refused('adapter_config.json', 'merge_and_unload');
    rmSync(adapter);
    renameTensors(join(folder, 'model.safetensors'), (name) => `_orig_mod.${name}`);
    await refused('_orig_mod.', 'torch.compile');
    writeFileSync(join(folder, 'model.safetensors'), 'version https://git-lfs.github.com/spec/v1\n');
    await refused('model.safetensors', 'git lfs pull');
  });

  it('has its units as config.json orders them, whatever order they come in', async (t) => {
    const model = await open(t, ({ id, verb, layers }, { send }) => {
      if (verb === 'open') {
        send(JSON.parse(process.env.FAKE_OPENED ?? '') as object);
      } else if (verb === 'unitSums') {
        const rows = (layers as number[]).length;
        const sums = Float64Array.from({ length: rows * 9 }, (_, at) => at);
        const group = Float64Array.from([1, 2, 3, 4]);
        const text = ({ buffer }: Float64Array): string => Buffer.from(buffer).toString('base64');
        send({ kind: 'result', id }, [
          ['sums', 'float64', [rows, 9], text(sums)],
          ['groups.0', 'float64', [rows, 2], text(group)],
        ]);
      }
    });
    assert.deepEqual(model.units, modelUnits(config));
    assert.deepEqual(
      model.trained.map(({ unit }) => unit),
      [{ layer: 1, name: 'mlp.up_proj' }, undefined],
    );
    const groups = [{ unit: 'self_attn.q_proj', along: 'rows', bounds: Int32Array.of(0, 4, 8) }] as never;
    const batch = makeBatch([Int32Array.of(1, 2, 3)]);
    const request = { layers: [0, 1], definition: 'released', groups } as const;
    const { sums, groups: said } = await model.unitSums(batch, request, { reuse: false });
    assert.deepEqual([...sums], [8, 7, 6, 5, 4, 3, 2, 1, 0, 17, 16, 15, 14, 13, 12, 11, 10, 9]);
    assert.deepEqual(
      said.map((values) => [...values]),
      [[1, 2, 3, 4]],
    );
  });

  it('is unscaled before it trains, saves or loads, and tells once what cannot be kept', async (t) => {
    const problems: string[] = [];
    const model = await open(
      t,
      (frame, { send }) => {
        const { id, verb } = frame;
        const asked = (globalThis as { asked?: unknown[] }).asked ?? [];
        (globalThis as { asked?: unknown[] }).asked = [...asked, [verb, frame.alpha ?? null]];
        if (verb === 'open') {
          send(JSON.parse(process.env.FAKE_OPENED ?? '') as object);
        } else if (verb === 'step') {
          const numbers = Buffer.from(Float64Array.from([2, 3]).buffer).toString('base64');
          send({ kind: 'result', id, tokens: 2, problem: 'full' }, [['numbers', 'float64', [2], numbers]]);
        } else if (verb === 'memory') {
          send({
            kind: 'error',
            id,
            error: { type: 'failure', message: JSON.stringify(asked), rank: null, detail: '' },
          });
        } else if (verb !== 'shutdown') {
          send({ kind: 'result', id });
        }
      },
      (problem) => problems.push(problem),
    );
    const folder = temporaryFolder(t);
    await model.setStrength(new Map([[1, 1]]));
    await model.saveTrained(folder);
    await model.setStrength(new Map([[1, 0.5]]));
    await model.loadTrained(folder, { moments: true });
    await model.setStrength(new Map([[1, 0]]));
    const result = await model.step(stepOf(model, [makeBatch([Int32Array.of(1, 2, 3)])], 1));
    assert.deepEqual(result, { loss: 2, gradNorm: 3, tokens: 2 });
    assert.deepEqual(problems, ['full']);
    let asked = '';
    await model.memory().catch((error: unknown) => {
      asked = messageOf(error);
    });
    assert.deepEqual(JSON.parse(asked), [
      ['open', null],
      ['setStrength', []],
      ['saveTrained', null],
      ['setStrength', [[1, 0.5]]],
      ['setStrength', []],
      ['loadTrained', null],
      ['setStrength', [[1, 0]]],
      ['setStrength', []],
      ['step', null],
    ]);
    await model.close();
    await assert.rejects(model.memory(), /was closed/);
  });

  it('is refused where rank 0 finds another model than config.json describes', () => {
    const [last, ...others] = opened().units;
    assert.ok(last);
    const wrong: readonly (readonly [Partial<OpenResult>, RegExp])[] = [
      [{ model: { ...opened().model, layers: 3 } }, /3, 8, 17; config\.json: 2, 8, 17/],
      [{ units: others }, /the unit mlp\.down_proj \(none;/],
      [{ units: [{ ...last, output: false }, ...others] }, /the unit mlp\.down_proj/],
      [{ units: [{ ...last, layers: [0] }, ...others] }, /the unit mlp\.down_proj/],
      [{ units: [...opened().units, { ...last, name: 'router' }] }, /the unit router/],
      [
        { trained: [{ name: 'x', shape: [], layer: 0, unit: 'router', decays: true }] },
        /x, of the unit router, which the model does not have/,
      ],
    ];
    for (const [changes, why] of wrong) {
      assert.throws(() => openedModel('/model', config, STORED, opened(changes)), why);
    }
    assert.equal(openedModel('/model', config, STORED, opened()).trained.length, 2);
  });
});
