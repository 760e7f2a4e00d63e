import assert from 'node:assert/strict';
import type { Engine } from '../../../src/trainer/tfjs/engine/engine';
import type { Tensor } from '../../../src/trainer/tfjs/engine/tensor';
import { assertAllClose } from '../../support/allclose';
import { onEveryEngine } from '../../support/engines';
import { seededRandom } from '../../../src/shared/common/random';

const random = seededRandom(7);
const values = (size: number): Float32Array => Float32Array.from({ length: size }, () => random() * 2 - 1);

/** a [n, k] · b [k, m] in double precision; element access decides what is transposed. */
function product(
  n: number,
  k: number,
  m: number,
  a: (i: number, j: number) => number,
  b: (i: number, j: number) => number,
): number[] {
  return Array.from({ length: n * m }, (_, at) => {
    const row = Math.floor(at / m);
    let total = 0;
    for (let inner = 0; inner < k; inner++) {
      total += a(row, inner) * b(inner, at % m);
    }
    return total;
  });
}

/** Runs an operation on fresh tensors and returns its values; nothing is left alive. */
function compute(engine: Engine, work: () => Tensor): Float32Array {
  const before = engine.tensorCount();
  const result = engine.tidy(() => engine.read(work()));
  assert.equal(engine.tensorCount(), before, 'an operation left tensors alive');
  return result;
}

onEveryEngine('engine', (test) => {
  test('says which device computes', (engine) => {
    const description = engine.describe();
    assert.equal(description.engine, engine.kind);
    assert.match(description.device, /CPU|GPU/);
    assert.ok(description.threads >= 1);
  });

  for (const [transposeA, transposeB] of [
    [false, false],
    [true, false],
    [false, true],
    [true, true],
  ] as const) {
    test(`matMul, transposeA ${transposeA}, transposeB ${transposeB}`, (engine) => {
      const [n, k, m] = [5, 37, 11];
      const a = values(n * k);
      const b = values(k * m);
      const expected = product(
        n,
        k,
        m,
        (i, j) => a[transposeA ? j * n + i : i * k + j] ?? NaN,
        (i, j) => b[transposeB ? j * k + i : i * m + j] ?? NaN,
      );
      const actual = compute(engine, () =>
        engine.matMul(
          engine.tensor(a, transposeA ? [k, n] : [n, k]),
          engine.tensor(b, transposeB ? [m, k] : [k, m]),
          { transposeA, transposeB },
        ),
      );
      assertAllClose(actual, expected, 1e-5, 'product');
      const batched = compute(engine, () => {
        const both = engine.tensor(
          Float32Array.from([...a, ...a.map((value) => 2 * value)]),
          transposeA ? [2, k, n] : [2, n, k],
        );
        const right = engine.tensor(Float32Array.from([...b, ...b]), transposeB ? [2, m, k] : [2, k, m]);
        return engine.matMul(both, right, { transposeA, transposeB });
      });
      assertAllClose(batched, [...expected, ...expected.map((value) => 2 * value)], 1e-5, 'batched product');
    });
  }

  test('elementwise operations, with broadcasting', (engine) => {
    const a = values(6);
    const row = values(3).map((value) => value + 2);
    const make = (): [Tensor, Tensor] => [engine.tensor(a, [2, 3]), engine.tensor(row, [3])];
    const cases: [string, (x: Tensor, y: Tensor) => Tensor, (x: number, y: number) => number][] = [
      ['add', (x, y) => engine.add(x, y), (x, y) => x + y],
      ['sub', (x, y) => engine.sub(x, y), (x, y) => x - y],
      ['mul', (x, y) => engine.mul(x, y), (x, y) => x * y],
      ['div', (x, y) => engine.div(x, y), (x, y) => x / y],
      ['scale', (x) => engine.scale(x, -1.5), (x) => x * -1.5],
      ['addScalar', (x) => engine.addScalar(x, 0.25), (x) => x + 0.25],
      ['abs', (x) => engine.abs(x), (x) => Math.abs(x)],
      ['square', (x) => engine.square(x), (x) => x * x],
      ['sigmoid', (x) => engine.sigmoid(x), (x) => 1 / (1 + Math.exp(-x))],
      ['sqrt', (_, y) => engine.sqrt(engine.add(engine.zeros([2, 3]), y)), (_, y) => Math.sqrt(y)],
      ['rsqrt', (_, y) => engine.rsqrt(engine.add(engine.zeros([2, 3]), y)), (_, y) => 1 / Math.sqrt(y)],
    ];
    for (const [name, ours, exact] of cases) {
      const expected = Array.from(a, (x, at) => exact(x, row[at % 3] ?? NaN));
      assertAllClose(
        compute(engine, () => ours(...make())),
        expected,
        1e-5,
        name,
      );
    }
  });

  test('sum, mean and softmax over an axis', (engine) => {
    const a = values(12);
    const make = (): Tensor => engine.tensor(a, [3, 4]);
    const column = (at: number): number => (a[at] ?? 0) + (a[at + 4] ?? 0) + (a[at + 8] ?? 0);
    const rows = [0, 1, 2].map((row) => [...a.slice(row * 4, row * 4 + 4)]);
    assertAllClose(
      compute(engine, () => engine.sum(make(), 0)),
      [0, 1, 2, 3].map(column),
      1e-5,
      'sum over rows',
    );
    assertAllClose(
      compute(engine, () => engine.sum(make())),
      [a.reduce((x, y) => x + y, 0)],
      1e-5,
      'sum of all',
    );
    assertAllClose(
      compute(engine, () => engine.mean(make(), -1, true)),
      rows.map((row) => row.reduce((x, y) => x + y, 0) / 4),
      1e-5,
      'mean of rows',
    );
    const softmax = rows.flatMap((row) => {
      const total = row.reduce((sum, x) => sum + Math.exp(x), 0);
      return row.map((x) => Math.exp(x) / total);
    });
    assertAllClose(
      compute(engine, () => engine.softmax(make())),
      softmax,
      1e-5,
      'softmax',
    );
  });

  test('reshape, transpose, slice and concat move values', (engine) => {
    const a = Float32Array.from({ length: 24 }, (_, at) => at);
    const transposed = compute(engine, () => engine.transpose(engine.tensor(a, [2, 3, 2, 2]), [0, 2, 1, 3]));
    const expected = Array.from({ length: 24 }, (_, at) => {
      const [b, h, t, d] = [Math.floor(at / 12), Math.floor(at / 6) % 2, Math.floor(at / 2) % 3, at % 2];
      return b * 12 + t * 4 + h * 2 + d;
    });
    assert.deepEqual([...transposed], expected);
    const swapped = compute(engine, () => {
      const whole = engine.tensor(a, [1, 4, 6]);
      return engine.concat(
        [engine.slice(whole, [0, 0, 3], [1, 4, 3]), engine.slice(whole, [0, 0, 0], [1, 4, 3])],
        2,
      );
    });
    assert.deepEqual([...swapped.slice(0, 6)], [3, 4, 5, 0, 1, 2]);
    assert.deepEqual([...compute(engine, () => engine.reshape(engine.tensor(a, [24]), [-1, 6]))], [...a]);
  });

  test('gather takes rows, scatterAdd sums what falls on the same row', (engine) => {
    const table = values(5 * 3);
    const ids = Int32Array.of(4, 0, 4, 2);
    const gathered = compute(engine, () =>
      engine.gather(engine.tensor(table, [5, 3]), engine.indices(ids, [4])),
    );
    assert.deepEqual(
      [...gathered],
      [...ids].flatMap((id) => [...table.slice(id * 3, id * 3 + 3)]),
    );
    const rows = values(12);
    const summed = compute(engine, () =>
      engine.scatterAdd(engine.indices(ids, [4]), engine.tensor(rows, [4, 3]), 5),
    );
    const expected = new Float64Array(15);
    ids.forEach((id, row) => {
      for (let at = 0; at < 3; at++) {
        expected[id * 3 + at] = (expected[id * 3 + at] ?? 0) + (rows[row * 3 + at] ?? 0);
      }
    });
    assertAllClose(summed, expected, 1e-6, 'sums');
  });

  test('crossEntropy gives −log softmax and its gradient, also for large logits', (engine) => {
    const logits = values(4 * 6).map((value, at) => value * (at < 12 ? 1 : 80));
    const targets = Int32Array.of(0, 5, 2, 3);
    const expected = [0, 1, 2, 3].map((row) => {
      const line = [...logits.slice(row * 6, row * 6 + 6)];
      const top = Math.max(...line);
      const total = line.reduce((sum, x) => sum + Math.exp(x - top), 0);
      const softmax = line.map((x) => Math.exp(x - top) / total);
      const target = targets[row] ?? 0;
      return {
        loss: top + Math.log(total) - (line[target] ?? NaN),
        gradient: softmax.map((p, at) => p - (at === target ? 1 : 0)),
      };
    });
    engine.tidy(() => {
      const make = (): [Tensor, Tensor] => [
        engine.tensor(logits.slice(), [4, 6]),
        engine.indices(targets, [4]),
      ];
      for (const scale of [1, 0.25]) {
        const { losses, logitGradients } = engine.crossEntropy(...make(), scale);
        assertAllClose(
          engine.read(losses),
          expected.map(({ loss }) => loss),
          1e-5,
          'losses',
        );
        assertAllClose(
          engine.read(logitGradients),
          expected.flatMap(({ gradient }) => gradient.map((value) => scale * value)),
          1e-5,
          'gradients',
        );
      }
      assertAllClose(
        engine.read(engine.crossEntropyLosses(...make())),
        expected.map(({ loss }) => loss),
        1e-5,
        'losses alone',
      );
    });
  });

  test('what tidy returns lives on, inside arrays and objects too', (engine) => {
    const before = engine.tensorCount();
    const kept = engine.tidy(() => {
      const a = engine.tensor(values(4), [4]);
      engine.square(a);
      return { a, list: [engine.scale(a, 2)] };
    });
    assert.equal(engine.tensorCount(), before + 2);
    assert.equal(engine.read(kept.list[0] ?? kept.a)[1], 2 * (engine.read(kept.a)[1] ?? NaN));
    engine.dispose(kept.a, ...kept.list);
    assert.equal(engine.tensorCount(), before);
  });

  test('tidy does not look for tensors in numbers that it returns: there may be millions', (engine) => {
    const seen: string[] = [];
    const numbers = engine.tidy(() => {
      const read = engine.read(engine.tensor(values(4), [4]));
      Object.defineProperty(read, 'last', { enumerable: true, get: () => seen.push('last') });
      return read;
    });
    assert.equal(numbers.length, 4);
    assert.deepEqual(seen, []);
  });
});
