import assert from 'node:assert/strict';

/** max|a − b| ≤ tolerance · max(1e-6, max|b|). Lengths have to agree and nothing may be NaN. */
export function assertAllClose(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  tolerance: number,
  what: string,
): void {
  assert.equal(actual.length, expected.length, `${what}: number of values`);
  assert.ok(expected.length > 0, `${what}: nothing to compare`);
  let scale = 1e-6;
  let worst = 0;
  let at = 0;
  for (let index = 0; index < expected.length; index++) {
    const value = expected[index] ?? NaN;
    const difference = Math.abs((actual[index] ?? NaN) - value);
    scale = Math.max(scale, Math.abs(value));
    if (!(difference <= worst)) {
      worst = difference;
      at = index;
    }
  }
  assert.ok(
    worst <= tolerance * scale,
    `${what}: value ${at} is ${actual[at] ?? 'missing'}, expected ${expected[at] ?? 'missing'} (relative error ${worst / scale}, allowed ${tolerance})`,
  );
}
