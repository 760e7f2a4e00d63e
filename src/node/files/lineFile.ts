import { closeSync, fstatSync, openSync } from 'node:fs';
import { errorCode } from './fileError';
import { readFully } from './readFully';

const NEWLINE = 0x0a;
const CHUNK = 64 * 1024;
/** What one look at a file takes in at most; the rest waits for the next. */
const LARGEST_READ = 8 * 1024 * 1024;

/** A whole line of a file, without its end. */
export interface Line {
  readonly text: string;
  /** Of its first byte in the file. */
  readonly offset: number;
}

/**
 * The whole lines of an open file from the last to the first, reading no more than is asked for.
 * @param size bytes of the file to look at; what comes after the last line's end is left out
 * @param limit bytes to read at most; a line that begins before them is left out
 */
export function* linesFromEnd(handle: number, size: number, limit: number): Generator<Line> {
  const first = Math.max(0, size - limit);
  let begin = size;
  let pieces: Uint8Array[] = [];
  let whole = false;
  while (begin > first) {
    const length = Math.min(CHUNK, begin - first);
    begin -= length;
    const chunk = Buffer.alloc(length);
    readFully(handle, chunk, begin);
    let end = length;
    for (
      let at = chunk.lastIndexOf(NEWLINE);
      at !== -1;
      at = at === 0 ? -1 : chunk.lastIndexOf(NEWLINE, at - 1)
    ) {
      if (whole) {
        yield line([chunk.subarray(at + 1, end), ...pieces], begin + at + 1);
      }
      whole = true;
      pieces = [];
      end = at;
    }
    pieces = whole ? [chunk.subarray(0, end), ...pieces] : [];
  }
  if (whole && begin === 0) {
    yield line(pieces, 0);
  }
}

function line(pieces: readonly Uint8Array[], offset: number): Line {
  return { text: Buffer.concat(pieces).toString('utf8'), offset };
}

/** Follows a file that grows by whole lines, such as an event log that another process writes. */
export class LineFollower {
  private inode: number | undefined;

  /** @param position where to begin: the first byte of a line */
  constructor(
    private readonly file: string,
    private position = 0,
  ) {}

  /** The byte up to which everything was read. */
  get offset(): number {
    return this.position;
  }

  /**
   * The whole lines that came since the last call. A file that does not exist has none; one that was replaced by a
   * shorter or another one is read from its start.
   */
  read(): Line[] {
    const handle = openExisting(this.file);
    if (handle === undefined) {
      return [];
    }
    try {
      const { size, ino } = fstatSync(handle);
      if (size < this.position || (this.inode !== undefined && this.inode !== ino)) {
        this.position = 0;
      }
      this.inode = ino;
      return this.readFrom(handle, size);
    } finally {
      closeSync(handle);
    }
  }

  private readFrom(handle: number, size: number): Line[] {
    const read = this.readPart(handle, size - this.position);
    const lines: Line[] = [];
    let begin = 0;
    for (let at = read.indexOf(NEWLINE); at !== -1; at = read.indexOf(NEWLINE, begin)) {
      lines.push({ text: read.toString('utf8', begin, at), offset: this.position + begin });
      begin = at + 1;
    }
    this.position += begin;
    return lines;
  }

  /** A part of what is new, with at least one whole line in it if there is one. */
  private readPart(handle: number, available: number): Buffer {
    for (let length = Math.min(available, LARGEST_READ); ; length = Math.min(available, length * 2)) {
      const bytes = Buffer.alloc(length);
      const read = bytes.subarray(0, readFully(handle, bytes, this.position));
      if (length === available || read.includes(NEWLINE)) {
        return read;
      }
    }
  }
}

/** Opens a file for reading; undefined when there is none. */
export function openExisting(file: string): number | undefined {
  try {
    return openSync(file, 'r');
  } catch (error) {
    if (errorCode(error) === 'ENOENT') {
      return undefined;
    }
    throw error;
  }
}
