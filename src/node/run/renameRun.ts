import { existsSync, readdirSync, renameSync } from 'node:fs';
import { basename, dirname, join, sep } from 'node:path';
import { inputError } from '../../shared/common/errors';
import { EXPANSION_MANIFEST } from '../../shared/run/manifest';
import { EXPORTS_FILE } from '../../shared/run/exportRecord';
import { JOB_FILES } from '../../shared/run/job';
import { RUN_FILES } from '../../shared/run/runFolder';
import { fsyncFolder } from '../files/atomicFile';
import { writeError } from '../files/fileError';
import { readJson, writeJson } from '../files/jsonFile';
import { RunFolder } from './runFolder';
import { isAlive } from './runState';

/** Files of a run that name paths inside its folder. */
const NAMING = [
  JOB_FILES.job,
  JOB_FILES.report,
  RUN_FILES.spec,
  RUN_FILES.importance,
  RUN_FILES.strength,
  EXPORTS_FILE,
  join(JOB_FILES.expanded, EXPANSION_MANIFEST),
];

/**
 * Gives a run's folder, and the log beside it, another name. Paths into the folder that its files name follow. Fails as a
 * whole: then the run has its old name.
 * @returns the new folder
 * @throws AdeptError (input) when a trainer works on the run, the name is taken or the folder cannot be renamed.
 */
export function renameRun(path: string, name: string): string {
  const trainer = RunFolder.at(path).readTrainer();
  if (trainer !== undefined && isAlive(trainer)) {
    throw inputError(`${path}: process ${trainer.pid} works on this run: stop it first.`);
  }
  const above = dirname(path);
  const renamed = join(above, name);
  requireFree(above, basename(path), name);
  const contents = NAMING.filter((file) => existsSync(join(path, file))).map((file) => {
    const before = readJson(join(path, file));
    return { file, before, after: withPaths(before, path, renamed) };
  });
  try {
    renameSync(path, renamed);
  } catch (error) {
    throw writeError(path, error);
  }
  try {
    for (const { file, before, after } of contents) {
      if (JSON.stringify(before) !== JSON.stringify(after)) {
        writeJson(join(renamed, file), after);
      }
    }
  } catch (error) {
    renameSync(renamed, path);
    for (const { file, before } of contents) {
      writeJson(join(path, file), before);
    }
    throw error;
  }
  if (existsSync(`${path}.log`)) {
    renameSync(`${path}.log`, `${renamed}.log`);
  }
  fsyncFolder(above);
  return renamed;
}

/** Whatever its case: names that differ in it alone are one on many systems. */
function requireFree(above: string, before: string, name: string): void {
  const lower = name.toLowerCase();
  const taken = readdirSync(above).find(
    (other) => other !== before && (other.toLowerCase() === lower || other.toLowerCase() === `${lower}.log`),
  );
  if (taken !== undefined && taken !== `${before}.log`) {
    throw inputError(`${join(above, taken)} exists already: choose another name.`);
  }
}

/** A value with every path at or below a folder moved to another. */
function withPaths(value: unknown, from: string, to: string): unknown {
  if (typeof value === 'string') {
    return value === from || value.startsWith(from + sep) ? to + value.slice(from.length) : value;
  }
  if (Array.isArray(value)) {
    return value.map((part: unknown) => withPaths(part, from, to));
  }
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(
      Object.entries(value).map(([key, part]: [string, unknown]) => [key, withPaths(part, from, to)]),
    );
  }
  return value;
}
