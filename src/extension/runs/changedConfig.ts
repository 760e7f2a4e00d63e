import { existsSync } from 'node:fs';
import { messageOf } from '../../shared/common/errors';
import { configDifferences, type ConfigDifference } from '../../shared/run/configDifferences';
import { readJob } from '../../node/job/jobFile';
import { readRunConfig } from '../../node/job/runConfigFile';
import { settingsOf } from '../../node/run/changeSettings';
import { RunFolder } from '../../node/run/runFolder';

/** What a *.adept.json says now, beside what a run of it was begun with. */
export interface ChangedConfig {
  readonly file: string;
  readonly differences: readonly ConfigDifference[];
  /** Why the file cannot be read; nothing is known of differences then. */
  readonly problem?: string;
  /** The step at which the run would end by the file. */
  readonly steps?: number;
}

/**
 * Compares a run with the file that it was started from.
 * @returns undefined where they agree, or where there is no such file
 * @throws AdeptError when the run's own files cannot be read
 */
export function changedConfig(run: string, file: string | undefined): ChangedConfig | undefined {
  const job = readJob(run);
  if (job === undefined || file === undefined || !existsSync(file)) {
    return undefined;
  }
  const begun = { ...job.config, tune: settingsOf(RunFolder.at(run)) };
  try {
    const now = readRunConfig(file);
    const differences = configDifferences(begun, now);
    return differences.length === 0 ? undefined : { file, differences, steps: now.tune.steps };
  } catch (error) {
    return { file, differences: [], problem: messageOf(error) };
  }
}
