import * as v from 'valibot';
import { type AdeptError, inputError, messageOf } from '../common/errors';
import { duplicateKey } from './jsonKeys';
import { GET_UNQUANTISED, isQuantisedType } from './quantised';
import { isObject } from '../common/isObject';

/** Bytes of one element of every type of the format whose elements are whole bytes. */
export const DTYPE_BYTES = {
  F64: 8,
  F32: 4,
  F16: 2,
  BF16: 2,
  F8_E4M3: 1,
  F8_E5M2: 1,
  I64: 8,
  I32: 4,
  I16: 2,
  I8: 1,
  U64: 8,
  U32: 4,
  U16: 2,
  U8: 1,
  BOOL: 1,
} as const;

export type StoredDtype = keyof typeof DTYPE_BYTES;

/** The same bound as the reference implementation's: more is damage or an attack, not a header. */
export const LARGEST_HEADER = 100_000_000;

/** One tensor of a safetensors file: what it is and where its bytes lie (little endian, row-major). */
export interface TensorEntry {
  readonly name: string;
  readonly dtype: StoredDtype;
  readonly shape: readonly number[];
  readonly file: string;
  /** From the start of the file. */
  readonly byteOffset: number;
  readonly byteLength: number;
}

export interface SafetensorsHeader {
  /** In the order of their bytes. */
  readonly entries: readonly TensorEntry[];
  readonly metadata: Readonly<Record<string, string>>;
}

export const REFETCH = 'download or copy the file again.';

const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const Tensor = v.strictObject({
  dtype: v.string(),
  shape: v.array(count),
  data_offsets: v.strictTuple([count, count]),
});

/** Bytes of a tensor of this type and shape; may be unsafe as an integer for a shape no file can hold. */
export function tensorBytes(dtype: StoredDtype, shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, DTYPE_BYTES[dtype]);
}

/**
 * Checks and reads the header of a safetensors file.
 * @param bytes the JSON part, without the eight bytes of its length
 * @param fileBytes the size of the whole file: the tensors have to fill it from the header's end, without gaps
 * @param refetch how a whole file is had, the end of errors
 * @see https://github.com/huggingface/safetensors, "Format"
 */
export function parseHeader(
  bytes: Uint8Array,
  file: string,
  fileBytes: number,
  refetch = REFETCH,
): SafetensorsHeader {
  const header = parseObject(bytes, file, refetch);
  const dataStart = 8 + bytes.length;
  const entries: TensorEntry[] = [];
  for (const [name, value] of Object.entries(header)) {
    if (name !== '__metadata__') {
      entries.push(parseEntry(name, value, file, dataStart, fileBytes, refetch));
    }
  }
  entries.sort((a, b) => a.byteOffset - b.byteOffset || a.byteLength - b.byteLength);
  checkContiguous(entries, file, dataStart, fileBytes, refetch);
  return { entries, metadata: parseMetadata(header.__metadata__, file) };
}

function parseObject(bytes: Uint8Array, file: string, refetch: string): Record<string, unknown> {
  let text: string;
  let header: unknown;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    header = JSON.parse(text);
  } catch (error) {
    throw inputError(`${file}: its safetensors header is not JSON (${messageOf(error)}): ${refetch}`, error);
  }
  if (!isObject(header)) {
    throw inputError(`${file}: its safetensors header is not a JSON object: ${refetch}`);
  }
  const twice = duplicateKey(text);
  if (twice !== undefined) {
    throw inputError(`${file}: its safetensors header names "${twice}" twice: write the file again.`);
  }
  return header;
}

function parseMetadata(value: unknown, file: string): Record<string, string> {
  // The reference implementation takes null for none.
  if (value === undefined || value === null) {
    return {};
  }
  const pairs = isObject(value) ? Object.entries(value) : undefined;
  const texts = pairs?.filter((pair): pair is [string, string] => typeof pair[1] === 'string');
  if (texts === undefined || texts.length !== pairs?.length) {
    throw inputError(
      `${file}: "__metadata__" of its header is not a map of strings to strings: write the file again.`,
    );
  }
  return Object.fromEntries(texts);
}

/**
 * Checks and reads one tensor of a header.
 * @param dataStart where the tensors' bytes begin in the file, which has `fileBytes` bytes
 * @throws AdeptError (input) that names the file, the tensor and what is wrong with it.
 */
export function parseEntry(
  name: string,
  value: unknown,
  file: string,
  dataStart: number,
  fileBytes: number,
  refetch = REFETCH,
): TensorEntry {
  const problem = (what: string, whatToDo = refetch): AdeptError =>
    inputError(`${file}: tensor "${name}": ${what}: ${whatToDo}`);
  const parsed = v.safeParse(Tensor, value);
  if (!parsed.success) {
    const [issue] = parsed.issues;
    throw problem(`its header field "${v.getDotPath(issue) ?? 'entry'}" is wrong (${issue.message})`);
  }
  const { dtype, shape, data_offsets: offsets } = parsed.output;
  if (!isStoredDtype(dtype)) {
    throw isQuantisedType(dtype)
      ? problem(`is quantised (${dtype})`, GET_UNQUANTISED)
      : problem(`its dtype "${dtype}" is not known`, 'convert the model to F32, F16 or BF16.');
  }
  const [begin, end] = offsets;
  const dataBytes = fileBytes - dataStart;
  if (begin > end || end > dataBytes) {
    throw problem(`its bytes ${begin} to ${end} lie outside the ${dataBytes} bytes of data in the file`);
  }
  const byteLength = tensorBytes(dtype, shape);
  if (byteLength !== end - begin) {
    throw problem(
      `shape [${shape.join(', ')}] in ${dtype} takes ${byteLength} bytes, the file gives ${end - begin}`,
    );
  }
  return { name, dtype, shape, file, byteOffset: dataStart + begin, byteLength };
}

function isStoredDtype(dtype: string): dtype is StoredDtype {
  return Object.hasOwn(DTYPE_BYTES, dtype);
}

function checkContiguous(
  entries: readonly TensorEntry[],
  file: string,
  dataStart: number,
  fileBytes: number,
  refetch: string,
): void {
  let position = dataStart;
  for (const { name, byteOffset, byteLength } of entries) {
    if (byteOffset !== position) {
      const what = byteOffset < position ? 'overlaps the tensor before it' : 'leaves a gap before it';
      throw inputError(
        `${file}: tensor "${name}": it ${what} (byte ${byteOffset}, not ${position}): ${refetch}`,
      );
    }
    position += byteLength;
  }
  if (position !== fileBytes) {
    throw inputError(`${file}: ${fileBytes - position} bytes at its end belong to no tensor: ${refetch}`);
  }
}
