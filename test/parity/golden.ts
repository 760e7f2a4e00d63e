import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import * as v from 'valibot';

const GoldenFile = v.object({
  format: v.literal('adept.golden/1'),
  job: v.string(),
  /** {@link inputDigest} of what it was computed from. */
  inputs: v.string(),
  /** Versions of Python, torch and transformers that computed it. */
  versions: v.record(v.string(), v.string()),
  result: v.unknown(),
});
export type GoldenFile = v.InferOutput<typeof GoldenFile>;

function goldenPath(name: string): string {
  return join(process.cwd(), 'test', 'parity', 'golden', `${name}.json`);
}

/** The committed values of that name; undefined when there are none. */
export function readGolden(name: string): GoldenFile | undefined {
  const path = goldenPath(name);
  return existsSync(path) ? v.parse(GoldenFile, JSON.parse(readFileSync(path, 'utf8'))) : undefined;
}

/** Numbers keep nine digits, which tell any two float32 values apart. */
export function writeGolden(name: string, golden: GoldenFile): void {
  const path = goldenPath(name);
  mkdirSync(dirname(path), { recursive: true });
  const short = (_: string, value: unknown): unknown =>
    typeof value === 'number' && !Number.isInteger(value) ? Number(value.toPrecision(9)) : value;
  const text = JSON.stringify(golden, short, 1)
    // One line for an array of numbers, instead of one for each.
    .replace(/\[\s+([-\d.e+,\s]+?)\s+\]/g, (_, numbers: string) => `[${numbers.replace(/\s+/g, ' ')}]`);
  writeFileSync(path, `${text}\n`);
}

/** For every key of the records in an array, the largest number that any of them has there. */
type Scales = Readonly<Record<string, number>>;

/**
 * Where two results differ by more than the tolerance; undefined where they agree. A number is compared relative to the
 * larger of the two, and in an array to the largest of the array (of the same key, in an array of records), because
 * what lies near zero is noise beside it.
 */
export function disagreement(
  live: unknown,
  golden: unknown,
  tolerance: number,
  path = 'result',
  scale = 0,
): string | undefined {
  if (typeof live === 'number' && typeof golden === 'number') {
    const size = Math.max(Math.abs(live), Math.abs(golden), scale);
    // Nine digits are stored.
    const allowed = Math.max(tolerance, 1e-8) * size;
    return Math.abs(live - golden) <= allowed ? undefined : `${path}: ${live} live, ${golden} golden`;
  }
  if (Array.isArray(live) && Array.isArray(golden)) {
    return arrayDisagreement(live, golden, tolerance, path);
  }
  return isRecord(live) && isRecord(golden)
    ? recordDisagreement(live, golden, tolerance, path, {})
    : live === golden
      ? undefined
      : `${path}: ${String(live)} live, ${String(golden)} golden`;
}

function arrayDisagreement(
  live: readonly unknown[],
  golden: readonly unknown[],
  tolerance: number,
  path: string,
): string | undefined {
  if (live.length !== golden.length) {
    return `${path}: ${live.length} entries live, ${golden.length} golden`;
  }
  const scales: Record<string, number> = {};
  const named = live.flatMap((item): [string, unknown][] =>
    isRecord(item) ? Object.entries(item) : [['', item]],
  );
  for (const [key, value] of named) {
    scales[key] = Math.max(scales[key] ?? 0, typeof value === 'number' ? Math.abs(value) : 0);
  }
  return firstDefined(live, (value, at) => {
    const other = golden[at];
    return isRecord(value) && isRecord(other)
      ? recordDisagreement(value, other, tolerance, `${path}[${at}]`, scales)
      : disagreement(value, other, tolerance, `${path}[${at}]`, scales['']);
  });
}

function recordDisagreement(
  live: Record<string, unknown>,
  golden: Record<string, unknown>,
  tolerance: number,
  path: string,
  scales: Scales,
): string | undefined {
  const keys = [...new Set([...Object.keys(live), ...Object.keys(golden)])];
  return firstDefined(keys, (key) =>
    disagreement(live[key], golden[key], tolerance, `${path}.${key}`, scales[key]),
  );
}

function firstDefined<T>(
  items: readonly T[],
  check: (item: T, at: number) => string | undefined,
): string | undefined {
  for (const [at, item] of items.entries()) {
    const found = check(item, at);
    if (found !== undefined) {
      return found;
    }
  }
  return undefined;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
