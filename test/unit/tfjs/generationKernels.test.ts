import assert from 'node:assert/strict';
import { after, before, describe, it, mock } from 'node:test';
import type { Engine } from '../../../src/trainer/tfjs/engine/engine';
import type { Tensor } from '../../../src/trainer/tfjs/engine/tensor';
import type { FusedKernels } from '../../../src/trainer/tfjs/engine/fusedKernels';
import { inspectNativeInstall } from '../../../src/node/engines/nativeInstall';
import type { RowReading } from '../../../src/trainer/executor/requests';
import type { NextTokens } from '../../../src/trainer/executor/results';
import { Decoding } from '../../../src/trainer/tfjs/generation/decoding';
import { CausalLM } from '../../../src/trainer/tfjs/model/causalLM';
import { assertAllClose } from '../../support/allclose';
import { callsOf } from '../../support/engineCalls';
import { seededRandom } from '../../../src/shared/common/random';
import { writeShapedModel, type ModelShape } from '../../support/shapedModel';
import { openFusedEngine } from '../../support/fusedEngine';
import { temporaryFolder } from '../../support/temporaryFolder';

const { install } = inspectNativeInstall();
const skip =
  install === undefined || process.env.ADEPT_TEST_ENGINES === 'wasm'
    ? 'the native engine is not tested here'
    : false;

const base = { vocab: 97, hidden: 64, mlp: 100, layers: 2, heads: 4, keyValueHeads: 2, tied: true };

/** More tokens than there is room for at first; the second prompt ends before the others. */
const CONTINUED_TOKENS = 140;
const LEAVES_AT = 5;
/** Of what is read in runs: more than there is room for at first as well. */
const FOLLOWING = 140;
const MOST_AT_ONCE = 6;
const CONTINUED: Readonly<Record<string, { shape: ModelShape; prompts: readonly number[] }>> = {
  'grouped queries': { shape: base, prompts: [7, 3, 1] },
  'sizes that fill no vector': {
    shape: { ...base, hidden: 54, mlp: 61, heads: 3, keyValueHeads: 1 },
    prompts: [2, 9],
  },
  'a window': { shape: { ...base, family: 'mistral', more: { sliding_window: 6 } }, prompts: [9, 20, 2] },
  'a cap of scores': {
    shape: { ...base, family: 'gemma2', more: { attn_logit_softcapping: 0.5, sliding_window: 8 } },
    prompts: [5, 12],
  },
};

/** Rows, columns, and rows of the weight: multiples of nothing, and of everything. */
const FEW_ROWS = [
  [1, 2, 1],
  [1, 576, 192],
  [3, 54, 61],
  [11, 38, 7],
  [16, 64, 300],
  [32, 130, 33],
  [25, 514, 29],
  [43, 602, 100],
] as const;

/** The upper half of a float32. */
function bfloat16Bits(value: number): number {
  const [bits = 0] = new Uint32Array(Float32Array.of(value).buffer);
  return bits >>> 16;
}

/** The logits of every step of greedy continuations. */
function continued(engine: Engine, folder: string, lengths: readonly number[]): Float32Array[] {
  const model = CausalLM.load(engine, folder);
  const tensors = engine.tensorCount();
  const random = seededRandom(5);
  const prompts = lengths.map((length) =>
    Int32Array.from({ length }, () => Math.floor(random() * model.config.vocabSize)),
  );
  const { decoding, next } = Decoding.begin(model, prompts, 'logits');
  const found = [next.logits ?? new Float32Array()];
  let { top } = next;
  for (let step = 1; step < CONTINUED_TOKENS; step += 1) {
    const rows = Array.from(top, (_, row) => row).filter((row) => step !== LEAVES_AT || row !== 1);
    const readings = rows.map((row) => ({ row, tokens: [top[row] ?? 0], forget: 0 }));
    const { logits = new Float32Array(), ...read } = decoding.read(readings, 'logits');
    found.push(logits);
    ({ top } = read);
  }
  decoding.dispose();
  assert.ok(engine.tensorCount() - tensors <= 8, 'rope tables and masks stay, and nothing else');
  model.dispose();
  return found;
}

/** Calls of the library for one more token. */
function tokenOperations(engine: Engine, folder: string): number {
  const model = CausalLM.load(engine, folder);
  const { decoding, next } = Decoding.begin(model, [Int32Array.of(1, 2)], 'top');
  // The first token makes room for those that follow.
  const one = ({ top }: NextTokens): RowReading[] => [{ row: 0, tokens: [...top], forget: 0 }];
  const again = one(decoding.read(one(next), 'top'));
  const { calls } = callsOf(engine);
  const counted = calls(() => decoding.read(again, 'top'));
  mock.restoreAll();
  decoding.dispose();
  model.dispose();
  return counted;
}

describe('the kernels of generation', { skip }, () => {
  let engine: Engine;
  let fused: FusedKernels;
  let composed: Engine;

  before(async () => {
    ({ engine, fused, composed } = await openFusedEngine());
  });
  after(() => {
    engine.close();
  });

  const vector = (size: number, seed = 1): Float32Array => {
    const random = seededRandom(seed);
    return Float32Array.from({ length: size }, () => random() * 2 - 1);
  };

  for (const [name, { shape, prompts }] of Object.entries(CONTINUED)) {
    it(`continue prompts as the composed operations do: ${name}`, (t) => {
      const folder = writeShapedModel(temporaryFolder(t), shape);
      const [expected, found] = [composed, engine].map((by) => continued(by, folder, prompts));
      assert.equal(found?.length, expected?.length);
      for (const [step, values] of expected?.entries() ?? []) {
        assertAllClose(found?.[step] ?? [], values, 1e-4, `step ${step}`);
      }
    });
  }

  it('multiply few rows by a matrix, in float32 and bfloat16, whatever their sizes', () => {
    const { bfloat16Storage } = engine;
    assert.ok(bfloat16Storage);
    for (const [rows, depth, out] of FEW_ROWS) {
      engine.tidy(() => {
        const bits = Uint16Array.from(vector(out * depth, 7), (value) => bfloat16Bits(value));
        const packed = bfloat16Storage.pack(new Uint8Array(bits.buffer), out, depth);
        const weight = bfloat16Storage.upcast(packed);
        const input = engine.tensor(vector(rows * depth, 8), [rows, depth]);
        const expected = engine.read(engine.matMul(input, weight, { transposeB: true }));
        const plain = engine.read(fused.fewRows(input, weight));
        assertAllClose(plain, expected, 1e-5, `${rows}×${depth} by ${out}`);
        assert.deepEqual(engine.read(fused.fewRows(input, packed)), plain);
      });
    }
    engine.tidy(() => {
      const matrix = (rows: number, columns: number): Tensor =>
        engine.tensor(vector(rows * columns), [rows, columns]);
      assert.throws(() => fused.fewRows(matrix(1, 4), matrix(3, 5)), /input has 4 columns, the weight 5/);
    });
  });

  for (const [name, { shape, prompts }] of Object.entries(CONTINUED)) {
    it(`read several tokens of a row as one after the other, and what was forgotten not at all: ${name}`, (t) => {
      const model = CausalLM.load(engine, writeShapedModel(temporaryFolder(t), shape));
      const random = seededRandom(9);
      const tokens = (count: number): number[] =>
        Array.from({ length: count }, () => Math.floor(random() * model.config.vocabSize));
      const begins = prompts.map((length) => Int32Array.from(tokens(length)));
      const follow = prompts.map(() => tokens(FOLLOWING));
      const logitsOf = ({ logits = new Float32Array() }: NextTokens, at: number): Float32Array =>
        logits.subarray(at * model.config.vocabSize, (at + 1) * model.config.vocabSize);

      const single = Decoding.begin(model, begins, 'logits').decoding;
      const expected = Array.from({ length: FOLLOWING }, (_, at) => {
        const read = single.read(
          follow.map((row, index) => ({ row: index, tokens: [row[at] ?? 0], forget: 0 })),
          'logits',
        );
        return follow.map((_row, index) => logitsOf(read, index));
      });
      single.dispose();

      const several = Decoding.begin(model, begins, 'logits').decoding;
      // Rows come forward at different paces, so that they also leave at different times.
      let reading = follow.map((right, index) => ({ at: index, index, right, done: 0, wrong: 0 }));
      while (reading.length > 0) {
        const passes = reading.map(({ right, done, ...row }) => {
          const run = right.slice(done, done + 1 + Math.floor(random() * MOST_AT_ONCE));
          return { ...row, right, done, run, guessed: tokens(Math.floor(random() * MOST_AT_ONCE)) };
        });
        const read = several.read(
          passes.map(({ at, run, guessed, wrong }) => ({
            row: at,
            tokens: [...run, ...guessed],
            forget: wrong,
          })),
          'logits',
        );
        let token = 0;
        for (const { index, done, run, guessed } of passes) {
          for (const at of run.keys()) {
            assertAllClose(
              logitsOf(read, token + at),
              expected[done + at]?.[index] ?? [],
              1e-5,
              `${index}, ${done + at}`,
            );
          }
          token += run.length + guessed.length;
        }
        reading = passes
          .map(({ run, guessed, done, ...row }, at) => ({
            ...row,
            at,
            done: done + run.length,
            wrong: guessed.length,
          }))
          .filter(({ done, right }) => done < right.length);
      }
      several.dispose();
      model.dispose();
    });
  }

  it('refuse a place for which there is no room', () => {
    engine.tidy(() => {
      const of = (...shape: number[]): Tensor => engine.tensor(vector(shape.reduce((a, b) => a * b)), shape);
      const rope = { cosines: of(2, 1, 4), signedSines: of(2, 1, 4) };
      const indices = (values: readonly number[]): Tensor =>
        engine.indices(Int32Array.from(values), [values.length]);
      const attend = (sequences: readonly number[], positions: readonly number[]): unknown =>
        fused.cachedAttention(
          { queries: of(2, 8), keys: of(2, 4), values: of(2, 4) },
          {
            ...{ heads: 2, kvHeads: 1, queryRope: rope, keyRope: rope, window: undefined, cap: undefined },
            ...{ keptKeys: of(2, 3, 4), keptValues: of(2, 3, 4) },
            tokenPositions: { sequences: indices(sequences), positions: indices(positions) },
          },
        );
      attend([0, 1], [0, 2]);
      attend([1, 1], [1, 0]);
      assert.throws(() => attend([0, 1], [0, 3]), /position 3 lies outside of the 3 that are kept/);
      assert.throws(() => attend([0, 1], [-1, 0]), /position -1 lies outside/);
      assert.throws(() => attend([0, 2], [0, 0]), /sequence 2 is none of the 2 that are kept/);
      assert.throws(() => attend([-1, 0], [0, 0]), /sequence -1 is none/);
      assert.throws(() => attend([0], [0]), /queries has 16 elements, not/);
      assert.throws(() => attend([0, 1], [0]), /positions has 1 elements, not 2/);
    });
  });

  it('read a token of a layer without peculiarities in one operation', (t) => {
    const counted = (shape: Partial<ModelShape>): number => {
      const [few, more] = [2, 5].map((layers) =>
        tokenOperations(engine, writeShapedModel(temporaryFolder(t), { ...base, ...shape, layers })),
      );
      return ((more ?? NaN) - (few ?? NaN)) / 3;
    };
    assert.equal(counted({}), 1);
    assert.ok(counted({ family: 'qwen2' }) > 10, 'biases are added by operations of their own');
  });
});
