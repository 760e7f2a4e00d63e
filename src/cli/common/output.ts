import { AdeptError, messageOf } from '../../shared/common/errors';
import type { Task } from '../../trainer/task';
import type { EventFile } from './eventFile';

// Where nobody watches a terminal, a line every few seconds says as much as one every step.
const PLAIN_INTERVAL_MILLISECONDS = 5000;
const TERMINAL_INTERVAL_MILLISECONDS = 100;

/**
 * Where a command's words go: results to stdout (one JSON object as the last line with --json, prose without),
 * progress and logs to stderr.
 */
export class Output {
  private lastProgress = 0;
  private lineOpen = false;

  constructor(
    readonly json: boolean,
    private readonly events?: EventFile,
  ) {}

  /** A line of prose about the result; silent with --json. */
  say(text: string): void {
    this.endProgress();
    if (!this.json) {
      process.stdout.write(`${text}\n`);
    }
  }

  /** The command's result; `prose` is what a person reads instead. */
  result(value: object, prose: string): void {
    this.endProgress();
    this.events?.append({ type: 'result', value: { ...value } });
    process.stdout.write(this.json ? `${JSON.stringify(value)}\n` : `${prose}\n`);
  }

  log(text: string): void {
    this.endProgress();
    this.events?.append({ type: 'log', message: text });
    process.stderr.write(`${text}\n`);
  }

  /** What the command ends with instead of a result; whoever called it writes the message to stderr. */
  failed(error: unknown): void {
    this.endProgress();
    const exitStatus = error instanceof AdeptError ? error.exitStatus : 1;
    this.events?.append({ type: 'error', message: messageOf(error), exitStatus });
  }

  close(): void {
    this.events?.close();
  }

  readonly task: Task = {
    report: (fraction, message) => {
      this.events?.progress(fraction, message);
      this.progress(fraction, message);
    },
    log: (message) => {
      this.log(message);
    },
  };

  /** A task that SIGINT and SIGTERM cancel between two computations, for commands that have nothing to save first. */
  cancellableTask(): Task {
    const abort = new AbortController();
    const cancel = (): void => {
      abort.abort();
    };
    process.once('SIGINT', cancel).once('SIGTERM', cancel);
    return { ...this.task, signal: abort.signal };
  }

  private progress(fraction: number, message: string): void {
    const terminal = process.stderr.isTTY;
    const now = Date.now();
    if (now - this.lastProgress < (terminal ? TERMINAL_INTERVAL_MILLISECONDS : PLAIN_INTERVAL_MILLISECONDS)) {
      return;
    }
    this.lastProgress = now;
    const line = `${String(Math.floor(fraction * 100)).padStart(3)}%  ${message}`;
    process.stderr.write(terminal ? `\r\u001b[2K${line.slice(0, process.stderr.columns - 1)}` : `${line}\n`);
    this.lineOpen = terminal;
  }

  private endProgress(): void {
    if (this.lineOpen) {
      process.stderr.write('\r\u001b[2K');
      this.lineOpen = false;
    }
  }
}

/** A table with aligned columns; numbers to the right. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const isNumber = (text: string): boolean => /^[-+]?[\d.]+(e[-+]?\d+)?%?$/.test(text);
  return rows
    .map((row) =>
      row
        .map((cell, column) =>
          isNumber(cell) ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0),
        )
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

export { nats } from '../../shared/run/runEventText';
