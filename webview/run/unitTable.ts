import type { RunView, UnitColumn } from '../../src/shared/webview/run';
import type { UnitTimes } from './runModel';

export type UnitValue = RunView['unitValue'];

/** A unit at one time. */
export interface UnitRow {
  readonly layer: number;
  readonly name: string;
  readonly importance: number | undefined;
  /** What it counts for among the units, 0 to 1. */
  readonly normalized: number | undefined;
  readonly learningRate: number | undefined;
  /** Trains no more. */
  readonly frozen: boolean;
  /** Since the measurement before; undefined at the first. */
  readonly change: number | undefined;
}

/** A column of what is shown: `ratesStep` is when its learning rates came into force, where that was later than its step. */
export type ShownColumn = UnitColumn & { readonly ratesStep?: number };

export interface ShownTimes extends UnitTimes {
  readonly columns: readonly ShownColumn[];
}

/** What one of the two kinds was over the run: importance at every measurement, rates also where they alone changed. */
export function timesOf(times: UnitTimes, kind: UnitValue): ShownTimes {
  if (kind === 'learningRate') {
    return times;
  }
  const columns: ShownColumn[] = [];
  for (const column of times.columns) {
    const last = columns.at(-1);
    if (column.why === undefined || last === undefined) {
      columns.push(column);
    } else {
      const { step: ratesStep, learningRate, frozen = [] } = column;
      columns[columns.length - 1] = { ...last, ratesStep, learningRate, frozen };
    }
  }
  return { ...times, columns, total: times.measured };
}

/** The values of one of the two kinds, by unit and measurement; NaN where a unit was not measured. */
export function unitValues({ columns }: UnitTimes, kind: UnitValue): number[][] {
  return columns.map((column) => column[kind].map((value) => value ?? NaN));
}

/** Every unit at a measurement, with what changed of `kind` since the one before. */
export function unitRows({ units, columns }: UnitTimes, index: number, kind: UnitValue): UnitRow[] {
  const column = columns[index];
  const before = columns[index - 1];
  return units.map(({ layer, name }, index) => {
    const now = valueAt(column, kind, index);
    const earlier = valueAt(before, kind, index);
    return {
      layer,
      name,
      importance: valueAt(column, 'importance', index),
      normalized: valueAt(column, 'normalized', index),
      learningRate: valueAt(column, 'learningRate', index),
      frozen: column?.frozen?.includes(index) ?? false,
      change: now === undefined || earlier === undefined ? undefined : now - earlier,
    };
  });
}

function valueAt(
  column: UnitColumn | undefined,
  kind: UnitValue | 'normalized',
  index: number,
): number | undefined {
  return column?.[kind][index] ?? undefined;
}

/** The measurement in force at a step: the last that is not later; the latest where `step` is null. */
export function indexAt({ columns }: UnitTimes, step: number | null): number {
  const index = step === null ? columns.length - 1 : columns.findLastIndex((column) => column.step <= step);
  return Math.max(0, index);
}

/** `q_proj` of `self_attn.q_proj`: which part of a layer it is in goes without saying. */
export function shortUnitName(name: string): string {
  return name.replace(/^(self_attn|mlp)\./, '');
}
