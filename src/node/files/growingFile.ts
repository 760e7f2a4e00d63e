import { open, type FileHandle } from 'node:fs/promises';
import { errorCode } from './fileError';

const SMALLEST_BUFFER = 64 * 1024;
/** Each read waits for its turn among what the process does, so that few large ones are faster than many small ones. */
const LARGEST_BUFFER = 4 * 2 ** 20;
/** A longer line is passed over: it would not fit into memory, and no event is that long. */
const LONGEST_LINE = 8 * 2 ** 20;
/** How many of the bytes before the position it reads on from are compared, to notice that the file is another one. */
const FINGERPRINT = 512;

/** Whole lines of a file, without copying them; good until the next ones are asked for. */
export interface Lines {
  readonly bytes: Buffer;
  /** Past the last newline. */
  readonly end: number;
  /** Set instead of any bytes for a line that is too long to be read. */
  readonly tooLong?: true;
}

/**
 * Reads a growing file line by line, each time from where it stopped. A last line without its newline is left for later. A
 * file that became shorter, or whose bytes before that position changed, is another one and is read from its start.
 */
export class GrowingFile {
  private buffer = Buffer.allocUnsafe(SMALLEST_BUFFER);
  private handle: FileHandle | undefined;
  private offset = 0;
  private size = 0;
  private fingerprint = Buffer.alloc(0);
  private isInLongLine = false;

  constructor(private readonly file: string) {}

  /** Bytes read, and bytes there were when the file was last opened. */
  get progress(): { readonly read: number; readonly size: number } {
    return { read: this.offset, size: this.size };
  }

  /**
   * Opens the file for a number of calls of {@link next}.
   * @returns whether it goes on where it was, has to be read anew, or does not exist
   * @throws the file system's error for any other reason that it cannot be read
   */
  async open(): Promise<'same' | 'new' | 'missing'> {
    await this.close();
    const started = this.offset > 0 || this.isInLongLine;
    try {
      this.handle = await open(this.file, 'r');
    } catch (error) {
      if (errorCode(error) !== 'ENOENT') {
        throw error;
      }
      this.rewind();
      return started ? 'new' : 'missing';
    }
    ({ size: this.size } = await this.handle.stat());
    const isSame = await this.isSameFile();
    if (!isSame) {
      this.rewind();
    }
    const wanted = Math.min(LARGEST_BUFFER, this.size - this.offset + 1);
    if (wanted > this.buffer.length) {
      this.buffer = Buffer.allocUnsafe(wanted);
    }
    return isSame ? 'same' : 'new';
  }

  async close(): Promise<void> {
    const { handle } = this;
    this.handle = undefined;
    if (this.buffer.length > SMALLEST_BUFFER) {
      this.buffer = Buffer.allocUnsafe(SMALLEST_BUFFER);
    }
    await handle?.close();
  }

  /** Starts from the first line again. */
  rewind(): void {
    this.offset = 0;
    this.fingerprint = Buffer.alloc(0);
    this.isInLongLine = false;
  }

  /** The next whole lines; undefined when there are none yet. */
  async next(): Promise<Lines | undefined> {
    const length = await this.read(this.buffer, this.offset);
    if (this.isInLongLine) {
      return this.passOver(length);
    }
    const end = length === 0 ? 0 : this.buffer.lastIndexOf(0x0a, length - 1) + 1;
    if (end > 0) {
      this.advance(end);
      return { bytes: this.buffer, end };
    }
    if (length < this.buffer.length) {
      return undefined;
    }
    if (this.buffer.length >= LONGEST_LINE) {
      this.isInLongLine = true;
    } else {
      this.buffer = Buffer.allocUnsafe(this.buffer.length * 2);
    }
    return this.next();
  }

  /** Goes past what is read of a line that is too long; its end is the first newline. */
  private async passOver(length: number): Promise<Lines | undefined> {
    const newline = this.buffer.subarray(0, length).indexOf(0x0a);
    this.advance(newline < 0 ? length : newline + 1);
    if (newline < 0) {
      return length === 0 ? undefined : this.next();
    }
    this.isInLongLine = false;
    return { bytes: this.buffer, end: 0, tooLong: true };
  }

  /** Reads as much as there is; at the end of the file less than asked for. */
  private async read(into: Buffer, position: number): Promise<number> {
    let length = 0;
    while (this.handle !== undefined && length < into.length) {
      const { bytesRead } = await this.handle.read(into, length, into.length - length, position + length);
      if (bytesRead === 0) {
        break;
      }
      length += bytesRead;
    }
    return length;
  }

  private advance(bytes: number): void {
    if (bytes > 0) {
      this.fingerprint = Buffer.from(this.buffer.subarray(Math.max(0, bytes - FINGERPRINT), bytes));
      this.offset += bytes;
    }
  }

  private async isSameFile(): Promise<boolean> {
    if (this.size < this.offset) {
      return false;
    }
    const before = Buffer.alloc(this.fingerprint.length);
    const length = await this.read(before, this.offset - before.length);
    return length === before.length && before.equals(this.fingerprint);
  }
}
