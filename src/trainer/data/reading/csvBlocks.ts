import { parse } from 'csv-parse';
import { AdeptError, inputError, messageOf } from '../../../shared/common/errors';
import { choiceColumns } from './questions';
import { LONGEST_TEXT } from './utf8';
import { JOINED_COLUMNS, TEXT_COLUMNS } from './rowColumns';
import type { ReadOptions, RowBlock, Table } from './rowBlock';
import { RowCutter } from './rowCutter';
import { throughStream } from './throughStream';
import { checkedUtf8 } from './checkedUtf8';

type Rows = Omit<Extract<RowBlock, { kind: 'rows' }>, 'position'>;

/**
 * The records of a CSV or TSV file as lists of cells: below a header row that names a column of texts, or multiple-choice
 * questions with or without one.
 * @param where names the file in errors
 * @throws AdeptError (input) if its quotes do not fit, or no column of it is named as asked for.
 */
export async function* csvBlocks(
  pieces: AsyncGenerator<Uint8Array>,
  delimiter: ',' | '\t',
  { textColumn }: ReadOptions,
  where: string,
): AsyncGenerator<Rows> {
  let cutter: RowCutter | undefined;
  for await (const cells of records(checkedUtf8(pieces, where), delimiter, where)) {
    if (cutter === undefined) {
      const table = tableOf(cells, textColumn, where);
      const isHeader = table.kind === 'columns' || table.columns !== undefined;
      cutter = new RowCutter(where, isHeader ? 2 : 1, table);
      if (isHeader) {
        continue;
      }
    }
    const block = cutter.add(cells);
    if (block !== undefined) {
      yield block;
    }
  }
  const rest = cutter?.rest();
  if (rest !== undefined) {
    yield rest;
  }
}

/** What the first record says about all. */
function tableOf(cells: readonly string[], textColumn: string | undefined, where: string): Table {
  const columns = cells.map((cell) => cell.trim());
  if (textColumn !== undefined) {
    if (!columns.includes(textColumn)) {
      throw inputError(
        `${where}: has no column "${textColumn}" (its columns: ${columns.slice(0, 20).join(', ')}): name one of them.`,
      );
    }
    return { kind: 'columns', columns };
  }
  const choices = choiceColumns(cells);
  if (choices !== undefined) {
    return { kind: 'choices', columns: choices };
  }
  const known =
    TEXT_COLUMNS.some((name) => columns.includes(name)) ||
    JOINED_COLUMNS.some(({ needed }) => needed.every((name) => columns.includes(name)));
  return known ? { kind: 'columns', columns } : { kind: 'choices' };
}

async function* records(
  pieces: AsyncGenerator<Uint8Array>,
  delimiter: string,
  where: string,
): AsyncGenerator<string[]> {
  const parser = parse({
    delimiter,
    relax_column_count: true,
    relax_quotes: true,
    skip_empty_lines: true,
    // A quote that nothing ends would otherwise take the rest of the file into memory.
    max_record_size: LONGEST_TEXT,
  });
  try {
    yield* throughStream<string[]>(pieces, parser);
  } catch (error) {
    throw error instanceof AdeptError
      ? error
      : inputError(`${where}: is not CSV (${messageOf(error)}): correct its quotes.`, error);
  }
}
