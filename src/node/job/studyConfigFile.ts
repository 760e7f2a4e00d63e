import { existsSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { parseWith } from '../../shared/common/parse';
import { StudyConfig } from '../../shared/study/study';
import { readJsonWithComments } from './runConfigFile';

/** How files that describe a study end. */
export const STUDY_ENDING = '.study.json';
/** What a study writes into its folder. */
const STUDY_FILE = 'study.json';

/** A *.study.json, with absolute paths. @throws AdeptError (input) naming file and field. */
export function readStudyConfig(file: string): StudyConfig {
  const study = parseWith(StudyConfig, readJsonWithComments(file), file);
  const at = (path: string): string => resolve(dirname(resolve(file)), path);
  return { ...study, job: at(study.job), out: at(study.out) };
}

/** Where a study in this folder writes what its runs came to. */
export function studyFileIn(folder: string): string {
  return join(folder, STUDY_FILE);
}

/** The folder of one run of the study whose study.json this is. */
export function studyRunFolder(studyFile: string, { arm, seed }: { arm: string; seed: number }): string {
  return join(studyRunsFolder(studyFile), `${arm}-${seed}`);
}

/** The folder whose subfolders are the runs of the study whose study.json this is. */
export function studyRunsFolder(studyFile: string): string {
  return join(dirname(studyFile), 'runs');
}

/** The name of the study that a run belongs to; undefined where it belongs to none. */
export function studyOfRun(run: string): string | undefined {
  const folder = dirname(dirname(run));
  const study = studyFileIn(folder);
  return studyRunsFolder(study) === dirname(run) && existsSync(study) ? basename(folder) : undefined;
}
