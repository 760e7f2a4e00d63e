import { existsSync } from 'node:fs';
import { readJob } from '../../node/job/jobFile';
import { readJson } from '../../node/files/jsonFile';
import { RunFolder } from '../../node/run/runFolder';
import { RunPast, type RateChange } from '../../node/run/runPast';
import { statusOf } from '../../node/run/runStatus';
import { ExpansionManifest } from '../../shared/run/manifest';
import { parseWith } from '../../shared/common/parse';
import { nameOf } from '../runs/runEntry';
import type { ComparedRun, ComparedSettings } from './runComparison';

/** Reads what is compared of runs: of their logs, each time only what is new. */
export class ComparedRuns {
  private readonly pasts = new Map<string, RunPast>();

  /** @throws AdeptError (input) naming the file that is damaged. */
  async read(path: string): Promise<ComparedRun> {
    const status = statusOf(RunFolder.at(path));
    const past = this.pasts.get(path) ?? new RunPast(RunFolder.at(path).file('events'));
    this.pasts.set(path, past);
    await past.readOn();
    const { rateChanges, scores } = past;
    return { name: nameOf({ path }), status, scores, ...readComparedSettings(path, rateChanges) };
  }
}

/**
 * Reads the settings of a run, and nothing of its log.
 * @param rateChanges what its log says of them
 * @throws AdeptError (input) naming the file that is damaged.
 */
export function readComparedSettings(
  path: string,
  rateChanges: readonly RateChange[] | undefined,
): ComparedSettings {
  const folder = RunFolder.at(path);
  const settings = readJob(path)?.config ?? (folder.hasSpec() ? folder.readSpec() : {});
  const manifest = folder.file('manifest');
  const expanded = existsSync(manifest)
    ? parseWith(ExpansionManifest, readJson(manifest), manifest).added.map(({ source }) => source)
    : undefined;
  return { settings, expanded, rateChanges };
}
