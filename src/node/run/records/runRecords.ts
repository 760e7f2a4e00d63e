import { closeSync, ftruncateSync, openSync, statSync, writeSync } from 'node:fs';
import { messageOf } from '../../../shared/common/errors';
import { csvLine } from '../../../shared/heatmap/valueTable';
import { metricPoint, metricRows, stillCounts, type MetricPoint } from '../../../shared/run/metrics';
import type { RunEvent } from '../../../shared/run/runFolder';
import { writeFully } from '../../files/atomicFile';
import type { RunFolder } from '../runFolder';
import { mendRecords } from './recordFiles';
import { pointRecord } from './tensorboardEvents';

/** Both files while a trainer writes them. */
interface OpenFiles {
  readonly tensorboard: number;
  readonly metrics: number;
  /** Of metrics.csv, which has no room for any other. */
  readonly columns: readonly string[];
  /** Where the last row of metrics.csv begins. */
  rowBegin: number;
  /** What it has, which may become more as long as the run stands at its step. */
  row: MetricPoint[];
}

/**
 * Keeps TensorBoard's event file and metrics.csv of a run as its log grows. The log is what counts: the files follow from it, and a
 * trainer begins by mending what the one before left. Where they cannot be written the run goes on without them.
 */
export class RunRecords {
  private files: OpenFiles | undefined;
  private last: MetricPoint | undefined;
  private onProblem: ((message: string) => void) | undefined;

  constructor(private readonly run: RunFolder) {}

  /**
   * Keeps the files for as long as `work` takes.
   * @param onProblem is told, once, why they cannot be kept
   */
  async during<T>(onProblem: (message: string) => void, work: () => Promise<T>): Promise<T> {
    this.onProblem = onProblem;
    try {
      this.guard(() => {
        this.mend();
      });
      return await work();
    } finally {
      this.onProblem = undefined;
      this.close();
    }
  }

  /** Takes in an event that the log has already. Outside of {@link during} nothing happens. */
  add(event: RunEvent): void {
    const point = metricPoint(event);
    this.guard(() => {
      const goesBack = this.last !== undefined && !stillCounts(this.last, event);
      const fits = point === undefined || hasColumns(this.files, point);
      if (goesBack || !fits) {
        this.mend();
      } else if (point !== undefined && this.files !== undefined) {
        this.append(this.files, point);
      }
    });
  }

  private mend(): void {
    this.close();
    const mended = mendRecords(this.run);
    this.last = mended?.points.at(-1);
    if (mended === undefined) {
      return;
    }
    const row = mended.points.filter(({ step }) => step === this.last?.step);
    const tensorboard = openSync(mended.tensorboard, 'a');
    try {
      const metrics = openSync(mended.metrics, 'r+');
      const { columns } = mended;
      const rowBegin = statSync(mended.metrics).size - lineOf(row, columns).length;
      this.files = { tensorboard, metrics, columns, rowBegin, row };
    } catch (error) {
      closeSync(tensorboard);
      throw error;
    }
  }

  private append(files: OpenFiles, point: MetricPoint): void {
    writeFully(files.tensorboard, pointRecord(point));
    if (point.step !== files.row.at(-1)?.step) {
      files.rowBegin += lineOf(files.row, files.columns).length;
      files.row = [];
    }
    files.row.push(point);
    // One write: whoever reads the file meanwhile finds the row as it was or as it is.
    const line = lineOf(files.row, files.columns);
    const written = writeSync(files.metrics, line, 0, line.length, files.rowBegin);
    if (written < line.length) {
      throw Object.assign(new Error(`${written} of ${line.length} bytes were written`), { code: 'ENOSPC' });
    }
    ftruncateSync(files.metrics, files.rowBegin + line.length);
    this.last = point;
  }

  private guard(write: () => void): void {
    const { onProblem } = this;
    if (onProblem === undefined) {
      return;
    }
    try {
      write();
    } catch (error) {
      this.onProblem = undefined;
      this.close();
      onProblem(
        `The event file of TensorBoard and metrics.csv are not kept any longer (${messageOf(error)}): "adept report --tensorboard" brings them up to date.`,
      );
    }
  }

  private close(): void {
    const { files } = this;
    this.files = undefined;
    if (files !== undefined) {
      closeSync(files.tensorboard);
      closeSync(files.metrics);
    }
  }
}

function hasColumns(files: OpenFiles | undefined, { values }: MetricPoint): boolean {
  return files !== undefined && values.every(([{ column }]) => files.columns.includes(column));
}

/** @param row of one step */
function lineOf(row: readonly MetricPoint[], columns: readonly string[]): Buffer {
  return Buffer.from(metricRows(row, columns).map(csvLine).join(''));
}
