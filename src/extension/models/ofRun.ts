import { basename, dirname } from 'node:path';
import { JOB_FILES } from '../../shared/run/job';
import { isRunFolder } from '../runs/runDiscovery';

/** Whether this is the expanded model of a whole job, which nobody starts from. */
export function isExpandedOfRun(folder: string): boolean {
  return basename(folder) === JOB_FILES.expanded && isRunFolder(dirname(folder));
}

/** Whether this is the model that a whole job exported at its end. */
export function isExportOfRun(folder: string): boolean {
  return basename(folder) === JOB_FILES.exported && isRunFolder(dirname(folder));
}
