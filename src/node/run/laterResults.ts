import { existsSync, mkdirSync, readdirSync, renameSync } from 'node:fs';
import { basename, join, relative } from 'node:path';
import { StrengthFile } from '../../shared/run/strength';
import { inputError } from '../../shared/common/errors';
import { JOB_FILES, JobReport } from '../../shared/run/job';
import { parseWith } from '../../shared/common/parse';
import { checkpointName, RUN_FILES } from '../../shared/run/runFolder';
import { fsyncFolder } from '../files/atomicFile';
import { checkpointFolder, requireCheckpoint } from './checkpointState';
import { writeError } from '../files/fileError';
import { readJson } from '../files/jsonFile';
import type { RunFolder } from './runFolder';

/** From which checkpoint a run goes on, and whether what came after it may be set aside. */
export interface ResumePoint {
  readonly step: number;
  readonly discardLater: boolean;
}

/**
 * What a run made after a checkpoint, the latest first: later checkpoints, and the model and report that a whole job ended
 * with. A run that goes on from the checkpoint would mix its own with them.
 */
export function laterResults(run: RunFolder, step: number): string[] {
  const later = run
    .checkpoints()
    .filter((other) => other > step)
    .reverse();
  const ends = step < endOf(run) ? [JOB_FILES.exported, JOB_FILES.report, JOB_FILES.page] : [];
  return [
    ...ends.map((name) => join(run.path, name)).filter((path) => existsSync(path)),
    ...strengthAfter(run, step),
    ...later.map((other) => checkpointFolder(run, other)),
  ];
}

/** dial.json, where it is of a later checkpoint. */
function strengthAfter(run: RunFolder, step: number): string[] {
  const file = run.file('strength');
  if (!existsSync(file)) {
    return [];
  }
  return parseWith(StrengthFile, readJson(file), file).step > step ? [file] : [];
}

/** The step at which the run ended or, where it is to go on, is to end. */
function endOf(run: RunFolder): number {
  const file = join(run.path, JOB_FILES.report);
  const ended = existsSync(file) ? parseWith(JobReport, readJson(file), file).steps : 0;
  return Math.max(ended, run.readSpec().tune.steps);
}

/**
 * Checks, before anything is loaded, that a run can go on from a checkpoint.
 * @throws AdeptError (input) when it is not there, or when later results are and may not be set aside.
 */
export function requireResumable(run: RunFolder, { step, discardLater }: ResumePoint): void {
  const folder = requireCheckpoint(run, step);
  const later = laterResults(run, step).map((path) => relative(run.path, path));
  if (later.length > 0 && !discardLater) {
    throw inputError(
      `${folder} is not the last: continuing from it would mix its steps with ${later.join(', ')}: give --discard-later to set these aside, or resume without --checkpoint.`,
    );
  }
}

/**
 * Moves what came after a checkpoint into a folder of its own below `discarded`, where nothing looks for it and nothing is
 * lost. Interrupted, it leaves the earlier of the later checkpoints, which are whole.
 * @returns the folder; undefined when there was nothing to move
 */
export function setLaterAside(run: RunFolder, step: number): string | undefined {
  const later = laterResults(run, step);
  if (later.length === 0) {
    return undefined;
  }
  const discarded = freshFolder(run.file('discarded'), `after-${checkpointName(step)}`);
  for (const path of later) {
    try {
      renameSync(path, join(discarded, basename(path)));
    } catch (error) {
      throw writeError(path, error);
    }
  }
  fsyncFolder(discarded);
  fsyncFolder(join(run.path, RUN_FILES.checkpoints));
  return discarded;
}

/** Makes `name` in a folder, or `name-2`, `name-3`, … where that is there already. */
function freshFolder(parent: string, name: string): string {
  mkdirSync(parent, { recursive: true });
  const taken = new Set(readdirSync(parent));
  let free = name;
  for (let number = 2; taken.has(free); number++) {
    free = `${name}-${number}`;
  }
  const folder = join(parent, free);
  mkdirSync(folder);
  return folder;
}
