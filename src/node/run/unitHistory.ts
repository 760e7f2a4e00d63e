import type { RunEvent } from '../../shared/run/runFolder';
import type { UnitRate } from '../../shared/method/unitRate';
import type { RunUpdate, UnitColumn, UnitName } from '../../shared/webview/run';

type ImportanceEvent = Extract<RunEvent, { type: 'importance' }>;

/** Numbers shown of a long run: enough for a picture of any width, few enough to send. */
const MOST_VALUES = 100_000;
const MOST_COLUMNS = 500;
const FEWEST_COLUMNS = 50;

interface Measurement {
  readonly step: number;
  readonly source: string;
  /** Why the rates changed, where nothing was measured anew. */
  readonly why: UnitColumn['why'];
  readonly units: readonly UnitName[];
  readonly importance: Float64Array;
  readonly normalized: Float64Array;
  readonly learningRate: Float64Array;
  readonly frozen: ReadonlySet<string>;
}

/** Learning rates by `layer.unit`. */
export type UnitRates = ReadonlyMap<string, number>;

/** Every measurement of the units' importance and change of the learning rates it led to, by ascending step. */
export class UnitHistory {
  private measurements: Measurement[] = [];

  /** The step of the latest measurement; 0 when there is none. */
  get lastStep(): number {
    return this.measurements.at(-1)?.step ?? 0;
  }

  /** The learning rates in force of the units that train; undefined when there are none yet. */
  get rates(): UnitRates | undefined {
    const last = this.measurements.at(-1);
    const rates = last?.units.map((unit, index) => [keyOf(unit), last.learningRate[index] ?? NaN] as const);
    return rates && new Map(rates.filter(([key]) => last?.frozen.has(key) !== true));
  }

  /** Replaces what was measured at this step or after it; where only rates change at it, it stays a measurement. */
  add({ step, source, units, why }: ImportanceEvent): void {
    const isMeasured = this.measurements.some((other) => other.step === step && other.why === undefined);
    this.cutAfter(step - 1);
    this.measurements.push({
      step,
      source,
      why: isMeasured ? undefined : why,
      units: this.sameUnits(units),
      importance: Float64Array.from(units, ({ importance }) => importance),
      normalized: Float64Array.from(units, ({ normalized }) => normalized ?? NaN),
      learningRate: Float64Array.from(units, ({ learningRate }) => learningRate),
      frozen: new Set(units.flatMap((unit) => (unit.frozen === true ? [keyOf(unit)] : []))),
    });
  }

  cutAfter(step: number): void {
    const end = this.measurements.findLastIndex((measurement) => measurement.step <= step) + 1;
    this.measurements.length = end;
  }

  /** The measurements of step `from` or later, spread evenly over the run where there are too many to show. */
  since(from: number): NonNullable<RunUpdate['importance']> {
    const units = this.measurements.at(-1)?.units ?? [];
    const wanted = this.measurements.filter(({ step }) => step >= from);
    const columns = spread(wanted, columnLimit(units.length)).map((measurement) =>
      columnOf(measurement, units),
    );
    const measured = this.measurements.filter(({ why }) => why === undefined).length;
    return { units: [...units], from, columns, total: this.measurements.length, measured };
  }

  /** One list of names for all measurements of the same units. */
  private sameUnits(units: readonly UnitRate[]): readonly UnitName[] {
    const last = this.measurements.at(-1)?.units;
    const same =
      last?.length === units.length &&
      units.every(({ layer, name }, index) => last[index]?.layer === layer && last[index].name === name);
    return same ? last : units.map(({ layer, name }) => ({ layer, name }));
  }
}

function columnLimit(units: number): number {
  return Math.max(FEWEST_COLUMNS, Math.min(MOST_COLUMNS, Math.floor(MOST_VALUES / Math.max(1, units))));
}

/** At most `limit` of the items, evenly spread, the first and the last among them. */
export function spread<T>(items: readonly T[], limit: number): readonly T[] {
  if (items.length <= limit) {
    return items;
  }
  const stride = (items.length - 1) / (limit - 1);
  return Array.from({ length: limit }, (_, index) => items[Math.round(index * stride)]).filter(
    (item) => item !== undefined,
  );
}

function columnOf(measurement: Measurement, units: readonly UnitName[]): UnitColumn {
  const { step, source, why, importance, normalized, learningRate, frozen } = measurement;
  const index =
    measurement.units === units
      ? undefined
      : new Map(measurement.units.map((unit, position) => [keyOf(unit), position]));
  const values = (of: Float64Array): (number | null)[] =>
    units.map((unit, position) => {
      const value = of[index === undefined ? position : (index.get(keyOf(unit)) ?? -1)];
      return value !== undefined && Number.isFinite(value) ? value : null;
    });
  return {
    step,
    source,
    ...(why === undefined ? {} : { why }),
    importance: values(importance),
    normalized: values(normalized),
    learningRate: values(learningRate),
    ...(frozen.size === 0
      ? {}
      : { frozen: units.flatMap((unit, position) => (frozen.has(keyOf(unit)) ? [position] : [])) }),
  };
}

function keyOf({ layer, name }: UnitName): string {
  return `${layer}.${name}`;
}
