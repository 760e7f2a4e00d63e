import { closeSync, fsyncSync, ftruncateSync, openSync, readSync, writeSync } from 'node:fs';

/** Bytes that grow at the end and are read anywhere. */
export interface ByteStore {
  /** Fills `into` with what lies from `position` on. @throws where there is less */
  read(into: Uint8Array, position: number): void;
  append(bytes: Uint8Array): void;
  /** Afterwards what was appended survives a power cut, where it survives anything. */
  sync(): void;
  close(): void;
}

/** In a file. What lies beyond `size` when it is opened for writing is cut off. */
export class FileBytes implements ByteStore {
  private constructor(
    private readonly file: string,
    private readonly fd: number,
    private size: number,
  ) {}

  static forReading(file: string): FileBytes {
    return new FileBytes(file, openSync(file, 'r'), 0);
  }

  static forWriting(file: string, size: number): FileBytes {
    const fd = openSync(file, size === 0 ? 'w+' : 'r+');
    ftruncateSync(fd, size);
    return new FileBytes(file, fd, size);
  }

  read(into: Uint8Array, position: number): void {
    for (let done = 0; done < into.length;) {
      const got = readSync(this.fd, into, done, into.length - done, position + done);
      if (got === 0) {
        throw new Error(`${this.file} ends before byte ${position + into.length}.`);
      }
      done += got;
    }
  }

  append(bytes: Uint8Array): void {
    for (let done = 0; done < bytes.length;) {
      done += writeSync(this.fd, bytes, done, bytes.length - done, this.size + done);
    }
    this.size += bytes.length;
  }

  sync(): void {
    fsyncSync(this.fd);
  }

  close(): void {
    closeSync(this.fd);
  }
}

const CHUNK = 2 ** 20;

/** In memory, for where nothing can be written. */
export class MemoryBytes implements ByteStore {
  private readonly chunks: Uint8Array[] = [];
  private size = 0;

  read(into: Uint8Array, position: number): void {
    if (position + into.length > this.size) {
      throw new Error(`There are ${this.size} bytes, not ${position + into.length}.`);
    }
    this.each(position, into.length, (chunk, at, done, length) => {
      into.set(chunk.subarray(at, at + length), done);
    });
  }

  append(bytes: Uint8Array): void {
    while (this.chunks.length * CHUNK < this.size + bytes.length) {
      this.chunks.push(new Uint8Array(CHUNK));
    }
    this.each(this.size, bytes.length, (chunk, at, done, length) => {
      chunk.set(bytes.subarray(done, done + length), at);
    });
    this.size += bytes.length;
  }

  private each(
    position: number,
    length: number,
    use: (chunk: Uint8Array, at: number, done: number, length: number) => void,
  ): void {
    for (let done = 0; done < length;) {
      const at = (position + done) % CHUNK;
      const part = Math.min(length - done, CHUNK - at);
      const chunk = this.chunks[Math.floor((position + done) / CHUNK)];
      if (chunk !== undefined) {
        use(chunk, at, done, part);
      }
      done += part;
    }
  }

  sync(): void {
    // Memory is as it is.
  }

  close(): void {
    this.chunks.length = 0;
  }
}
