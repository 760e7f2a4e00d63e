import type { SettingTable } from '../settings/settingTable';
import { TUNE_SETTINGS, type TuneSettings } from '../settings/tuneSettings';
import type { RunSpec } from './runFolder';

type Value = string | number | boolean;

/** A setting with another value than before; null where it has none. */
export interface SettingChange {
  readonly name: string;
  readonly from: Value | null;
  readonly to: Value | null;
}

/** Settings that a run may go on with other values of, by their names. */
export const CHANGEABLE_SETTINGS: SettingTable = Object.fromEntries(
  Object.entries(TUNE_SETTINGS).filter(([, setting]) => 'changeable' in setting),
);

/** What differs between two settings of one run, in the table's order. */
export function settingChanges(from: TuneSettings, to: TuneSettings): SettingChange[] {
  const names = Object.keys(TUNE_SETTINGS) as (keyof TuneSettings)[];
  return names
    .filter((name) => from[name] !== to[name])
    .map((name) => ({ name, from: from[name] ?? null, to: to[name] ?? null }));
}

/** The settings of a run with those of `wanted` that may change. */
export function withChangeable(run: TuneSettings, wanted: TuneSettings): TuneSettings {
  const names = Object.keys(CHANGEABLE_SETTINGS) as (keyof TuneSettings)[];
  return { ...run, ...Object.fromEntries(names.map((name) => [name, wanted[name]])) };
}

/** `steps 3000 → 800` */
export function changeText({ name, from, to }: SettingChange): string {
  const text = (value: Value | null): string => (value === null ? 'none' : String(value));
  return `${name} ${text(from)} → ${text(to)}`;
}

/**
 * The base learning rate that a run was given after a checkpoint of it was saved; undefined where the checkpoint's own holds.
 * @param savedAt when the checkpoint was saved, ISO 8601
 */
export function rateGivenSince({ changes }: Pick<RunSpec, 'changes'>, savedAt: string): number | undefined {
  // ISO times sort as texts.
  const since = (changes ?? []).filter(({ time }) => time > savedAt);
  const rates = since.flatMap(({ settings }) => settings.filter(({ name }) => name === 'learningRate'));
  const last = rates.at(-1)?.to;
  return typeof last === 'number' ? last : undefined;
}
