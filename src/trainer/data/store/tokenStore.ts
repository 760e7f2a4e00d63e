import { statSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import { writeJson } from '../../../node/files/jsonFile';
import { removeLeftovers } from '../../../node/process/leftovers';
import { readStoredText } from '../../../node/texts/storedTexts';
import { NOTHING_SKIPPED, STORE_FILES, StoredText } from '../../../shared/texts/storedText';
import { FileBytes, MemoryBytes, type ByteStore } from './byteStore';

/** Bytes of an entry of the ends of documents, and of one of the rows. */
const END_BYTES = 8;
const ROW_BYTES = 16;

type Part = 'tokens' | 'ends' | 'rowTokens' | 'rows';
const PARTS: readonly Part[] = ['tokens', 'ends', 'rowTokens', 'rows'];

/** What a new store is made for. */
export type StoreRequest = Pick<StoredText, 'key' | 'files' | 'tokenizer' | 'width'>;

/** Where a row of token ids ends among those of all rows, and how many ids of text came before it. */
export interface RowEnd {
  readonly end: number;
  readonly textBefore: number;
}

/**
 * The token ids of a corpus, with where its documents end. It grows at its end alone: what was once there is never another,
 * so that whoever reads it need not know whether it is still being written.
 */
export class TokenStore {
  private constructor(
    /** Undefined in memory. */
    readonly folder: string | undefined,
    private readonly bytes: Readonly<Record<Part, ByteStore>>,
    private current: StoredText,
  ) {}

  /** A store to write to, as far as it had come, or undefined for one in memory. */
  static forWriting(folder: string | undefined, request: StoreRequest): TokenStore {
    if (folder !== undefined) {
      removeLeftovers(folder);
    }
    const before = folder === undefined ? undefined : sound(folder, request.key);
    const description = before ?? emptyText(request);
    const open = (part: Part): ByteStore =>
      folder === undefined
        ? new MemoryBytes()
        : FileBytes.forWriting(join(folder, STORE_FILES[part]), bytesOf(description, part));
    return new TokenStore(folder, partsBy(open), description);
  }

  /** What a folder holds; undefined where that is nothing, or damaged. */
  static forReading(folder: string, key: string): TokenStore | undefined {
    const description = sound(folder, key);
    return (
      description &&
      new TokenStore(
        folder,
        partsBy((part) => FileBytes.forReading(join(folder, STORE_FILES[part]))),
        description,
      )
    );
  }

  get description(): StoredText {
    return this.current;
  }

  /** What another process has written since. */
  refresh(): void {
    if (this.folder !== undefined && !this.current.complete) {
      this.current = sound(this.folder, this.current.key) ?? this.current;
    }
  }

  append(part: Part, bytes: Uint8Array): void {
    this.bytes[part].append(bytes);
  }

  /** From now on this is what there is. What was appended before is counted by it, and by nothing else. */
  commit(description: StoredText): void {
    if (this.folder !== undefined) {
      for (const part of PARTS) {
        this.bytes[part].sync();
      }
      // Through the schema, which puts the keys into one order, however it was come by.
      writeJson(join(this.folder, STORE_FILES.description), v.parse(StoredText, description));
    }
    this.current = description;
  }

  /** Ids [begin, end) of the text. */
  tokens(begin: number, end: number): Int32Array {
    return this.ids('tokens', begin, end);
  }

  /** Ids [begin, end) of the rows. */
  rowTokens(begin: number, end: number): Int32Array {
    return this.ids('rowTokens', begin, end);
  }

  private ids(part: 'tokens' | 'rowTokens', begin: number, end: number): Int32Array {
    const { width } = this.current;
    const stored = width === 2 ? new Uint16Array(end - begin) : new Uint32Array(end - begin);
    this.bytes[part].read(new Uint8Array(stored.buffer), begin * width);
    return Int32Array.from(stored);
  }

  /** Where documents [first, first + count) end. */
  ends(first: number, count: number): Float64Array {
    const ends = new Float64Array(count);
    this.bytes.ends.read(new Uint8Array(ends.buffer), first * END_BYTES);
    return ends;
  }

  row(index: number): RowEnd {
    const numbers = new Float64Array(2);
    this.bytes.rows.read(new Uint8Array(numbers.buffer), index * ROW_BYTES);
    const [end = 0, textBefore = 0] = numbers;
    return { end, textBefore };
  }

  close(): void {
    for (const part of PARTS) {
      this.bytes[part].close();
    }
  }
}

function partsBy(open: (part: Part) => ByteStore): Record<Part, ByteStore> {
  return { tokens: open('tokens'), ends: open('ends'), rowTokens: open('rowTokens'), rows: open('rows') };
}

/** Bytes that a part has according to the description. */
export function bytesOf({ width, tokens, documents, rowTokens, rows }: StoredText, part: Part): number {
  switch (part) {
    case 'tokens':
      return tokens * width;
    case 'ends':
      return documents * END_BYTES;
    case 'rowTokens':
      return rowTokens * width;
    case 'rows':
      return rows * ROW_BYTES;
  }
}

/** The description of a folder, where it is of this text and the files hold what it says; undefined otherwise. */
function sound(folder: string, key: string): StoredText | undefined {
  const description = readStoredText(folder);
  const holds = (part: Part): boolean =>
    description !== undefined && sizeOf(join(folder, STORE_FILES[part])) >= bytesOf(description, part);
  return description?.key === key && PARTS.every(holds) ? description : undefined;
}

function sizeOf(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? -1;
}

function emptyText(request: StoreRequest): StoredText {
  return {
    ...{ format: 'adept.text/1', complete: false, ...request },
    ...{ documents: 0, tokens: 0, frame: null, rows: 0, rowTokens: 0, textBytes: 0, read: 0 },
    ...{ skipped: NOTHING_SKIPPED, startTwice: 0, plainChats: 0, position: { file: 0, row: 0, bytes: 0 } },
  };
}
