import assert from 'node:assert/strict';
import { layerParameters, tensorOf } from '../../../src/trainer/tfjs/tuning/parameters';
import { TfjsModel } from '../../../src/trainer/tfjs/tfjsModel';
import { unitImportance } from '../../../src/trainer/method/unitImportance';
import { makeBatch } from '../../../src/trainer/data/sequences/batch';
import type { Engine } from '../../../src/trainer/tfjs/engine/engine';
import type { Tensor } from '../../../src/trainer/tfjs/engine/tensor';
import { CausalLM } from '../../../src/trainer/tfjs/model/causalLM';
import type { StorageRequest } from '../../../src/trainer/tfjs/model/frozenStorage';
import { SILENT_TASK } from '../../../src/trainer/task';
import { onEveryEngine } from '../../support/engines';
import { seededRandom } from '../../../src/shared/common/random';
import { stepOf } from '../../support/steps';
import { writeShapedModel, type ModelShape } from '../../support/shapedModel';
import { temporaryFolder } from '../../support/temporaryFolder';

const SHAPE: ModelShape = {
  ...{
    family: 'qwen3',
    vocab: 67,
    hidden: 32,
    mlp: 44,
    layers: 3,
    heads: 4,
    keyValueHeads: 2,
    tied: true,
    dtype: 'BF16',
  },
};
const TRAINED = 1;

function batch(): ReturnType<typeof makeBatch> {
  const random = seededRandom(9);
  return makeBatch(
    [0, 1].map(() => Int32Array.from({ length: 12 }, () => Math.floor(random() * SHAPE.vocab))),
  );
}

function load(engine: Engine, folder: string, choice: StorageRequest['choice']): CausalLM {
  return CausalLM.load(engine, folder, () => undefined, {
    choice,
    rows: 24,
    frozen: (layer) => layer !== TRAINED,
  });
}

/** Losses, unit importance of every layer, and what two steps make of the trained layer: everything weights go into. */
async function everything(causal: CausalLM): Promise<unknown> {
  const parameters = layerParameters(causal, [TRAINED]);
  const model = new TfjsModel(causal, parameters);
  const layers = [...causal.blocks.keys()];
  const losses = async (): Promise<number[]> => [...(await model.losses(batch(), { reuse: false }))];
  const before = await losses();
  const units = await unitImportance(model, [batch()], { layers, definition: 'released' }, SILENT_TASK);
  const steps = [];
  for (const step of [1, 2]) {
    const { loss, gradNorm, tokens } = await model.step(stepOf(model, [batch()], step));
    steps.push({ loss, gradNorm, tokens });
  }
  const values = parameters.map((parameter) => [...causal.engine.read(tensorOf(parameter))]);
  return { before, units, steps, values, after: await losses() };
}

function dtypes(model: CausalLM, layer: number): Set<string> {
  const matrices = Object.values(model.blocks[layer]?.tensors ?? {}).map(
    ({ weight }: { weight: Tensor }) => weight,
  );
  return new Set(matrices.filter(({ rank }) => rank === 2).map(({ dtype }) => dtype));
}

onEveryEngine('frozen matrices in bfloat16', (test) => {
  test('compute the same bits as in float32, in half of the memory, where the engine can hold them', async (engine, t) => {
    const folder = writeShapedModel(temporaryFolder(t), SHAPE);
    const plain = load(engine, folder, 'float32');
    const expected = await everything(plain);
    assert.deepEqual(plain.storage, { dtype: 'float32', reason: 'as asked' });
    plain.dispose();
    const halved = load(engine, folder, 'bfloat16');
    assert.equal(halved.storage.dtype, engine.bfloat16Storage ? 'bfloat16' : 'float32');
    assert.deepEqual([...dtypes(halved, 0)], [engine.bfloat16Storage ? 'int32' : 'float32']);
    assert.deepEqual([...dtypes(halved, TRAINED)], ['float32']);
    assert.deepEqual(await everything(halved), expected);
    halved.dispose();
  });

  test('are chosen by a measurement that is told, and not for another checkpoint', (engine, t) => {
    const measured = load(engine, writeShapedModel(temporaryFolder(t), SHAPE), 'auto');
    assert.match(
      measured.storage.reason,
      engine.bfloat16Storage
        ? /^a product with upcasting takes \d+\.\d\d times as long/
        : /engine holds no bfloat16/,
    );
    measured.dispose();
    const other = load(engine, writeShapedModel(temporaryFolder(t), { ...SHAPE, dtype: 'F32' }), 'bfloat16');
    assert.equal(other.storage.dtype, 'float32');
    assert.match(
      other.storage.reason,
      engine.bfloat16Storage ? /not in bfloat16/ : /engine holds no bfloat16/,
    );
    other.dispose();
  });

  test('upcast exactly, by one kernel and by the library alone', (engine) => {
    const { bfloat16Storage } = engine;
    if (bfloat16Storage === undefined) {
      assert.equal(engine.kind, 'wasm');
      return;
    }
    const bits = Uint16Array.from([0x3f80, 0xbf80, 0x0000, 0x8000, 0x7f80, 0x0001, 0x7fc0, 0x4049]);
    const expected = new Float32Array(Uint32Array.from(bits, (value) => value << 16).buffer);
    // At an odd offset of its buffer, as a tensor in a file can lie.
    const bytes = new Uint8Array(18);
    bytes.set(new Uint8Array(bits.buffer), 2);
    const composed = Object.create(bfloat16Storage, {
      fused: { value: undefined },
    }) as typeof bfloat16Storage;
    for (const storage of [bfloat16Storage, composed]) {
      engine.tidy(() => {
        const wide = storage.upcast(storage.pack(bytes.subarray(2), 2, 4));
        assert.deepEqual(wide.shape, [2, 4]);
        assert.deepEqual(new Uint32Array(engine.read(wide).buffer), new Uint32Array(expected.buffer));
      });
    }
  });
});
