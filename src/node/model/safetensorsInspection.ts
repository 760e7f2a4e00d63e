import { type FileHandle, open } from 'node:fs/promises';
import { parse, type ParseError } from 'jsonc-parser';
import { inputError, messageOf } from '../../shared/common/errors';
import {
  LARGEST_HEADER,
  parseEntry,
  parseHeader,
  type TensorEntry,
} from '../../shared/model/safetensorsHeader';
import { readError } from '../files/fileError';
import { isLfsPointer, LFS_START_BYTES, lfsPointerText } from '../files/lfsPointer';
import { isObject } from '../../shared/common/isObject';

/** A tensor as a header names it, whether or not that can be true. */
export interface InspectedTensor {
  readonly name: string;
  readonly dtype: string;
  readonly shape: readonly number[];
  /** From the start of the file; null where the header does not say. */
  readonly byteOffset: number | null;
  readonly byteLength: number | null;
  /** What is wrong with it, without file and name. */
  readonly problem: string | null;
}

/** What a safetensors file's header says, and what is wrong with the file. */
export interface SafetensorsInspection {
  readonly fileBytes: number | null;
  /** Of the JSON part; null where the file is too short to say. */
  readonly headerBytes: number | null;
  readonly metadata: Readonly<Record<string, string>>;
  /** In the order of their bytes. */
  readonly tensors: readonly InspectedTensor[];
  /** Sentences about the file as a whole, the first problem first; empty for a sound file. */
  readonly problems: readonly string[];
}

const NOTHING: SafetensorsInspection = {
  fileBytes: null,
  headerBytes: null,
  metadata: {},
  tensors: [],
  problems: [],
};

// A tolerant parser is many times slower than JSON.parse; beyond this a damaged header is only reported.
const LARGEST_SALVAGE = 16_000_000;

/**
 * Reads the header of a safetensors file and nothing else of it. A damaged file is no error: what can be read is given,
 * with what is wrong.
 */
export async function inspectSafetensors(file: string): Promise<SafetensorsInspection> {
  let handle: FileHandle | undefined;
  try {
    handle = await open(file, 'r');
    return await inspect(handle, file);
  } catch (error) {
    return { ...NOTHING, problems: [readError(file, 'a .safetensors file', error).message] };
  } finally {
    await handle?.close();
  }
}

async function inspect(handle: FileHandle, file: string): Promise<SafetensorsInspection> {
  const { size } = await handle.stat();
  const start = await readUpTo(handle, 0, 8);
  if (start.length < 8) {
    const problem = `${file}: is not a complete safetensors file (${size} bytes, not even the 8 that give the header's length): download or copy it again.`;
    return { ...NOTHING, fileBytes: size, problems: [problem] };
  }
  const headerBytes = Number(new DataView(start.buffer, start.byteOffset).getBigUint64(0, true));
  if (headerBytes > LARGEST_HEADER) {
    const problem = isLfsPointer(await readUpTo(handle, 0, LFS_START_BYTES))
      ? lfsPointerText(file, 'the weights')
      : `${file}: its first 8 bytes give a header of ${headerBytes} bytes, more than the ${LARGEST_HEADER} that the format allows: this is no safetensors file, or its start is damaged.`;
    return { ...NOTHING, fileBytes: size, headerBytes, problems: [problem] };
  }
  const header = await readUpTo(handle, 8, headerBytes);
  return { fileBytes: size, headerBytes, ...readHeader(header, headerBytes, file, size) };
}

/** The bytes from `position` on, fewer than `length` where the file ends before. */
async function readUpTo(handle: FileHandle, position: number, length: number): Promise<Uint8Array> {
  const { size } = await handle.stat();
  const bytes = new Uint8Array(Math.max(0, Math.min(length, size - position)));
  let done = 0;
  while (done < bytes.length) {
    const { bytesRead } = await handle.read(bytes, done, bytes.length - done, position + done);
    if (bytesRead === 0) {
      break;
    }
    done += bytesRead;
  }
  return bytes.subarray(0, done);
}

type HeaderParts = Pick<SafetensorsInspection, 'metadata' | 'tensors' | 'problems'>;

function readHeader(header: Uint8Array, headerBytes: number, file: string, size: number): HeaderParts {
  try {
    if (header.length < headerBytes) {
      throw inputError(
        `${file}: ends after ${header.length} of the ${headerBytes} bytes of its header: download or copy it again.`,
      );
    }
    const { entries, metadata } = parseHeader(header, file, size);
    return { metadata, problems: [], tensors: entries.map((entry) => soundTensor(entry)) };
  } catch (error) {
    return salvage(header, headerBytes, file, size, messageOf(error));
  }
}

function soundTensor({ name, dtype, shape, byteOffset, byteLength }: TensorEntry): InspectedTensor {
  return { name, dtype, shape, byteOffset, byteLength, problem: null };
}

/** What a header that is not sound still says, tensor by tensor. */
function salvage(
  header: Uint8Array,
  headerBytes: number,
  file: string,
  size: number,
  problem: string,
): HeaderParts {
  const value = salvageObject(header);
  const dataStart = 8 + headerBytes;
  const tensors = Object.entries(value)
    .filter(([name]) => name !== '__metadata__')
    .map(([name, entry]) => salvageTensor(name, entry, file, dataStart, Math.max(dataStart, size)))
    .sort((a, b) => (a.byteOffset ?? Infinity) - (b.byteOffset ?? Infinity));
  const wrong = tensors.filter((tensor) => tensor.problem !== null).length;
  const counted = `${wrong} of the ${tensors.length} tensors that the header names cannot be read whole from this file.`;
  return {
    metadata: textsOf(value.__metadata__),
    tensors,
    problems: wrong > 0 ? [problem, counted] : [problem],
  };
}

/** The JSON object as far as it goes; what the cut or damage leaves incomplete is left out. */
function salvageObject(header: Uint8Array): Record<string, unknown> {
  if (header.length > LARGEST_SALVAGE) {
    return {};
  }
  const text = new TextDecoder('utf-8').decode(header);
  const errors: ParseError[] = [];
  const value: unknown = parse(text, errors, { disallowComments: true });
  return isObject(value) ? value : {};
}

function textsOf(value: unknown): Record<string, string> {
  const pairs = isObject(value) ? Object.entries(value) : [];
  return Object.fromEntries(
    pairs.map(([key, text]) => [key, typeof text === 'string' ? text : JSON.stringify(text)]),
  );
}

function salvageTensor(
  name: string,
  value: unknown,
  file: string,
  dataStart: number,
  size: number,
): InspectedTensor {
  try {
    return soundTensor(parseEntry(name, value, file, dataStart, size));
  } catch (error) {
    const { dtype, shape, data_offsets: offsets } = isObject(value) ? value : {};
    const [begin, end] = numbersOf(offsets);
    return {
      name,
      dtype: typeof dtype === 'string' ? dtype : '?',
      shape: numbersOf(shape),
      byteOffset: begin === undefined ? null : dataStart + begin,
      byteLength: begin === undefined || end === undefined || end < begin ? null : end - begin,
      problem: messageOf(error).replace(`${file}: tensor "${name}": `, ''),
    };
  }
}

function numbersOf(value: unknown): number[] {
  const items: unknown[] = Array.isArray(value) ? value : [];
  return items.filter((item): item is number => Number.isSafeInteger(item) && Number(item) >= 0);
}
