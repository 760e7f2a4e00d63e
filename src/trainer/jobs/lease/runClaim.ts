import { linkSync, renameSync, rmSync } from 'node:fs';
import { inputError } from '../../../shared/common/errors';
import { parseWith } from '../../../shared/common/parse';
import { TrainerFile } from '../../../shared/run/runFolder';
import { temporaryBeside } from '../../../node/files/atomicFile';
import { errorCode, writeError } from '../../../node/files/fileError';
import { readJson, writeJson } from '../../../node/files/jsonFile';
import type { RunFolder } from '../../../node/run/runFolder';
import { isAlive } from '../../../node/run/runState';

// Each lost race shows another process that is alive or has just gone; more than a few in a row are something else.
const ATTEMPTS = 20;

/**
 * Puts a trainer's file in the place of a dead one's. Of several trainers that do so at once one succeeds: the old file is
 * taken away, and the new one put there, each by a call that only one of them can win.
 * @throws AdeptError (input) when another living trainer works on the run.
 */
export function claimRun(run: RunFolder, file: TrainerFile): void {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const other = run.readTrainer();
    if (other && isAlive(other) && other.pid !== process.pid) {
      throw inputError(
        `${run.path} is in use by process ${other.pid}: stop it first with "adept stop ${run.path}".`,
      );
    }
    if ((other === undefined || takeAway(run, other)) && putFirst(run, file)) {
      return;
    }
  }
  throw inputError(`${run.path}: other trainers are being started on this run: wait until they have ended.`);
}

/** @returns false when the file was gone, or another process's lay there by then, which is put back */
function takeAway(run: RunFolder, dead: TrainerFile): boolean {
  const path = run.file('trainer');
  const aside = temporaryBeside(path);
  if (
    moved(path, () => {
      renameSync(path, aside);
    }) !== 'done'
  ) {
    return false;
  }
  const found = parseWith(TrainerFile, readJson(aside), path);
  const isDead = found.pid === dead.pid && found.startedAt === dead.startedAt;
  if (!isDead) {
    moved(path, () => {
      linkSync(aside, path);
    });
  }
  rmSync(aside, { force: true });
  return isDead;
}

/** @returns false when another process was quicker */
function putFirst(run: RunFolder, file: TrainerFile): boolean {
  const path = run.file('trainer');
  const ready = temporaryBeside(path);
  writeJson(ready, file);
  const result = moved(path, () => {
    linkSync(ready, path);
  });
  rmSync(ready, { force: true });
  if (result === 'no links') {
    // Such a file system leaves a moment in which two can win.
    run.writeTrainer(file);
  }
  return result !== 'lost';
}

/** Does one move of the race. */
function moved(path: string, move: () => void): 'done' | 'lost' | 'no links' {
  try {
    move();
    return 'done';
  } catch (error) {
    const code = errorCode(error) ?? '';
    if (['EEXIST', 'ENOENT'].includes(code)) {
      return 'lost';
    }
    if (['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EXDEV'].includes(code)) {
      return 'no links';
    }
    throw writeError(path, error);
  }
}
