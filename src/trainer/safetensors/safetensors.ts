import { closeSync, openSync } from 'node:fs';
import { endianness } from 'node:os';
import { AdeptError, failure, inputError } from '../../shared/common/errors';
import { readError } from '../../node/files/fileError';
import { readHeaderOf } from '../../node/model/safetensorsFile';
import { readFully } from '../../node/files/readFully';
import { checkedTensors } from '../../node/model/storedTensors';
import { findWeights } from '../../node/model/weightFiles';
import { type HalfDtype, narrow, upcast } from './halfFloat';
import { DTYPE_BYTES, REFETCH, type TensorEntry } from '../../shared/model/safetensorsHeader';

const CHUNK = 2 ** 23;

/**
 * The weights of a model: model.safetensors or its shards, or one safetensors file. Opening reads and checks the
 * headers only; a tensor's bytes are read when asked for, from where they lie.
 */
export class TensorStore {
  readonly #handles = new Map<string, number>();
  readonly #entries = new Map<string, TensorEntry>();
  readonly #metadata: Record<string, string> = {};

  private constructor(
    readonly files: readonly string[],
    private readonly refetch: string,
  ) {
    try {
      for (const file of files) {
        this.#open(file);
      }
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /**
   * Opens the weights of a Hugging Face folder, by the names that the causal language model has for them.
   * @throws AdeptError (input) that names the file and the tensor or field for everything that is not as it should be.
   */
  static open(folder: string): TensorStore {
    const weights = findWeights(folder);
    const store = new TensorStore(weights.files, REFETCH);
    try {
      store.#name(checkedTensors(folder, weights, store.entries));
    } catch (error) {
      store.close();
      throw error;
    }
    return store;
  }

  /** Opens one safetensors file; throws as {@link open} does. `refetch` ends errors: how a whole file is had. */
  static openFile(file: string, refetch = REFETCH): TensorStore {
    return new TensorStore([file], refetch);
  }

  get entries(): ReadonlyMap<string, TensorEntry> {
    return this.#entries;
  }

  /** `__metadata__` of all files together. */
  get metadata(): Record<string, string> {
    return { ...this.#metadata };
  }

  /** @throws AdeptError (input) if there is no such tensor. */
  entry(name: string): TensorEntry {
    const entry = this.#entries.get(name);
    if (entry === undefined) {
      throw inputError(`${this.files.join(', ')}: tensor "${name}" is missing: give a complete model.`);
    }
    return entry;
  }

  /**
   * The values of a tensor, row-major; F16 and BF16 are upcast exactly.
   * @throws AdeptError (input) for a tensor of another type, or one that is missing.
   */
  readFloat32(name: string): Float32Array {
    const entry = this.entry(name);
    const { byteLength } = entry;
    const dtype = requireReadable(entry);
    const values = allocate(entry, () => new Float32Array(byteLength / DTYPE_BYTES[dtype]));
    if (dtype === 'F32') {
      this.#read(entry, 0, new Uint8Array(values.buffer));
    } else {
      this.#readHalf(entry, dtype, values);
    }
    return values;
  }

  /** The bytes of a tensor as they are stored. */
  readBytes(name: string): Uint8Array {
    const entry = this.entry(name);
    const bytes = allocate(entry, () => new Uint8Array(entry.byteLength));
    this.#read(entry, 0, bytes);
    return bytes;
  }

  /** The bytes of a tensor in pieces, each an array of its own. */
  *chunks(name: string, chunkBytes = CHUNK): Generator<Uint8Array> {
    const entry = this.entry(name);
    for (let done = 0; done < entry.byteLength; done += chunkBytes) {
      const piece = new Uint8Array(Math.min(chunkBytes, entry.byteLength - done));
      this.#read(entry, done, piece);
      yield piece;
    }
  }

  /** Closes the files; nothing can be read afterwards. */
  close(): void {
    for (const handle of this.#handles.values()) {
      closeSync(handle);
    }
    this.#handles.clear();
  }

  #name(entries: readonly TensorEntry[]): void {
    this.#entries.clear();
    for (const entry of entries) {
      this.#entries.set(entry.name, entry);
    }
  }

  #open(file: string): void {
    let handle: number;
    try {
      handle = openSync(file, 'r');
    } catch (error) {
      throw readError(file, 'a .safetensors file', error);
    }
    this.#handles.set(file, handle);
    try {
      this.#addEntries(file, handle);
    } catch (error) {
      throw error instanceof AdeptError ? error : readError(file, 'a .safetensors file', error);
    }
  }

  #addEntries(file: string, handle: number): void {
    const { entries, metadata } = readHeaderOf(handle, file, this.refetch);
    for (const entry of entries) {
      const other = this.#entries.get(entry.name);
      if (other !== undefined) {
        throw inputError(
          `${file}: tensor "${entry.name}": ${other.file} holds it too: remove one of the files.`,
        );
      }
      this.#entries.set(entry.name, entry);
    }
    Object.assign(this.#metadata, metadata);
  }

  #readHalf(entry: TensorEntry, dtype: HalfDtype, values: Float32Array): void {
    const buffer = new Uint16Array(Math.min(CHUNK / 2, values.length));
    for (let done = 0; done < values.length; done += buffer.length) {
      const part = buffer.subarray(0, values.length - done);
      this.#read(entry, done * 2, new Uint8Array(part.buffer, 0, part.byteLength));
      upcast(part, dtype, values.subarray(done, done + part.length));
    }
  }

  /** Fills `target` with the bytes of a tensor from `start` on. */
  #read({ name, file, byteOffset }: TensorEntry, start: number, target: Uint8Array): void {
    const handle = this.#handles.get(file);
    if (handle === undefined) {
      throw new Error(`${file} was closed before tensor "${name}" was read`);
    }
    let got: number;
    try {
      got = readFully(handle, target, byteOffset + start);
    } catch (error) {
      throw readError(file, 'a .safetensors file', error);
    }
    if (got < target.length) {
      throw inputError(`${file}: tensor "${name}": the file was cut short while in use: copy it again.`);
    }
  }
}

/** The type of a tensor whose values can be read. @throws AdeptError (input) for any other. */
export function requireReadable({ name, dtype, file }: TensorEntry): 'F32' | HalfDtype {
  if (dtype !== 'F32' && dtype !== 'F16' && dtype !== 'BF16') {
    throw inputError(
      `${file}: tensor "${name}": has dtype ${dtype}, not F32, F16 or BF16: convert the model to one of these.`,
    );
  }
  return dtype;
}

/** The values of bytes as they are stored, F16 and BF16 upcast exactly; F32 shares the memory of `bytes`, which begins at a multiple of 4. */
export function upcastToFloat32(bytes: Uint8Array, dtype: 'F32' | HalfDtype): Float32Array {
  const { buffer, byteOffset, byteLength } = bytes;
  const count = byteLength / DTYPE_BYTES[dtype];
  if (dtype === 'F32') {
    return new Float32Array(buffer, byteOffset, count);
  }
  const values = new Float32Array(count);
  upcast(new Uint16Array(buffer, byteOffset, count), dtype, values);
  return values;
}

/** The stored form of float32 values, rounded to the nearest, ties to even; F32 shares the memory of `values`. */
export function narrowFloat32(values: Float32Array, dtype: 'F32' | HalfDtype): Uint8Array {
  const stored = dtype === 'F32' ? values : narrow(values, dtype);
  return new Uint8Array(stored.buffer, stored.byteOffset, stored.byteLength);
}

function allocate<Values>({ name, file, byteLength }: TensorEntry, create: () => Values): Values {
  if (endianness() !== 'LE') {
    throw failure(
      `${file}: this machine stores numbers big-endian, which is not supported: use another machine.`,
    );
  }
  try {
    return create();
  } catch (error) {
    throw failure(
      `${file}: tensor "${name}": no memory left for its ${byteLength} bytes: close other programs or use a larger machine.`,
      error,
    );
  }
}
