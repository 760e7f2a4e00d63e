import { type FileHandle, open } from 'node:fs/promises';
import { readError } from '../../../node/files/fileError';

/** Bytes of one read. */
const PIECE = 2 ** 18;

/** A file that is read from its beginning to its end, once. */
export class FilePieces {
  #position = 0;

  /** @param where names the file in errors */
  constructor(
    readonly file: string,
    readonly where: string,
  ) {}

  /** Bytes of the file that were read so far. */
  get position(): number {
    return this.#position;
  }

  /**
   * The bytes of the file, each piece an array of its own. The file is closed when the last is read or no more are asked for.
   * @throws AdeptError (input) if it cannot be read.
   */
  async *pieces(): AsyncGenerator<Uint8Array<ArrayBuffer>> {
    const handle = await openFile(this.file, this.where);
    try {
      for (;;) {
        const piece = new Uint8Array(PIECE);
        const { bytesRead } = await readInto(handle, piece, this.where);
        if (bytesRead === 0) {
          return;
        }
        this.#position += bytesRead;
        yield piece.subarray(0, bytesRead);
      }
    } finally {
      await handle.close();
    }
  }
}

/** Opens a corpus file for reading. @throws AdeptError (input), also for a folder. */
export async function openFile(file: string, where: string): Promise<FileHandle> {
  let handle: FileHandle | undefined;
  try {
    handle = await open(file, 'r');
    // A folder can be opened; only reading it fails, and without its name.
    if ((await handle.stat()).isDirectory()) {
      throw Object.assign(new Error('is a folder'), { code: 'EISDIR' });
    }
    return handle;
  } catch (error) {
    await handle?.close();
    throw readError(where, 'a corpus file', error);
  }
}

async function readInto(
  handle: FileHandle,
  piece: Uint8Array,
  where: string,
): Promise<{ bytesRead: number }> {
  try {
    return await handle.read(piece);
  } catch (error) {
    throw readError(where, 'a corpus file', error);
  }
}
