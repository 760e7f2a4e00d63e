import { existsSync, readFileSync, rmSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { inputError } from '../../../shared/common/errors';
import { SKIP_REASONS, STORE_FILES, type StoredText } from '../../../shared/texts/storedText';
import { HASH_BYTES, type BlockTokens } from './blockTokens';
import { FileBytes, MemoryBytes, type ByteStore } from './byteStore';
import { HashSet } from './hashSet';
import type { TokenStore } from './tokenStore';

/** Puts what blocks of rows come to behind each other in a store, and counts. */
export class StoreWriter {
  private text: StoredText;
  private readonly seen: { readonly hashes: HashSet; readonly file: ByteStore } | undefined;

  /** @param dedup leave documents out that were there before */
  constructor(
    private readonly store: TokenStore,
    { dedup }: { readonly dedup: boolean },
  ) {
    this.text = store.description;
    this.seen = dedup ? openHashes(store) : undefined;
  }

  /** What there is, not all of it committed yet. */
  get description(): StoredText {
    return this.text;
  }

  /**
   * @param position of the block's end
   * @throws AdeptError (input) for a row that cannot be read, unless those are passed over
   */
  add(block: BlockTokens, position: StoredText['position'], skipBadRows: boolean): void {
    if (block.bad !== undefined && !skipBadRows) {
      throw inputError(block.bad);
    }
    const kept = this.freshDocuments(block);
    const { tokens: firstToken, documents, rowTokens: firstRowToken } = this.text;
    const { tokens, ends, textBytes } = kept;
    this.append('tokens', tokens);
    this.store.append('ends', bytesOfNumbers(Float64Array.from(ends, (end) => firstToken + end)));
    this.append('rowTokens', block.rowTokens);
    const rows = new Float64Array(block.rowEnds.length * 2);
    for (const [index, end] of block.rowEnds.entries()) {
      const before = kept.endBefore(block.rowsAfter[index] ?? 0);
      rows.set([firstRowToken + end, firstToken + before], index * 2);
    }
    this.store.append('rows', bytesOfNumbers(rows));
    const skipped = { ...this.text.skipped };
    for (const reason of SKIP_REASONS) {
      skipped[reason] += block.skipped[reason];
    }
    skipped.duplicate += block.ends.length - ends.length;
    this.text = {
      ...this.text,
      ...{ documents: documents + ends.length, tokens: firstToken + tokens.length },
      ...{ rows: this.text.rows + block.rowEnds.length, rowTokens: firstRowToken + block.rowTokens.length },
      ...{ textBytes: this.text.textBytes + textBytes, read: this.text.read + block.read, skipped, position },
      startTwice: this.text.startTwice + block.startTwice,
      plainChats: this.text.plainChats + block.plainChats,
      frame: this.text.frame ?? block.frame,
    };
  }

  /** Makes what was added so far part of the store. */
  commit(complete = false): void {
    this.text = { ...this.text, complete };
    this.seen?.file.sync();
    this.store.commit(this.text);
    if (complete && this.store.folder !== undefined) {
      rmSync(join(this.store.folder, STORE_FILES.hashes), { force: true });
    }
  }

  close(): void {
    this.seen?.file.close();
  }

  private append(part: 'tokens' | 'rowTokens', ids: Uint32Array): void {
    this.store.append(part, bytesOfNumbers(this.text.width === 2 ? Uint16Array.from(ids) : ids));
  }

  /** The documents of a block that were not there before, where that is asked. */
  private freshDocuments(block: BlockTokens): KeptDocuments {
    const { seen } = this;
    const { hashes, tokens, ends } = block;
    const textBytes = block.textBytes.reduce((sum, bytes) => sum + bytes, 0);
    if (seen === undefined || hashes === undefined) {
      return { tokens, ends, textBytes, endBefore: (documents) => ends[documents - 1] ?? 0 };
    }
    const words = new Uint32Array(hashes.buffer, hashes.byteOffset, hashes.length / 4);
    const perHash = HASH_BYTES / 4;
    const fresh = Array.from(ends, (_, index) => {
      const hash = words.subarray(index * perHash, (index + 1) * perHash);
      const isNew = seen.hashes.add(hash);
      if (isNew) {
        seen.file.append(bytesOfNumbers(hash));
      }
      return isNew;
    });
    return keep(block, fresh);
  }
}

interface KeptDocuments {
  readonly tokens: Uint32Array;
  readonly ends: Uint32Array;
  readonly textBytes: number;
  /** Where the last kept of the block's first so many documents ends. */
  readonly endBefore: (documents: number) => number;
}

function keep({ tokens, ends, textBytes }: BlockTokens, fresh: readonly boolean[]): KeptDocuments {
  const kept = new Uint32Array(tokens.length);
  const keptEnds: number[] = [];
  const after: number[] = [0];
  let [length, bytes] = [0, 0];
  for (const [index, isNew] of fresh.entries()) {
    if (isNew) {
      const document = tokens.subarray(ends[index - 1] ?? 0, ends[index]);
      kept.set(document, length);
      length += document.length;
      keptEnds.push(length);
      bytes += textBytes[index] ?? 0;
    }
    after.push(length);
  }
  return {
    tokens: kept.slice(0, length),
    ends: Uint32Array.from(keptEnds),
    textBytes: bytes,
    endBefore: (documents) => after[documents] ?? 0,
  };
}

/** The hashes of the documents that a store holds already. */
function openHashes(store: TokenStore): { hashes: HashSet; file: ByteStore } {
  const hashes = new HashSet();
  const { folder, description } = store;
  if (folder === undefined) {
    return { hashes, file: new MemoryBytes() };
  }
  const path = join(folder, STORE_FILES.hashes);
  const size = description.documents * HASH_BYTES;
  if (size > 0 && existsSync(path)) {
    truncateSync(path, size);
    const known = readFileSync(path);
    const words = new Uint32Array(known.buffer.slice(known.byteOffset, known.byteOffset + known.length));
    for (let at = 0; at < words.length; at += HASH_BYTES / 4) {
      hashes.add(words.subarray(at, at + HASH_BYTES / 4));
    }
  }
  return { hashes, file: FileBytes.forWriting(path, size) };
}

function bytesOfNumbers(values: Uint16Array | Uint32Array | Float64Array): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}
