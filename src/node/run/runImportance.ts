import { existsSync } from 'node:fs';
import type { RunSpec } from '../../shared/run/runFolder';
import type { RunFolder } from './runFolder';

/** The importance.json of a run: its own, or that which it was given. */
export function importanceFileOf(
  run: RunFolder,
  spec: Pick<RunSpec, 'importance'> | undefined,
): string | undefined {
  return [run.file('importance'), spec?.importance].find((path) => path !== undefined && existsSync(path));
}
