import {
  CompressionType,
  type DataType,
  type Field,
  type Table,
  Type,
  setCompressionCodec,
  tableFromIPC,
} from '@uwdata/flechette';
import { AdeptError, inputError, messageOf } from '../../../shared/common/errors';
import { arrowMessages } from './arrowMessages';
import { type ColumnInfo, chooseColumns } from './columnChoice';
import type { ReadOptions, RowBlock } from './rowBlock';
import { RowCutter, plainValue } from './rowCutter';
import { unzstd } from './zstd';

type Rows = Omit<Extract<RowBlock, { kind: 'rows' }>, 'position'>;

/**
 * The rows of an Arrow IPC stream or file, as datasets' save_to_disk writes them, one record batch after the other.
 * @param where names the file in errors
 * @throws AdeptError (input) that names the file, and the column where that is at fault.
 */
export async function* arrowBlocks(
  pieces: AsyncGenerator<Uint8Array>,
  { textColumn }: ReadOptions,
  where: string,
): AsyncGenerator<Rows> {
  const cutter = new RowCutter(where);
  // Needed again with each record batch, which is a stream of its own for the decoder.
  const before: Uint8Array[] = [];
  let paths: string[][] | undefined;
  for await (const { type, bytes } of arrowMessages(pieces, where)) {
    if (type === 'schema' || type === 'dictionary') {
      before.push(bytes);
    } else if (type === 'records') {
      const table = decoded([...before, bytes], where);
      paths ??= chooseColumns(table.schema.fields.map(columnInfo), textColumn, where);
      for (const row of rowsOf(table, paths)) {
        const block = cutter.add(row);
        if (block !== undefined) {
          yield block;
        }
      }
    }
  }
  if (before.length === 0) {
    throw inputError(`${where}: is not a readable Arrow stream (it has no schema): write it again.`);
  }
  const rest = cutter.rest();
  if (rest !== undefined) {
    yield rest;
  }
}

/** Feather files are compressed; its other codec, LZ4 frames, is refused by name. */
const zstdCodec = {
  // A copy begins its buffer, as arrays of 64-bit numbers have to.
  decode: (packed: Uint8Array, length: number): Uint8Array => Uint8Array.from(unzstd(packed, length)),
  encode: (): Uint8Array => {
    throw new Error('nothing is written here');
  },
};

function decoded(messages: Uint8Array[], where: string): Table {
  setCompressionCodec(CompressionType.ZSTD, zstdCodec);
  try {
    return tableFromIPC(messages);
  } catch (error) {
    throw arrowError(error, where);
  }
}

function arrowError(error: unknown, where: string): AdeptError {
  return error instanceof AdeptError
    ? error
    : inputError(`${where}: is not a readable Arrow stream (${messageOf(error)}): write it again.`, error);
}

function* rowsOf(table: Table, paths: readonly string[][]): Generator<Record<string, unknown>> {
  const columns = paths.map(([name = '', ...inside]) => ({ name, inside, column: table.getChild(name) }));
  for (let row = 0; row < table.numRows; row += 1) {
    const cells = columns.map(({ name, inside, column }) => [name, only(plainValue(column.at(row)), inside)]);
    yield Object.fromEntries(cells) as Record<string, unknown>;
  }
}

/** Of a struct, the one value that was named. */
function only(value: unknown, path: readonly string[]): unknown {
  const [name, ...rest] = path;
  if (name === undefined || typeof value !== 'object' || value === null) {
    return value;
  }
  const inside: unknown = Reflect.get(value, name);
  return { [name]: only(inside, rest) };
}

const TEXTS = new Set<number>([Type.Utf8, Type.LargeUtf8, Type.Utf8View]);
const LISTS = new Set<number>([
  Type.List,
  Type.LargeList,
  Type.FixedSizeList,
  Type.ListView,
  Type.LargeListView,
]);

function columnInfo({ name, type }: Field): ColumnInfo {
  const id = valueTypeOf(type);
  const typeName = Object.entries(Type).find(([, value]) => value === id)?.[0] ?? `type ${id}`;
  const kind = TEXTS.has(id) ? 'text' : LISTS.has(id) ? 'list' : id === Type.Struct ? 'struct' : 'other';
  const children = kind === 'struct' && 'children' in type ? type.children.map(columnInfo) : [];
  return { name, kind, type: typeName, children };
}

/** What a column's values are, also where they are kept in a dictionary. */
function valueTypeOf(type: DataType): number {
  return type.typeId === Type.Dictionary ? valueTypeOf(type.dictionary) : type.typeId;
}
