import { existsSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import { parseWith } from '../../shared/common/parse';
import { EXPORTS_FILE, ExportsFile, type ExportRecord } from '../../shared/run/exportRecord';
import type { TextLosses } from '../../shared/run/losses';
import { JOB_FILES, JobReport } from '../../shared/run/job';
import { readJson, writeJson } from '../files/jsonFile';
import { readJob } from '../job/jobFile';

/** A model that was exported of a run, and is there. */
export interface RunExport {
  readonly out: string;
  /** The step of its checkpoint; null where no file says it. */
  readonly step: number | null;
  readonly alpha: number;
  readonly dropped: readonly number[];
  /** The type of its weights, and the losses of its files, where they are known. */
  readonly dtype?: ExportRecord['dtype'];
  readonly losses?: ExportRecord['losses'];
}

const Ended = v.pick(JobReport, ['steps', 'after']);

/**
 * The exports of a run whose folders are there: the model that a whole job ends with, then those that were asked for, the
 * latest first.
 * @throws AdeptError (input) naming the file that is damaged.
 */
export function listExports(run: string): RunExport[] {
  const recorded = new Map(readExports(run).map((one) => [one.out, one]));
  const job = readJob(run);
  const own = job?.config.export.out ?? join(run, JOB_FILES.exported);
  const report = join(run, JOB_FILES.report);
  const ended = existsSync(report) ? v.safeParse(Ended, readJson(report)) : undefined;
  const ofJob: RunExport = {
    out: own,
    step: ended?.success === true ? ended.output.steps : null,
    alpha: job?.config.export.alpha ?? 1,
    dropped: [],
    ...(ended?.success === true ? { losses: ended.output.after } : {}),
  };
  return [
    ...(job === undefined || recorded.has(own) ? [] : [ofJob]),
    ...[...recorded.values()].reverse(),
  ].filter(({ out }) => existsSync(join(out, 'config.json')));
}

/** Notes an export in the run's folder; one into the same folder takes the place of the one before. */
export function recordExport(run: string, record: ExportRecord): void {
  const others = readExports(run).filter(({ out }) => out !== record.out);
  const file: ExportsFile = { format: 'adept.exports/1', exports: [...others, record] };
  writeJson(join(run, EXPORTS_FILE), file);
}

/** What the files of an export were found to compute; undefined where that was not noted. */
export function recordedLosses(run: string, out: string): TextLosses | undefined {
  return readExports(run).find((record) => record.out === out)?.losses;
}

function readExports(run: string): ExportRecord[] {
  const file = join(run, EXPORTS_FILE);
  return existsSync(file) ? parseWith(ExportsFile, readJson(file), file).exports : [];
}
