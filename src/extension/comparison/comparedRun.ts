import { existsSync } from 'node:fs';
import { readJob } from '../../node/job/jobFile';
import { readJson } from '../../node/files/jsonFile';
import { RunFolder } from '../../node/run/runFolder';
import { statusOf } from '../../node/run/runStatus';
import { ExpansionManifest } from '../../shared/run/manifest';
import { parseWith } from '../../shared/common/parse';
import { nameOf } from '../runs/runEntry';
import type { ComparedRun, ComparedSettings } from './runComparison';

/** Reads what is compared of a run. @throws AdeptError (input) naming the file that is damaged. */
export function readComparedRun(path: string): ComparedRun {
  return { name: nameOf({ path }), status: statusOf(RunFolder.at(path)), ...readComparedSettings(path) };
}

/** Reads the settings of a run, and nothing of its log. @throws AdeptError (input) naming the file that is damaged. */
export function readComparedSettings(path: string): ComparedSettings {
  const folder = RunFolder.at(path);
  const settings = readJob(path)?.config ?? (folder.hasSpec() ? folder.readSpec() : {});
  const manifest = folder.file('manifest');
  const expanded = existsSync(manifest)
    ? parseWith(ExpansionManifest, readJson(manifest), manifest).added.map(({ source }) => source)
    : undefined;
  return { settings, expanded };
}
