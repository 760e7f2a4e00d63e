import { inputError } from '../../../shared/common/errors';
import { questionOf, renderQuestion } from './questions';
import type { Table } from './rowBlock';
import { type DocumentOptions, type RowContent, rowDocument } from './rowDocument';

/**
 * The document of a row of a CSV or TSV file.
 * @param row its cells
 * @param where names file and row in errors
 * @throws AdeptError (input) as {@link rowDocument}, or if the row has more cells than the header.
 */
export function tableRow(row: unknown, table: Table, options: DocumentOptions, where: string): RowContent {
  const cells: unknown[] = Array.isArray(row) ? row : [];
  if (table.kind === 'choices') {
    return { kind: 'text', text: renderQuestion(questionOf(cells.map(String), table.columns, where)) };
  }
  const { columns } = table;
  // A comma that is not quoted would shift the cells.
  if (cells.length > columns.length) {
    throw inputError(
      `${where}: has ${cells.length} columns, the header row ${columns.length}: put cells that hold the delimiter in quotes.`,
    );
  }
  return rowDocument(
    Object.fromEntries(columns.map((column, index) => [column, cells[index] ?? null])),
    options,
    where,
  );
}
