import { inputError } from '../../../shared/common/errors';

/** Bytes of a stream by number instead of by piece. */
export class ByteReader {
  #rest: Uint8Array = new Uint8Array(0);
  readonly #pieces: AsyncGenerator<Uint8Array>;

  /**
   * @param pieces the stream
   * @param tooShort the whole error if it ends before what is asked for
   */
  constructor(
    pieces: AsyncGenerator<Uint8Array>,
    readonly tooShort: string,
  ) {
    this.#pieces = pieces;
  }

  /** Exactly so many bytes, in a buffer of their own. @throws AdeptError (input) if the stream ends before. */
  async take(length: number): Promise<Uint8Array> {
    const taken = new Uint8Array(length);
    for (let filled = 0; filled < length;) {
      const part = await this.some(length - filled);
      taken.set(part, filled);
      filled += part.length;
    }
    return taken;
  }

  /** As many bytes as are at hand, one at least and at most `most`. @throws AdeptError (input) if there are none. */
  async some(most: number): Promise<Uint8Array> {
    if (!(await this.hasMore())) {
      throw inputError(this.tooShort);
    }
    const part = this.#rest.subarray(0, most);
    this.#rest = this.#rest.subarray(part.length);
    return part;
  }

  /** Whether the stream has not ended. */
  async hasMore(): Promise<boolean> {
    while (this.#rest.length === 0) {
      const next = await this.#pieces.next();
      if (next.done === true) {
        return false;
      }
      this.#rest = next.value;
    }
    return true;
  }
}
