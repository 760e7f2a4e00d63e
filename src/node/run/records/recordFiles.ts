import { appendFileSync, existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { toCsv } from '../../../shared/heatmap/valueTable';
import {
  metricColumns,
  metricHeadings,
  MetricPoints,
  metricRows,
  type MetricPoint,
} from '../../../shared/run/metrics';
import { writeFileAtomic } from '../../files/atomicFile';
import { LineFollower } from '../../files/lineFile';
import { parseEventLine } from '../eventParser';
import type { RunFolder } from '../runFolder';
import { fileBegin, pointRecord } from './tensorboardEvents';

/** The files of a run that other tools read, as they are to be: all of both follows from the run's log. */
export interface RecordFiles {
  /** TensorBoard's event file. */
  readonly tensorboard: string;
  /** metrics.csv. */
  readonly metrics: string;
  /** Of metrics.csv, after step and time. */
  readonly columns: readonly string[];
  readonly points: readonly MetricPoint[];
}

/** TensorBoard takes a file for one of its own by the second part; files of a folder follow each other by name. */
const EVENT_FILE = /^events\.out\.tfevents\.(\d{10})\.adept$/;

/** Every event of a log that measures and counts; lines that are no events are passed over. */
function readMetricPoints(log: string): readonly MetricPoint[] {
  const metrics = new MetricPoints();
  const follower = new LineFollower(log);
  for (let lines = follower.read(); lines.length > 0; lines = follower.read()) {
    for (const { text } of lines) {
      const parsed = parseEventLine(text);
      if ('event' in parsed) {
        metrics.add(parsed.event);
      }
    }
  }
  return metrics.points;
}

/**
 * Brings both files of a run to what its log says, whatever they were before: torn, of later steps that do not count any more, or
 * not there.
 * @returns undefined where nothing was measured; then there are none
 * @throws AdeptError (input) or the file system's error where a file cannot be read or written
 */
export function mendRecords(run: RunFolder): RecordFiles | undefined {
  const points = readMetricPoints(run.file('events'));
  const metrics = run.file('metrics');
  const [first] = points;
  if (first === undefined) {
    for (const file of [...eventFiles(run), metrics]) {
      rmSync(file, { force: true });
    }
    return undefined;
  }
  const columns = metricColumns(points);
  const csv = toCsv({ headings: metricHeadings(columns), rows: metricRows(points, columns) });
  if (!existsSync(metrics) || readFileSync(metrics, 'utf8') !== csv) {
    writeFileAtomic(metrics, csv);
  }
  return { tensorboard: mendEventFile(run, first, points), metrics, columns, points };
}

/**
 * A file that begins as it is to be is continued where it stops. Any other is replaced by one of a later name: whoever reads it at
 * the moment reads on in that, and not in the middle of a record.
 */
function mendEventFile(run: RunFolder, first: MetricPoint, points: readonly MetricPoint[]): string {
  const wanted = Buffer.concat([fileBegin(first.time), ...points.map(pointRecord)]);
  const files = eventFiles(run);
  const last = files.at(-1);
  const there = last === undefined ? undefined : readFileSync(last);
  const begins = there !== undefined && wanted.subarray(0, there.length).equals(there);
  const file = last !== undefined && begins ? last : join(run.path, laterName(first, last));
  if (file === last) {
    appendFileSync(file, wanted.subarray(there?.length ?? 0));
  } else {
    writeFileAtomic(file, wanted);
  }
  for (const other of files) {
    if (other !== file) {
      rmSync(other, { force: true });
    }
  }
  return file;
}

/** TensorBoard's files in a run folder that are ours, in the order in which they were made. */
export function eventFiles({ path }: RunFolder): string[] {
  const names = existsSync(path) ? readdirSync(path) : [];
  return names
    .filter((name) => EVENT_FILE.test(name))
    .sort()
    .map((name) => join(path, name));
}

/** By the second of the first event, or where that is taken the next. */
function laterName({ time }: MetricPoint, before: string | undefined): string {
  const [, taken] = EVENT_FILE.exec(basename(before ?? '')) ?? [];
  const seconds = Math.max(Math.floor(Date.parse(time) / 1000), Number(taken ?? -1) + 1);
  return `events.out.tfevents.${String(seconds).padStart(10, '0')}.adept`;
}
