import { type Dirent, existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { JOB_FILES } from '../../shared/run/job';
import { RUN_FILES } from '../../shared/run/runFolder';
import { fileSignature } from '../../node/files/fileSignature';
import { errorCode } from '../../node/files/fileError';

const MARKS = [JOB_FILES.job, RUN_FILES.spec, RUN_FILES.trainer, RUN_FILES.events];

/** Whether a trainer made this folder, even if it is damaged or of another version. */
export function isRunFolder(path: string): boolean {
  return MARKS.some((name) => existsSync(join(path, name)));
}

/** The run folders directly below `parent`; none when there is no such folder. What begins with a dot is being made or deleted. */
export function findRuns(parent: string): string[] {
  return entriesOf(parent)
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'))
    .map((entry) => join(parent, entry.name))
    .filter(isRunFolder);
}

function entriesOf(folder: string): Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(errorCode(error) ?? '')) {
      return [];
    }
    throw error;
  }
}

/** Changes when a file does that a run's status is read from. */
export function signatureOf(run: string): string {
  return fileSignature(run, [...MARKS, JOB_FILES.report, RUN_FILES.checkpoints]);
}
