import { inputError } from '../../../shared/common/errors';
import { CHAT_COLUMNS, JOINED_COLUMNS, TEXT_COLUMNS, TOKEN_COLUMNS } from './rowColumns';

/** A column of a file that knows its columns. */
export interface ColumnInfo {
  readonly name: string;
  readonly kind: 'text' | 'list' | 'struct' | 'other';
  /** For errors, as the file calls it. */
  readonly type: string;
  /** Of a struct. */
  readonly children: readonly ColumnInfo[];
}

/** The most columns that an error names. */
const MOST_NAMED = 20;

/**
 * The columns that rows are made of, each as the way to it: `['messages']`, or `['a', 'b']` for `a.b`.
 * @param textColumn the column that was named, if one was
 * @param where names the file in errors
 * @throws AdeptError (input) that names the columns there are if none is known, and the type of a column that holds no text.
 */
export function chooseColumns(
  columns: readonly ColumnInfo[],
  textColumn: string | undefined,
  where: string,
): string[][] {
  if (textColumn !== undefined) {
    return [named(columns, textColumn, where)];
  }
  const has = (name: string, ...kinds: ColumnInfo['kind'][]): boolean =>
    columns.some((column) => column.name === name && (kinds.length === 0 || kinds.includes(column.kind)));
  const single =
    TOKEN_COLUMNS.find((name) => has(name, 'list')) ??
    TEXT_COLUMNS.find((name) => has(name, 'text')) ??
    CHAT_COLUMNS.find((name) => has(name, 'list'));
  if (single !== undefined) {
    return [[single]];
  }
  const joined = JOINED_COLUMNS.find(({ needed }) => needed.every((name) => has(name)));
  if (joined !== undefined) {
    return [...joined.needed, ...joined.also.filter((name) => has(name))].map((name) => [name]);
  }
  const wrong = columns.find(({ name }) => TEXT_COLUMNS.some((known) => known === name));
  throw wrong === undefined
    ? inputError(
        `${where}: none of its columns (${namesOf(columns)}) is known to hold text: name the one that does (--text-column).`,
      )
    : noText(wrong.name, wrong, where);
}

function named(columns: readonly ColumnInfo[], name: string, where: string): string[] {
  const path = columns.some((column) => column.name === name) ? [name] : name.split('.');
  let inside = columns;
  let found: ColumnInfo | undefined;
  for (const part of path) {
    found = inside.find((column) => column.name === part);
    inside = found?.children ?? [];
  }
  if (found === undefined) {
    throw inputError(
      `${where}: has no column "${name}" (its columns: ${namesOf(columns)}): name one of them.`,
    );
  }
  if (found.kind !== 'text' && found.kind !== 'list') {
    throw noText(name, found, where);
  }
  return path;
}

function noText(name: string, { type }: ColumnInfo, where: string): Error {
  return inputError(
    `${where}: column "${name}" holds ${type}, no text: name a column of texts (--text-column).`,
  );
}

function namesOf(columns: readonly ColumnInfo[]): string {
  const names = columns.flatMap(({ name, kind, children }) =>
    kind === 'struct' ? children.map((child) => `${name}.${child.name}`) : [name],
  );
  const more = names.length > MOST_NAMED ? ` and ${names.length - MOST_NAMED} more` : '';
  return `${names.slice(0, MOST_NAMED).join(', ')}${more}`;
}
