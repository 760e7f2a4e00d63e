import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import type { ColumnMetaData, Compressors, DecodedArray, PageHeader, SchemaTree } from 'hyparquet';
import { parquetHeader, readPage } from 'hyparquet/src/column.js';
import { DEFAULT_PARSERS, convert } from 'hyparquet/src/convert.js';
import { getTreePath, isFlatColumn } from 'hyparquet/src/schema.js';
import { decompressLz4, decompressLz4Raw, decompressSnappy } from 'hyparquet-compressors';
import type { ParquetFile } from './parquetFile';
import { unzstd } from './zstd';

/** Bytes that are read ahead of a page, of which its header takes the first. */
const AHEAD = 2 ** 18;
/** A header holds the least and the greatest value of its page, which may be long texts. */
const LONGEST_HEADER = 2 ** 25;
/** Bytes that a page may unpack to: writers make pages of one MiB, some of a hundred. */
const LARGEST_PAGE = 2 ** 30;

/** zlib does in C++ what hyparquet-compressors does in JavaScript. */
const compressors: Compressors = {
  SNAPPY: decompressSnappy,
  GZIP: (input, length) => gunzipSync(input, { maxOutputLength: Math.max(1, length) }),
  BROTLI: (input, length) => brotliDecompressSync(input, { maxOutputLength: Math.max(1, length) }),
  ZSTD: unzstd,
  LZ4: decompressLz4,
  LZ4_RAW: decompressLz4Raw,
};

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
/** hyparquet gives no bytes where a value is null. */
const text = (bytes: Uint8Array | undefined): string | undefined => (bytes ? utf8.decode(bytes) : undefined);
const parsers = { ...DEFAULT_PARSERS, stringFromBytes: text, jsonFromBytes: text };

/**
 * The values of one column in one row group, a page at a time: hyparquet itself reads the whole column chunk, which may be a
 * file of many gigabytes in one row group. Values of several pages that belong to one row are put together.
 * @param column its metadata in that row group
 * @throws Error of hyparquet if the file is damaged.
 */
export async function* columnValues(
  file: ParquetFile,
  schema: SchemaTree,
  column: ColumnMetaData,
): AsyncGenerator<unknown[]> {
  const schemaPath = getTreePath(schema, column.path_in_schema);
  const element = schemaPath.at(-1)?.element ?? schema.element;
  const { path_in_schema: pathInSchema, codec, type } = column;
  const decoder = { pathInSchema, codec, type, element, schemaPath, compressors, parsers };
  const flat = isFlatColumn(schemaPath);
  let dictionary: DecodedArray | undefined;
  // The last row of a nested column may go on in the next page.
  let open: DecodedArray | undefined;
  for await (const { header, body } of rawPages(file, column)) {
    const reader = { view: new DataView(body), offset: 0 };
    if (header.type === 'DICTIONARY_PAGE') {
      const { data } = readPage(reader, header, decoder, undefined, undefined, 0);
      dictionary = data && convert(data, decoder);
    } else if (valuesOf(header) > 0) {
      const { data = [] } = readPage(reader, header, decoder, dictionary, open, 0);
      const values: unknown[] = Array.isArray(data) ? data : Array.from(data as ArrayLike<unknown>);
      yield flat ? values : values.splice(0, values.length - 1);
      open = flat ? undefined : values;
    }
  }
  if (open !== undefined) {
    yield open as unknown[];
  }
}

function valuesOf({ data_page_header: v1, data_page_header_v2: v2 }: PageHeader): number {
  return v1?.num_values ?? v2?.num_values ?? 0;
}

/** The pages of a column chunk as they lie in the file. */
async function* rawPages(
  file: ParquetFile,
  column: ColumnMetaData,
): AsyncGenerator<{ readonly header: PageHeader; readonly body: ArrayBuffer }> {
  const [dictionary, data] = [Number(column.dictionary_page_offset ?? 0), Number(column.data_page_offset)];
  let at = dictionary > 0 ? Math.min(dictionary, data) : data;
  const end = at + Number(column.total_compressed_size);
  let values = 0;
  let window = { start: at, bytes: new ArrayBuffer(0) };
  const bytes = async (start: number, length: number): Promise<ArrayBuffer> => {
    const inWindow = start - window.start;
    if (inWindow + length > window.bytes.byteLength) {
      window = { start, bytes: await file.read(start, Math.min(end, start + Math.max(length, AHEAD))) };
    }
    return window.bytes.slice(start - window.start, start - window.start + length);
  };
  while (at < end && values < Number(column.num_values)) {
    const { header, length } = await readHeader(at, end, bytes);
    checkSize(header);
    yield { header, body: await bytes(at + length, header.compressed_page_size) };
    at += length + header.compressed_page_size;
    values += valuesOf(header);
  }
}

async function readHeader(
  at: number,
  end: number,
  bytes: (start: number, length: number) => Promise<ArrayBuffer>,
): Promise<{ header: PageHeader; length: number }> {
  for (let length = 2 ** 12; ; length *= 8) {
    const available = Math.min(length, end - at);
    const reader = { view: new DataView(await bytes(at, available)), offset: 0 };
    try {
      const header = parquetHeader(reader);
      return { header, length: reader.offset };
    } catch (error) {
      // Cut short, if there is more of the file.
      if (available < length || length > LONGEST_HEADER) {
        throw error;
      }
    }
  }
}

function checkSize({ compressed_page_size: packed, uncompressed_page_size: unpacked }: PageHeader): void {
  if (packed < 0 || packed > LARGEST_PAGE || unpacked < 0 || unpacked > LARGEST_PAGE) {
    throw new Error(
      `a page of ${Math.max(packed, unpacked)} bytes is more than the ${LARGEST_PAGE} that are read`,
    );
  }
}
