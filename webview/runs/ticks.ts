import { MOST_TICKED, type RunsView } from '../../src/shared/webview/runs';

export type Ticks = RunsView['ticked'];

/** Ticks a run, with the lowest line that is free, or no longer; what is ticked already keeps its line. */
export function toggled(ticks: Ticks, path: string): Ticks {
  if (ticks.some((tick) => tick.path === path)) {
    return ticks.filter((tick) => tick.path !== path);
  }
  const used = new Set(ticks.map(({ line }) => line));
  const line = Array.from({ length: MOST_TICKED }, (_, number) => number).find((number) => !used.has(number));
  return line === undefined ? ticks : [...ticks, { path, line }];
}

/** Exactly these, as many as can be drawn. */
export function tickedAlone(ticks: Ticks, paths: readonly string[]): Ticks {
  const kept = ticks.filter(({ path }) => paths.includes(path));
  const added = paths.filter((path) => kept.every((tick) => tick.path !== path));
  return added.reduce<Ticks>((all, path) => toggled(all, path), kept);
}

export function renamed(ticks: Ticks, from: string, to: string): Ticks {
  return ticks.map((tick) => (tick.path === from ? { ...tick, path: to } : tick));
}
