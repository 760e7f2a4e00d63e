import type { FileHandle } from 'node:fs/promises';
import {
  type AsyncBuffer,
  type FileMetaData,
  type SchemaTree,
  parquetMetadataAsync,
  parquetSchema,
} from 'hyparquet';
import { AdeptError, inputError, messageOf } from '../../../shared/common/errors';
import { readError } from '../../../node/files/fileError';
import type { ColumnInfo } from './columnChoice';
import { openFile } from './filePieces';

/** An open parquet file. */
export interface ParquetFile {
  readonly metadata: FileMetaData;
  readonly schema: SchemaTree;
  readonly bytes: number;
  /** The bytes from `start` to before `end`, in a buffer of their own. @throws Error if the file ends before. */
  readonly read: (start: number, end: number) => Promise<ArrayBuffer>;
  readonly close: () => Promise<void>;
}

/**
 * Opens a parquet file and reads its footer.
 * @param where names the file in errors
 * @throws AdeptError (input) if it cannot be read or has no whole footer.
 */
export async function openParquet(file: string, where: string): Promise<ParquetFile> {
  const handle = await openFile(file, where);
  try {
    const { size } = await handle.stat();
    if (size === 0) {
      throw inputError(`${where}: the file is empty: name a corpus that holds text.`);
    }
    const read = (start: number, end: number): Promise<ArrayBuffer> => readRange(handle, start, end, where);
    const buffer: AsyncBuffer = { byteLength: size, slice: (start, end = size) => read(start, end) };
    const metadata = await parquetMetadataAsync(buffer, { geoparquet: false });
    return { metadata, schema: parquetSchema(metadata), bytes: size, read, close: () => handle.close() };
  } catch (error) {
    await handle.close();
    throw parquetError(error, where);
  }
}

/** Whatever is wrong with the content of a parquet file, as one sentence. */
export function parquetError(error: unknown, where: string): AdeptError {
  return error instanceof AdeptError
    ? error
    : inputError(
        `${where}: is not a complete parquet file (${messageOf(error).replace(/^parquet /, '')}): download it again, or write it again.`,
        error,
      );
}

async function readRange(
  handle: FileHandle,
  start: number,
  end: number,
  where: string,
): Promise<ArrayBuffer> {
  const bytes = new Uint8Array(Math.max(0, end - start));
  let filled = 0;
  while (filled < bytes.length) {
    const { bytesRead } = await handle
      .read(bytes, filled, bytes.length - filled, start + filled)
      .catch((error: unknown) => {
        throw readError(where, 'a corpus file', error);
      });
    if (bytesRead === 0) {
      throw new Error(`it ends at byte ${start + filled}, before byte ${end}`);
    }
    filled += bytesRead;
  }
  return bytes.buffer;
}

/** What a part of a parquet file's schema holds. */
export function columnInfo({ element, children }: SchemaTree): ColumnInfo {
  const { type, converted_type: converted, logical_type: logical, name } = element;
  const info = children.map(columnInfo);
  const repeated = element.repetition_type === 'REPEATED';
  if (type === undefined) {
    const isList = converted === 'LIST' || logical?.type === 'LIST' || repeated;
    const isStruct = converted === undefined && logical === undefined;
    const kind = isList ? 'list' : isStruct ? 'struct' : 'other';
    return {
      name,
      kind,
      type: kind === 'other' ? (logical?.type ?? converted ?? 'a group') : kind,
      children: isStruct ? info : [],
    };
  }
  const meaning = logical?.type ?? converted;
  const isText = type === 'BYTE_ARRAY' && (meaning === undefined || TEXT_MEANINGS.has(meaning));
  return { name, kind: repeated ? 'list' : isText ? 'text' : 'other', type: meaning ?? type, children: [] };
}

const TEXT_MEANINGS = new Set<string>(['STRING', 'UTF8', 'ENUM', 'JSON']);
