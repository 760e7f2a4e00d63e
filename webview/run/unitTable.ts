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

/** `q_proj` of `self_attn.q_proj`: enough where the layer says the rest. */
export function shortUnitName(name: string): string {
  return name.split('.').at(-1) ?? name;
}
