import { AdeptError, inputError, messageOf } from '../../../shared/common/errors';
import { decodeUtf8 } from './utf8';
import { parseLenientJson } from './lenientJson';
import type { RowBlock } from './rowBlock';
import { ROW_FORMS } from './rowColumns';
import { type DocumentOptions, type RowContent, rowDocument } from './rowDocument';
import { tableRow } from './tableRow';
import { decodedLines, lineRanges } from './textLines';

/** What became of a row of a corpus file. */
export type RowOutcome = {
  /** From 1. */
  readonly row: number;
} & (
  | RowContent
  | {
      readonly kind: 'bad';
      /** The whole error sentence, with file and row. */
      readonly message: string;
    }
);

/**
 * What each row of a block is, in order, made as it is asked for. A blank line is no row; a row that cannot be used is an
 * outcome too, so that whoever asks decides what becomes of it.
 * @param where names the file in errors
 */
export function* documentsOf(
  block: RowBlock,
  options: DocumentOptions,
  where: string,
): Generator<RowOutcome> {
  switch (block.kind) {
    case 'lines':
      yield* lineDocuments(block, options, where);
      return;
    case 'rows':
      for (const [index, row] of block.rows.entries()) {
        const number = block.firstRow + index;
        const { table } = block;
        yield outcome(number, () =>
          table === undefined
            ? rowDocument(row, options, `${where}: row ${number}`)
            : tableRow(row, table, options, `${where}: row ${number}`),
        );
      }
      return;
    case 'texts':
      for (const [index, text] of block.texts.entries()) {
        const row = block.firstRow + index;
        yield text.trim() === '' ? { row, kind: 'skipped', reason: 'empty' } : { row, kind: 'text', text };
      }
      return;
  }
}

function* lineDocuments(
  { bytes, firstRow, offset }: Extract<RowBlock, { kind: 'lines' }>,
  options: DocumentOptions,
  where: string,
): Generator<RowOutcome> {
  const lines = decodedLines(bytes);
  if (lines !== undefined) {
    for (const [index, line] of lines.entries()) {
      if (line.trim() !== '') {
        const row = firstRow + index;
        yield outcome(row, () => lineDocument(line, options, `${where}: row ${row}`));
      }
    }
    return;
  }
  for (const { start, end, number: row } of lineRanges(bytes, firstRow)) {
    const line = bytes.subarray(start, end);
    const document = outcome(row, () => {
      const text = decodeUtf8(line, offset + start, `${where}: line ${row}`);
      return text.trim() === '' ? undefined : lineDocument(text, options, `${where}: row ${row}`);
    });
    if (document !== undefined) {
      yield document;
    }
  }
}

function lineDocument(line: string, options: DocumentOptions, where: string): RowContent {
  let row: unknown;
  try {
    row = parseLenientJson(line);
  } catch (error) {
    throw inputError(
      `${where}: is not JSON (${messageOf(error)}): write one object a line: ${ROW_FORMS}.`,
      error,
    );
  }
  return rowDocument(row, options, where);
}

function outcome(row: number, make: () => RowContent): RowOutcome;
function outcome(row: number, make: () => RowContent | undefined): RowOutcome | undefined;
function outcome(row: number, make: () => RowContent | undefined): RowOutcome | undefined {
  try {
    const content = make();
    return content === undefined ? undefined : { row, ...content };
  } catch (error) {
    if (error instanceof AdeptError) {
      return { row, kind: 'bad', message: error.message };
    }
    throw error;
  }
}
