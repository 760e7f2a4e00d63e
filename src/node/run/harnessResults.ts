import { existsSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { HarnessFile, type HarnessResult } from '../../shared/run/harness';
import { parseWith } from '../../shared/common/parse';
import { readJson, writeJson } from '../files/jsonFile';
import { RunFolder } from './runFolder';

/** What was measured of a run's models, by time. @throws AdeptError (input) where the file is damaged */
export function readHarnessResults(run: RunFolder): readonly HarnessResult[] {
  const file = run.file('harness');
  return existsSync(file) ? parseWith(HarnessFile, readJson(file), file).results : [];
}

export function keepHarnessResult(run: RunFolder, result: HarnessResult): void {
  const file: HarnessFile = { format: 'adept.harness/1', results: [...readHarnessResults(run), result] };
  writeJson(run.file('harness'), file);
}

/** Folders above a model's in which its run may be. */
const LEVELS = 2;

/** The run in whose folder a model lies; undefined where it lies in none. */
export function runAround(model: string): RunFolder | undefined {
  let folder = resolve(model);
  for (let level = 0; level < LEVELS; level += 1) {
    folder = dirname(folder);
    const run = RunFolder.at(folder);
    if (run.hasSpec()) {
      return run;
    }
  }
  return undefined;
}
