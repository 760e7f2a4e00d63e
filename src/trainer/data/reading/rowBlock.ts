import type { ChoiceColumns } from './questions';

/** Bytes of text that a block of rows holds, about: large enough to be worth posting, small enough to keep several. */
export const BLOCK_BYTES = 2 ** 20;

/**
 * Consecutive rows of a corpus file, as they are posted to the threads that make documents of them: plain data that
 * survives a structured clone, each array of bytes in a buffer of its own.
 */
export type RowBlock = {
  /** Number of the first row, from 1: the line of JSON lines, the record of a table with its header row. */
  readonly firstRow: number;
  /** Bytes of the file on disk that were read so far, for progress. */
  readonly position: number;
} & (
  | {
      readonly kind: 'lines';
      /** Whole lines of JSON lines in UTF-8, about {@link BLOCK_BYTES} of them, more where a line is longer. */
      readonly bytes: Uint8Array<ArrayBuffer>;
      /** Where `bytes` begin in the unpacked file, in bytes. */
      readonly offset: number;
    }
  | {
      readonly kind: 'rows';
      readonly rows: readonly unknown[];
      /** Of a CSV or TSV file, whose rows are lists of cells. */
      readonly table?: Table;
    }
  | { readonly kind: 'texts'; readonly texts: readonly string[] }
);

/** What the cells of a table's rows are. */
export type Table =
  | { readonly kind: 'columns'; readonly columns: readonly string[] }
  /** Multiple-choice questions; `columns` is missing where there is no header row, as in MMLU's files. */
  | { readonly kind: 'choices'; readonly columns?: ChoiceColumns };

/** How the rows of a file are to be read. */
export interface ReadOptions {
  /** The column that holds the text, also within another (`a.b`); otherwise it is found by its name. */
  readonly textColumn?: string | undefined;
}
