import { HASH_BYTES } from './blockTokens';

const WORDS = HASH_BYTES / 4;

/** Hashes of 16 bytes, at most 32 bytes of memory for each at rest: open addressing, at most half full. */
export class HashSet {
  private slots = new Uint32Array(2 ** 10 * WORDS);
  private count = 0;

  /** @returns whether it was not there before */
  add(hash: Uint32Array): boolean {
    if (this.count * 2 * WORDS >= this.slots.length) {
      this.grow();
    }
    const added = insert(this.slots, hash);
    this.count += added ? 1 : 0;
    return added;
  }

  private grow(): void {
    const larger = new Uint32Array(this.slots.length * 2);
    for (let at = 0; at < this.slots.length; at += WORDS) {
      const hash = this.slots.subarray(at, at + WORDS);
      if (isTaken(hash)) {
        insert(larger, hash);
      }
    }
    this.slots = larger;
  }
}

/** A hash of nothing but zeros is practically never met: it stands for an empty slot. */
function isTaken(slot: Uint32Array): boolean {
  return slot.some((word) => word !== 0);
}

function insert(slots: Uint32Array, hash: Uint32Array): boolean {
  const count = slots.length / WORDS;
  for (let position = (hash[0] ?? 0) % count; ; position = (position + 1) % count) {
    const slot = slots.subarray(position * WORDS, (position + 1) * WORDS);
    if (!isTaken(slot)) {
      slot.set(hash);
      return true;
    }
    if (slot.every((word, index) => word === hash[index])) {
      return false;
    }
  }
}
