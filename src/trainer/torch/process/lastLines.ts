import type { Readable } from 'node:stream';

/** Characters that are kept of what is written to stderr. */
const KEPT = 16_384;
/** Lines that an error shows of it. */
const SHOWN = 4;

/** Where torchrun begins to say how a rank ended. */
const OF_TORCHRUN = /^[WE]\d{4} .*torch\/distributed\/elastic\//m;

/** The end of what processes write to stderr. */
export class LastLines {
  private text = '';

  constructor(...streams: readonly Readable[]) {
    for (const stream of streams) {
      stream.setEncoding('utf8').on('data', (piece: string) => {
        this.text = (this.text + piece).slice(-KEPT);
      });
    }
  }

  get all(): string {
    return this.text.trim();
  }

  /** The last lines that say something, on one line; torchrun's own are in {@link rootCause}. */
  get shown(): string {
    const text = this.rootCause === undefined ? this.text : (this.text.split(OF_TORCHRUN)[0] ?? '');
    const lines = text
      .split('\n')
      .map((line) => line.trim())
      .filter((line) => /\w/.test(line));
    return lines.slice(-SHOWN).join(' | ');
  }

  /** The rank that torchrun calls the cause, and what it ended with: a status, or below 0 a signal. */
  get rootCause(): { readonly rank: number; readonly status: number } | undefined {
    const [, rank, status] =
      /Root Cause[\s\S]*?\brank\s*:\s*(\d+)[\s\S]*?\bexitcode\s*:\s*(-?\d+)/.exec(this.text) ?? [];
    return rank === undefined || status === undefined
      ? undefined
      : { rank: Number(rank), status: Number(status) };
  }
}
