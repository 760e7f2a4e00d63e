import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import * as v from 'valibot';
import { parseWith } from '../../shared/common/parse';
import { EXPORTS_FILE, ExportsFile, type ExportRecord } from '../../shared/run/exportRecord';
import type { TextLosses } from '../../shared/run/losses';
import { JOB_FILES, JobReport, type JobFile } from '../../shared/run/job';
import type { ShownExport } from '../../shared/webview/run';
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

/** What a report says of the model that its job ends with. */
export const ReportOfExport = v.pick(JobReport, ['steps', 'after']);

/** The files of a run folder that speak of its exports, as far as they are there and can be read. */
interface ExportFiles {
  readonly noted: ExportsFile | undefined;
  readonly report: v.InferOutput<typeof ReportOfExport> | undefined;
  readonly job: JobFile | undefined;
}

/**
 * The exports of a run whose folders are there: the model that a whole job ends with, then those that were asked for, the
 * latest first.
 * @throws AdeptError (input) naming the file that is damaged.
 */
export function listExports(run: string): RunExport[] {
  const file = join(run, JOB_FILES.report);
  const report = existsSync(file) ? v.safeParse(ReportOfExport, readJson(file)) : undefined;
  return exportsThere(run, {
    noted: readExports(run),
    report: report?.success === true ? report.output : undefined,
    job: readJob(run),
  });
}

/** As {@link listExports}, of files that were read. */
export function exportsThere(run: string, { noted, report, job }: ExportFiles): RunExport[] {
  const recorded = new Map(noted?.exports.map((one) => [one.out, one]));
  const own = job?.config.export.out ?? join(run, JOB_FILES.exported);
  const ofJob: RunExport = {
    out: own,
    step: report?.steps ?? null,
    alpha: job?.config.export.alpha ?? 1,
    dropped: [],
    ...(report === undefined ? {} : { losses: report.after }),
  };
  return [
    ...(job === undefined || recorded.has(own) ? [] : [ofJob]),
    ...[...recorded.values()].reverse(),
  ].filter(({ out }) => existsSync(join(out, 'config.json')));
}

/** The first of a list of exports, the latest first, whose losses are known. */
export function lastMeasured(exports: readonly RunExport[]): ShownExport | undefined {
  for (const { out, step, alpha, dropped, dtype, losses } of exports) {
    if (losses !== undefined) {
      return { name: basename(out), step, alpha, dropped: [...dropped], dtype: dtype ?? null, losses };
    }
  }
  return undefined;
}

/** Notes an export in the run's folder; one into the same folder takes the place of the one before. */
export function recordExport(run: string, record: ExportRecord): void {
  const others = (readExports(run)?.exports ?? []).filter(({ out }) => out !== record.out);
  const file: ExportsFile = { format: 'adept.exports/1', exports: [...others, record] };
  writeJson(join(run, EXPORTS_FILE), file);
}

/** What the files of an export were found to compute; undefined where that was not noted. */
export function recordedLosses(run: string, out: string): TextLosses | undefined {
  return readExports(run)?.exports.find((record) => record.out === out)?.losses;
}

function readExports(run: string): ExportsFile | undefined {
  const file = join(run, EXPORTS_FILE);
  return existsSync(file) ? parseWith(ExportsFile, readJson(file), file) : undefined;
}
