import type { LogLine } from '../../shared/webview/run';

/** The last lines of a log; each line that was ever added has a number, counting from 0. */
export class LogTail {
  private lines: LogLine[] = [];
  private added = 0;

  constructor(private readonly limit = 2000) {}

  /** How many lines were ever added. */
  get count(): number {
    return this.added;
  }

  add(line: LogLine): void {
    this.lines.push(line);
    this.added += 1;
    if (this.lines.length >= this.limit * 2) {
      this.lines = this.lines.slice(-this.limit);
    }
  }

  /** The lines from a number on, as far as they are still there, and how many of them are not. */
  since(number: number): { readonly lines: readonly LogLine[]; readonly skipped: number } {
    const kept = this.lines.slice(-this.limit);
    const wanted = this.added - number;
    const lines = wanted >= kept.length ? kept : kept.slice(kept.length - wanted);
    return { lines, skipped: wanted - lines.length };
  }

  last(count: number): readonly LogLine[] {
    return this.lines.slice(-count);
  }
}
