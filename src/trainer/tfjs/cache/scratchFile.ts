import { closeSync, openSync, readSync, statfsSync, unlinkSync, writeSync } from 'node:fs';

/** A file of float32 values that has no name: it vanishes with the process, however that ends. */
export class ScratchFile {
  private readonly file: number;

  /** @throws NodeJS.ErrnoException where the folder cannot be written to. */
  constructor(path: string) {
    this.file = openSync(path, 'w+', 0o600);
    unlinkSync(path);
  }

  /** @param position in bytes */
  write(values: Float32Array, position: number): void {
    const bytes = bytesOf(values);
    for (let done = 0; done < bytes.length;) {
      done += writeSync(this.file, bytes, done, bytes.length - done, position + done);
    }
  }

  /** Fills `values` with what was written from `position` on. */
  read(values: Float32Array, position: number): void {
    const bytes = bytesOf(values);
    for (let done = 0; done < bytes.length;) {
      const read = readSync(this.file, bytes, done, bytes.length - done, position + done);
      if (read === 0) {
        throw new Error('A scratch file of cached activations is shorter than what was written to it.');
      }
      done += read;
    }
  }

  close(): void {
    closeSync(this.file);
  }
}

function bytesOf(values: Float32Array): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}

/** Bytes that this user may still write to the folder's file system. */
export function freeBytes(folder: string): number {
  const { bavail, bsize } = statfsSync(folder);
  return bavail * bsize;
}
