import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { JOB_FILES, JobFile } from '../shared/job';
import { parseWith } from '../shared/parse';
import { readJson } from './jsonFile';

/** The job of a run folder; undefined when `adept tune` made it. */
export function readJob(path: string): JobFile | undefined {
  const file = join(path, JOB_FILES.job);
  return existsSync(file) ? parseWith(JobFile, readJson(file), file) : undefined;
}
