import type { Task } from '../trainer/task';

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

  constructor(readonly json: boolean) {}

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
    process.stdout.write(this.json ? `${JSON.stringify(value)}\n` : `${prose}\n`);
  }

  log(text: string): void {
    this.endProgress();
    process.stderr.write(`${text}\n`);
  }

  readonly task: Task = {
    report: (fraction, message) => {
      this.progress(fraction, message);
    },
  };

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

/** Nats to four decimals, or a dash for what was not measured. */
export function nats(value: number | null): string {
  return value === null ? '–' : value.toFixed(4);
}
