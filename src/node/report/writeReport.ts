import { mkdirSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { JOB_FILES } from '../../shared/run/job';
import { writeFileAtomic } from '../files/atomicFile';
import { writeError } from '../files/fileError';
import type { RunFolder } from '../run/runFolder';
import { reportPage } from './page';
import { readReportFacts } from './reportFacts';

/** The page of a run as it is now. @throws the file system's error where the run's log cannot be read */
export async function makeReport(run: RunFolder): Promise<string> {
  return reportPage(await readReportFacts(run));
}

/** Where the page lies unless another file is named. */
export function usualReport(run: RunFolder): string {
  return join(run.path, JOB_FILES.page);
}

/** Writes the page of a run, in place of one that is there. @throws AdeptError (input) naming the file */
export async function writeReport(run: RunFolder, file: string): Promise<void> {
  const page = await makeReport(run);
  try {
    mkdirSync(dirname(resolve(file)), { recursive: true });
  } catch (error) {
    throw writeError(file, error);
  }
  writeFileAtomic(file, page);
}
