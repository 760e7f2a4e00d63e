import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { DecimatedCurve } from '../../../src/node/run/decimatedCurve';
import type { CurvePatch } from '../../../src/shared/webview/curvePatch';
import { seededRandom } from '../../../src/shared/common/random';

type Points = [number, number][];

function pointsOf({ x, y }: CurvePatch): Points {
  return x.map((step, index) => [step, y[index] ?? NaN]);
}

/** What a page does with a patch. */
function apply(known: Points, patch: CurvePatch): Points {
  return [...known.filter(([step]) => step < patch.from), ...pointsOf(patch)];
}

function fill(curve: DecimatedCurve, steps: number, value: (step: number) => number): Map<number, number> {
  const all = new Map<number, number>();
  for (let step = 1; step <= steps; step += 1) {
    curve.add(step, value(step));
    all.set(step, value(step));
  }
  return all;
}

describe('DecimatedCurve', () => {
  it('keeps every point of a short curve', () => {
    const curve = new DecimatedCurve();
    const all = fill(curve, 1500, (step) => Math.sin(step));
    const { extremes, means } = curve.take(true);
    assert.deepEqual(pointsOf(extremes), [...all]);
    assert.deepEqual(pointsOf(means), [...all]);
    assert.deepEqual(curve.latest, [1500, Math.sin(1500)]);
  });

  it('shows at most some 4000 points of a long one, all of them true, the extremes and both ends among them', () => {
    const random = seededRandom(1);
    const values = Array.from({ length: 300_001 }, () => random());
    values[123_457] = 7;
    values[200_003] = -7;
    const curve = new DecimatedCurve();
    fill(curve, 300_000, (step) => values[step] ?? NaN);
    const { x, y } = curve.take(true).extremes;
    assert.ok(x.length <= 4002 && x.length > 2000, `${x.length} points`);
    assert.ok(x.every((step, index) => values[step] === y[index]));
    assert.ok(x.every((step, index) => index === 0 || step > (x[index - 1] ?? Infinity)));
    assert.equal(y[x.indexOf(123_457)], 7);
    assert.equal(y[x.indexOf(200_003)], -7);
    assert.deepEqual([x[0], x.at(-1)], [1, 300_000]);
    assert.equal(curve.length, 300_000);
  });

  it('has the mean of its first and last points: of so many, or of the whole buckets that these are in', () => {
    const curve = new DecimatedCurve({ buckets: 8, points: 8 });
    assert.deepEqual([curve.length, curve.meanOf('last', 3)], [0, undefined]);
    fill(curve, 6, (step) => step);
    assert.deepEqual([curve.length, curve.meanOf('first', 2), curve.meanOf('last', 2)], [6, 1.5, 5.5]);
    assert.equal(curve.meanOf('last', 100), 3.5);
    // Buckets of two: 1 2, 3 4, …, 9.
    fill(curve, 9, (step) => step);
    assert.deepEqual([curve.length, curve.meanOf('first', 3), curve.meanOf('last', 2)], [9, 2.5, 8]);
    curve.cutAfter(4);
    assert.deepEqual([curve.length, curve.meanOf('last', 2)], [4, 3.5]);
  });

  it('keeps lowest, highest and mean of every stretch', () => {
    const random = seededRandom(2);
    const values = Array.from({ length: 1025 }, () => random());
    const curve = new DecimatedCurve({ buckets: 64, points: 32 });
    fill(curve, 1024, (step) => values[step] ?? NaN);
    const { extremes, means } = curve.take(true);
    // 64 buckets of 16 steps, shown in 16 groups of 64 steps.
    for (let group = 0; group < 16; group += 1) {
      const stretch = values.slice(group * 64 + 1, group * 64 + 65);
      const shown = pointsOf(extremes).filter(([step]) => step > group * 64 && step <= group * 64 + 64);
      assert.equal(Math.min(...shown.map(([, value]) => value)), Math.min(...stretch));
      assert.equal(Math.max(...shown.map(([, value]) => value)), Math.max(...stretch));
      const mean = stretch.reduce((sum, value) => sum + value, 0) / 64;
      assert.ok(Math.abs((means.y[group] ?? NaN) - mean) < 1e-12);
      assert.equal(means.x[group], group * 64 + 32.5);
    }
  });

  it('lets the latest value of a step win and forgets what came after it', () => {
    const curve = new DecimatedCurve();
    fill(curve, 100, (step) => step);
    curve.add(61, -61);
    curve.add(62, -62);
    const { extremes } = curve.take(true);
    assert.deepEqual(
      extremes.x,
      Array.from({ length: 62 }, (_, index) => index + 1),
    );
    assert.deepEqual(extremes.y.slice(-3), [60, -61, -62]);
    curve.cutAfter(60);
    assert.deepEqual(curve.latest, [60, 60]);
    curve.cutAfter(0);
    assert.equal(curve.latest, undefined);
    assert.deepEqual(curve.take(true).extremes, { from: 0, x: [], y: [] });
  });

  it('shows only true points of what still counts after a cut through a bucket', () => {
    const curve = new DecimatedCurve({ buckets: 8, points: 16 });
    fill(curve, 64, (step) => (step % 7) + step / 100);
    curve.cutAfter(37);
    for (let step = 38; step <= 80; step += 1) {
      curve.add(step, -step);
    }
    const points = pointsOf(curve.take(true).extremes);
    for (const [step, value] of points) {
      assert.equal(value, step <= 37 ? (step % 7) + step / 100 : -step);
    }
    assert.deepEqual(curve.latest, [80, -80]);
  });

  it('leaves out values that are not numbers, and still goes back for them', () => {
    const curve = new DecimatedCurve();
    fill(curve, 5, (step) => step);
    curve.add(6, Infinity);
    curve.add(3, NaN);
    assert.deepEqual(pointsOf(curve.take(true).extremes), [
      [1, 1],
      [2, 2],
    ]);
  });

  it('tells in patches what a page needs to have the same picture as one that sees it whole', () => {
    const random = seededRandom(3);
    const curve = new DecimatedCurve({ buckets: 32, points: 24 });
    const other = new DecimatedCurve({ buckets: 32, points: 24 });
    let shown: Points = [];
    let means: Points = [];
    let step = 0;
    for (let round = 0; round < 400; round += 1) {
      const back = random() < 0.05 ? Math.floor(random() * step) : 0;
      if (back > 0) {
        step -= back;
        curve.cutAfter(step);
        other.cutAfter(step);
      }
      for (let index = Math.floor(random() * 4); index > 0; index -= 1) {
        step += 1;
        const value = random();
        curve.add(step, value);
        other.add(step, value);
      }
      const patch = curve.take(false);
      shown = apply(shown, patch.extremes);
      means = apply(means, patch.means);
      const whole = other.take(true);
      assert.deepEqual(shown, pointsOf(whole.extremes), `round ${round}`);
      assert.deepEqual(means, pointsOf(whole.means), `round ${round}`);
    }
  });

  it('sends little when little changed', () => {
    const curve = new DecimatedCurve();
    fill(curve, 200_000, (step) => Math.sin(step));
    curve.take(false);
    curve.add(200_001, 1);
    assert.ok(curve.take(false).extremes.x.length < 8);
  });

  it('shows every point of a part that is small enough, and the extremes of a larger one', () => {
    const curve = new DecimatedCurve();
    for (let step = 1; step <= 20_000; step += 1) {
      curve.add(step, step === 7_777 ? 99 : Math.sin(step));
    }
    assert.equal(curve.isShownWhole, false);
    const patch = curve.take(true);
    const { extremes } = curve.between(500, 999);
    assert.deepEqual(
      extremes.x,
      Array.from({ length: 500 }, (_, index) => 500 + index),
    );
    assert.deepEqual([extremes.from, extremes.y[4]], [500, Math.sin(504)]);
    const half = curve.between(5_000, 15_000).extremes;
    assert.ok(half.x.length <= 4002 && half.y.includes(99));
    assert.deepEqual(curve.between(30_000, 40_000).extremes.x, [20_000]);
    assert.deepEqual(curve.take(true), patch, 'what else is told stays the same');
    assert.deepEqual(new DecimatedCurve().between(1, 2).extremes, { from: 0, x: [], y: [] });
  });
});
