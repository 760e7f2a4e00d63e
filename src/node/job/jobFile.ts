import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { JOB_FILES, JobFile } from '../../shared/run/job';
import { parseWith } from '../../shared/common/parse';
import { readJson } from '../files/jsonFile';

/** The job of a run folder; undefined when `adept tune` made it. */
export function readJob(path: string): JobFile | undefined {
  const file = join(path, JOB_FILES.job);
  return existsSync(file) ? parseWith(JobFile, readJson(file), file) : undefined;
}
