import * as v from 'valibot';

const count = v.pipe(v.number(), v.integer(), v.minValue(0));

/** Why rows are no documents: no text, only white space, fewer than two tokens, there before (dedup), not readable. */
export const SKIP_REASONS = ['null', 'empty', 'short', 'duplicate', 'unreadable'] as const;
export type SkipReason = (typeof SKIP_REASONS)[number];

/** Rows that are no documents, by reason. */
export const SkipCounts = v.object({
  null: count,
  empty: count,
  short: count,
  duplicate: count,
  unreadable: count,
});
export type SkipCounts = v.InferOutput<typeof SkipCounts>;

/** store.json: what a folder of stored token ids holds so far. */
export const StoredText = v.object({
  format: v.literal('adept.text/1'),
  key: v.string(),
  /** Of the last file, or as far as some process came. */
  complete: v.boolean(),
  /** Where they lay; what counts is their content, of which the key is made. */
  files: v.array(v.object({ path: v.string(), bytes: count, modified: v.number() })),
  /** What they were tokenised with: equal for tokenizers that give the same ids. */
  tokenizer: v.string(),
  /** Bytes of an id: 2 or 4. */
  width: v.picklist([2, 4]),
  /** Documents of text, and their ids, those of the frame included. */
  documents: count,
  tokens: count,
  /** What is put around each document, as text; null as long as there was none. */
  frame: v.nullable(
    v.object({
      start: v.string(),
      end: v.string(),
      /** Each of them is one token, or none. */
      single: v.boolean(),
      insteadOf: v.optional(v.string()),
    }),
  ),
  /** Rows of token ids, each a sequence by itself, and their ids. */
  rows: count,
  rowTokens: count,
  /** UTF-8 bytes of the documents' text. */
  textBytes: count,
  /** Rows that were looked at. */
  read: count,
  skipped: SkipCounts,
  /** Documents that begin with the token that is put before each of them. */
  startTwice: count,
  /** Conversations that were written out without a template. */
  plainChats: count,
  /** The file and row (from 1) after which reading goes on. */
  position: v.object({ file: count, row: count, bytes: count }),
});
export type StoredText = v.InferOutput<typeof StoredText>;

export const NOTHING_SKIPPED: SkipCounts = { null: 0, empty: 0, short: 0, duplicate: 0, unreadable: 0 };

/** Names inside a folder of stored ids. */
export const STORE_FILES = {
  /** {@link StoredText} */
  description: 'store.json',
  /** Ids of all documents, one after the other; u16 or u32, little-endian. */
  tokens: 'tokens.bin',
  /** Of each document, where it ends among them; f64. */
  ends: 'documents.bin',
  /** Ids of rows that were ids already. */
  rowTokens: 'rowTokens.bin',
  /** Of each such row, where it ends, and how many ids of text came before it; f64 each. */
  rows: 'rows.bin',
  /** Hashes of the documents, 16 bytes each, as long as the text is not complete. */
  hashes: 'hashes.tmp',
} as const;

export function skippedOf(skips: SkipCounts): number {
  return SKIP_REASONS.reduce((sum, reason) => sum + skips[reason], 0);
}
