/** Joins token ids end to end and cuts them to sequences of one length. */
export class Packer {
  /** Ids given so far. */
  tokens = 0;
  /** Sequences cut so far. */
  sequences = 0;
  #current: Int32Array;
  #filled = 0;

  constructor(private readonly seqLen: number) {
    this.#current = new Int32Array(seqLen);
  }

  /** Adds ids behind those given before, and returns the sequences that they complete. */
  add(ids: readonly number[]): Int32Array[] {
    const complete: Int32Array[] = [];
    for (const id of ids) {
      this.#current[this.#filled] = id;
      this.#filled += 1;
      if (this.#filled === this.seqLen) {
        complete.push(this.#current);
        this.#current = new Int32Array(this.seqLen);
        this.#filled = 0;
      }
    }
    this.tokens += ids.length;
    this.sequences += complete.length;
    return complete;
  }
}
