import { replaceFile, writeFully } from '../../node/files/atomicFile';
import type { HalfDtype } from './halfFloat';
import { narrowFloat32, type TensorStore } from './safetensors';
import {
  DTYPE_BYTES,
  LARGEST_HEADER,
  type StoredDtype,
  tensorBytes,
} from '../../shared/model/safetensorsHeader';

const CHUNK = 2 ** 23;

/** A tensor to be written, whose bytes (little endian, row-major) come in pieces when their turn comes. */
export interface TensorSource {
  readonly name: string;
  readonly dtype: StoredDtype;
  readonly shape: readonly number[];
  chunks(): Iterable<Uint8Array>;
}

/**
 * Writes a safetensors file, holding one piece of one tensor in memory at a time. The file appears when it is
 * complete and synced. Wider types come first, so that every tensor is aligned to its elements, as the reference
 * implementation writes them; otherwise the order is the given one.
 * @throws AdeptError (input) if there is no room for it.
 */
export function writeSafetensors(
  file: string,
  tensors: readonly TensorSource[],
  metadata?: Record<string, string>,
): void {
  const ordered = [...tensors].sort((a, b) => DTYPE_BYTES[b.dtype] - DTYPE_BYTES[a.dtype]);
  const { header, dataBytes } = buildHeader(ordered, metadata);
  replaceFile(
    file,
    (fd) => {
      writeFully(fd, header);
      for (const tensor of ordered) {
        writeTensor(fd, tensor);
      }
    },
    header.length + dataBytes,
  );
}

/** Values that are in memory, written as F32. */
export function float32Source(name: string, shape: readonly number[], values: Float32Array): TensorSource {
  const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  return { name, dtype: 'F32', shape, chunks: () => [bytes] };
}

/** A tensor of another file, byte for byte, under its own or a new name. */
export function storedSource(store: TensorStore, name: string, newName = name): TensorSource {
  const { dtype, shape } = store.entry(name);
  return { name: newName, dtype, shape, chunks: () => store.chunks(name) };
}

/** A tensor of zeros. */
export function zeroSource(name: string, dtype: StoredDtype, shape: readonly number[]): TensorSource {
  return filledSource(name, dtype, shape, new Uint8Array(1));
}

/** A tensor of one value throughout, rounded to the type. */
export function constantSource(
  name: string,
  dtype: 'F32' | HalfDtype,
  shape: readonly number[],
  value: number,
): TensorSource {
  return value === 0
    ? zeroSource(name, dtype, shape)
    : filledSource(name, dtype, shape, narrowFloat32(Float32Array.of(value), dtype));
}

/** @param pattern bytes that are repeated */
function filledSource(
  name: string,
  dtype: StoredDtype,
  shape: readonly number[],
  pattern: Uint8Array,
): TensorSource {
  return {
    name,
    dtype,
    shape,
    *chunks() {
      const total = tensorBytes(dtype, shape);
      const filled = Buffer.alloc(Math.min(CHUNK, total), pattern);
      for (let done = 0; done < total; done += filled.length) {
        yield filled.subarray(0, total - done);
      }
    },
  };
}

function buildHeader(
  tensors: readonly TensorSource[],
  metadata: Record<string, string> | undefined,
): { header: Uint8Array; dataBytes: number } {
  const fields = new Map<string, object>();
  if (metadata !== undefined && Object.keys(metadata).length > 0) {
    fields.set('__metadata__', metadata);
  }
  let dataBytes = 0;
  for (const { name, dtype, shape } of tensors) {
    if (name === '__metadata__' || fields.has(name)) {
      throw new Error(`a safetensors file cannot hold "${name}" twice, or as a tensor's name`);
    }
    const end = dataBytes + tensorBytes(dtype, shape);
    fields.set(name, { dtype, shape, data_offsets: [dataBytes, end] });
    dataBytes = end;
  }
  const json = JSON.stringify(Object.fromEntries(fields));
  const jsonBytes = Buffer.byteLength(json);
  const padded = Math.ceil(jsonBytes / 8) * 8;
  if (padded > LARGEST_HEADER) {
    throw new Error(`${tensors.length} tensors are too many for the header of one safetensors file`);
  }
  const header = Buffer.alloc(8 + padded, ' ');
  header.writeBigUInt64LE(BigInt(padded), 0);
  header.write(json, 8, 'utf8');
  return { header, dataBytes };
}

function writeTensor(fd: number, tensor: TensorSource): void {
  const expected = tensorBytes(tensor.dtype, tensor.shape);
  let written = 0;
  for (const chunk of tensor.chunks()) {
    writeFully(fd, chunk);
    written += chunk.length;
  }
  if (written !== expected) {
    throw new Error(
      `tensor "${tensor.name}" gave ${written} bytes where its shape and dtype take ${expected}`,
    );
  }
}
