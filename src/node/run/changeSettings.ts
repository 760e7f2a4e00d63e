import { join } from 'node:path';
import { JOB_FILES } from '../../shared/run/job';
import type { RunSpec } from '../../shared/run/runFolder';
import { settingChanges, type SettingChange } from '../../shared/run/settingsChange';
import type { TuneSettings } from '../../shared/settings/tuneSettings';
import { writeJson } from '../files/jsonFile';
import { readJob } from '../job/jobFile';
import type { RunFolder } from './runFolder';

/** The settings that a run goes on with, as its folder has them; a job that has not come to tuning has them in job.json. */
export function settingsOf(folder: RunFolder): TuneSettings {
  const job = folder.hasSpec() ? undefined : readJob(folder.path);
  return job?.config.tune ?? folder.readSpec().tune;
}

/** What a run is to go on with. */
export interface ChangedRun {
  /** All settings of tuning, as they are to be. */
  readonly tune: TuneSettings;
  /** What computes; as before when left out. */
  readonly engine?: Pick<RunSpec, 'engine' | 'ranks' | 'dtype'> | undefined;
}

/**
 * Gives a run other settings to go on with, for whoever holds it. run.json keeps what they were before.
 * @returns what changed
 */
export function changeSettings(folder: RunFolder, { tune, engine }: ChangedRun): SettingChange[] {
  const changed = settingChanges(settingsOf(folder), tune);
  if (folder.hasSpec()) {
    const spec = folder.readSpec();
    const change = { time: new Date().toISOString(), settings: changed };
    const changes = [...(spec.changes ?? []), ...(changed.length === 0 ? [] : [change])];
    folder.writeSpec({ ...spec, ...engine, tune, ...(changes.length === 0 ? {} : { changes }) });
  }
  const job = readJob(folder.path);
  if (job !== undefined) {
    const config = { ...job.config, ...engine, tune };
    writeJson(join(folder.path, JOB_FILES.job), { ...job, config });
  }
  return changed;
}
