import type { CurvePatch } from '../../shared/webview/curvePatch';

/** Buckets kept at most; the arrays start smaller. */
const BUCKETS = 32_768;
const FIRST_CAPACITY = 256;

export interface CurveLimits {
  /** How many buckets are kept, an even number. */
  readonly buckets?: number;
  /** How many points a patch holds at most, beside the curve's first and last. */
  readonly points?: number;
}

/** What a curve has to tell since it was last asked: its extremes, and the means that a smoothed curve is made of. */
export interface CurveChange {
  readonly extremes: CurvePatch;
  readonly means: CurvePatch;
}

const FIELDS = [
  'firstStep',
  'first',
  'lowestStep',
  'lowest',
  'highestStep',
  'highest',
  'lastStep',
  'last',
  'sum',
  'count',
] as const;
type Buckets = Readonly<Record<(typeof FIELDS)[number], Float64Array>>;

/** A step and its value. */
type Point = readonly [step: number, value: number];

/**
 * A curve over ascending steps, however long, in bounded memory. Neighbouring points share a bucket, which keeps the
 * first, the lowest, the highest and the last of them, and their mean; when there are too many buckets, every two become
 * one. Every point shown was added as it is, and the lowest and highest of every group of buckets are shown. A step that is
 * no later than the last one replaces everything from there on, as a resumed run does. Where that cuts through a bucket of
 * w points, up to w − 1 points before the cut may be missing; w is 1 up to 32768 points.
 */
export class DecimatedCurve {
  private readonly limit: number;
  private readonly points: number;
  private buckets = emptyBuckets(FIRST_CAPACITY);
  private capacity = FIRST_CAPACITY;
  private used = 0;
  /** Points in a full bucket. */
  private width = 1;
  private lastStep = -Infinity;
  /** The first bucket that changed since the last patch, and how many buckets shared a pair of points in that patch. */
  private dirty = 0;
  private shownGroup = 0;

  constructor({ buckets = BUCKETS, points = 4000 }: CurveLimits = {}) {
    this.limit = buckets;
    this.points = points;
  }

  /** The latest point; undefined when there is none. */
  get latest(): Point | undefined {
    return this.used === 0 ? undefined : [this.lastStep, at(this.buckets.last, this.used - 1)];
  }

  /** How many points there are, shown or not. */
  get length(): number {
    return (
      Math.max(0, this.used - 1) * this.width + (this.used === 0 ? 0 : at(this.buckets.count, this.used - 1))
    );
  }

  /** The mean of the first or the last points: of at least so many, or of all; where a bucket has several, of whole buckets. */
  meanOf(which: 'first' | 'last', points: number): number | undefined {
    const { sum, count } = this.buckets;
    let total = 0;
    let number = 0;
    for (let bucket = 0; bucket < this.used && number < points; bucket += 1) {
      const index = which === 'first' ? bucket : this.used - 1 - bucket;
      total += at(sum, index);
      number += at(count, index);
    }
    return number === 0 ? undefined : total / number;
  }

  /** Whether all points that are kept are shown. */
  get isShownWhole(): boolean {
    return this.groupSize() === 1;
  }

  /** Adds a point; a value that is not a finite number is left out. */
  add(step: number, value: number): void {
    if (step <= this.lastStep) {
      this.cutAfter(step - 1);
    }
    if (!Number.isFinite(value)) {
      return;
    }
    if (this.used === this.limit && at(this.buckets.count, this.used - 1) >= this.width) {
      this.halve();
    }
    const open = this.used - 1;
    if (open >= 0 && at(this.buckets.count, open) < this.width) {
      this.addTo(open, step, value);
    } else {
      this.append(step, value);
    }
    this.lastStep = step;
  }

  /** Forgets every point after `step`. */
  cutAfter(step: number): void {
    if (step >= this.lastStep) {
      return;
    }
    this.used = this.bucketsUpTo(step);
    const open = this.used - 1;
    this.dirty = Math.min(this.dirty, Math.max(0, open));
    if (open < 0) {
      this.width = 1;
      this.lastStep = -Infinity;
      return;
    }
    if (at(this.buckets.lastStep, open) > step) {
      this.cutBucket(open, step);
    }
    this.lastStep = at(this.buckets.lastStep, open);
  }

  /** Everything there is to show, or with `whole` false what changed since the last time. */
  take(whole: boolean): CurveChange {
    const group = this.groupSize();
    const begin = whole || group !== this.shownGroup ? 0 : Math.floor(this.dirty / group) * group;
    this.shownGroup = group;
    // The last bucket is still open, and the last point is shown even where a later patch does not need it.
    this.dirty = Math.max(0, this.used - 1);
    const from = begin === 0 ? 0 : at(this.buckets.firstStep, begin);
    const extremes = new PointList();
    const means = new PointList();
    if (begin === 0 && this.used > 0) {
      extremes.add(this.pointOf('first', 0));
    }
    for (let bucket = begin; bucket < this.used; bucket += group) {
      this.showGroup(bucket, Math.min(bucket + group, this.used), extremes, means);
    }
    if (this.used > 0) {
      extremes.add(this.pointOf('last', this.used - 1));
    }
    return { extremes: { from, x: extremes.x, y: extremes.y }, means: { from, x: means.x, y: means.y } };
  }

  /** A part of the curve, and what lies across its ends, in as much detail as a patch holds; what `take` tells stays the same. */
  between(first: number, last: number): CurveChange {
    const end = this.bucketsUpTo(last);
    const inside = Math.max(0, this.bucketsUpTo(first) - 1);
    const group = this.groupSize(end - inside);
    const begin = Math.floor(inside / group) * group;
    const extremes = new PointList();
    const means = new PointList();
    for (let bucket = begin; bucket < end; bucket += group) {
      this.showGroup(bucket, Math.min(bucket + group, this.used), extremes, means);
    }
    const from = this.used === 0 ? 0 : at(this.buckets.firstStep, begin);
    return { extremes: { from, x: extremes.x, y: extremes.y }, means: { from, x: means.x, y: means.y } };
  }

  private showGroup(begin: number, end: number, extremes: PointList, means: PointList): void {
    const { lowest, highest, sum, count, firstStep, lastStep } = this.buckets;
    let low = begin;
    let high = begin;
    let total = 0;
    let number = 0;
    for (let bucket = begin; bucket < end; bucket += 1) {
      low = at(lowest, bucket) < at(lowest, low) ? bucket : low;
      high = at(highest, bucket) > at(highest, high) ? bucket : high;
      total += at(sum, bucket);
      number += at(count, bucket);
    }
    const pair = [this.pointOf('lowest', low), this.pointOf('highest', high)].sort(byStep);
    for (const point of pair) {
      extremes.add(point);
    }
    means.add([(at(firstStep, begin) + at(lastStep, end - 1)) / 2, total / number]);
  }

  /** The smallest power of two that keeps a patch within its points: the borders of groups then stay where they were. */
  private groupSize(buckets = this.used): number {
    let group = 1;
    while (Math.ceil(buckets / group) * 2 > this.points) {
      group *= 2;
    }
    return group;
  }

  private addTo(bucket: number, step: number, value: number): void {
    const { lowest, lowestStep, highest, highestStep, lastStep, last, sum, count } = this.buckets;
    if (value < at(lowest, bucket)) {
      lowest[bucket] = value;
      lowestStep[bucket] = step;
    }
    if (value > at(highest, bucket)) {
      highest[bucket] = value;
      highestStep[bucket] = step;
    }
    lastStep[bucket] = step;
    last[bucket] = value;
    sum[bucket] = at(sum, bucket) + value;
    count[bucket] = at(count, bucket) + 1;
  }

  private append(step: number, value: number): void {
    if (this.used === this.capacity) {
      this.grow();
    }
    this.begin(this.used, step, value);
    this.used += 1;
  }

  /** Makes a bucket of one point. */
  private begin(bucket: number, step: number, value: number): void {
    const { firstStep, lowestStep, highestStep, lastStep, first, lowest, highest, last } = this.buckets;
    firstStep[bucket] = lowestStep[bucket] = highestStep[bucket] = lastStep[bucket] = step;
    first[bucket] = lowest[bucket] = highest[bucket] = last[bucket] = value;
    this.buckets.sum[bucket] = value;
    this.buckets.count[bucket] = 1;
  }

  private grow(): void {
    const capacity = Math.min(this.limit, this.capacity * 2);
    const larger = emptyBuckets(capacity);
    for (const field of FIELDS) {
      larger[field].set(this.buckets[field]);
    }
    this.buckets = larger;
    this.capacity = capacity;
  }

  /** Makes one bucket of every two. */
  private halve(): void {
    for (let bucket = 0; bucket < this.used; bucket += 2) {
      this.join(bucket, bucket + 1, bucket / 2);
    }
    this.used /= 2;
    this.width *= 2;
    this.dirty = 0;
  }

  private join(left: number, right: number, target: number): void {
    const { buckets } = this;
    const low = at(buckets.lowest, left) <= at(buckets.lowest, right) ? left : right;
    const high = at(buckets.highest, left) >= at(buckets.highest, right) ? left : right;
    const source: Readonly<Record<(typeof FIELDS)[number], number>> = {
      firstStep: at(buckets.firstStep, left),
      first: at(buckets.first, left),
      lowestStep: at(buckets.lowestStep, low),
      lowest: at(buckets.lowest, low),
      highestStep: at(buckets.highestStep, high),
      highest: at(buckets.highest, high),
      lastStep: at(buckets.lastStep, right),
      last: at(buckets.last, right),
      sum: at(buckets.sum, left) + at(buckets.sum, right),
      count: at(buckets.count, left) + at(buckets.count, right),
    };
    for (const field of FIELDS) {
      buckets[field][target] = source[field];
    }
  }

  /** How many buckets begin at or before a step. */
  private bucketsUpTo(step: number): number {
    let low = 0;
    let high = this.used;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (at(this.buckets.firstStep, middle) <= step) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }

  /** Leaves of a bucket what it still knows of its points up to a step; its mean is then the mean of those. */
  private cutBucket(bucket: number, step: number): void {
    const count = at(this.buckets.count, bucket);
    const known = (['first', 'lowest', 'highest'] as const)
      .map((field) => this.pointOf(field, bucket))
      .filter(([knownStep]) => knownStep <= step)
      .sort(byStep)
      .filter(([knownStep], index, all) => knownStep !== all[index - 1]?.[0]);
    const [[firstStep, first]] = known as [Point, ...Point[]];
    this.begin(bucket, firstStep, first);
    for (const [knownStep, value] of known.slice(1)) {
      this.addTo(bucket, knownStep, value);
    }
    // As many as there were before the cut, so that the bucket is full when it would have been.
    const left = Math.min(count, step - firstStep + 1);
    const { sum, count: counts } = this.buckets;
    sum[bucket] = (at(sum, bucket) / at(counts, bucket)) * left;
    counts[bucket] = left;
  }

  private pointOf(field: 'first' | 'lowest' | 'highest' | 'last', bucket: number): Point {
    return [at(this.buckets[`${field}Step`], bucket), at(this.buckets[field], bucket)];
  }
}

/** Points by ascending step, each step once. */
class PointList {
  readonly x: number[] = [];
  readonly y: number[] = [];

  add([step, value]: Point): void {
    if (this.x.at(-1) !== step) {
      this.x.push(step);
      this.y.push(value);
    }
  }
}

function byStep([left]: Point, [right]: Point): number {
  return left - right;
}

function emptyBuckets(capacity: number): Buckets {
  const entries = FIELDS.map((field) => [field, new Float64Array(capacity)]);
  return Object.fromEntries(entries) as Buckets;
}

/** An element that is known to be there. */
function at(values: Float64Array, index: number): number {
  return values[index] ?? NaN;
}
