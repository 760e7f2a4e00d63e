import { readFileSync, writeFileSync } from 'node:fs';
import { rawSafetensors } from './rawSafetensors';

type Header = Record<string, { dtype: string; shape: number[]; data_offsets: [number, number] }>;

interface Parts {
  readonly metadata: unknown;
  readonly tensors: Header;
  readonly data: Buffer;
}

function partsOf(file: string): Parts {
  const bytes = readFileSync(file);
  const length = Number(bytes.readBigUInt64LE(0));
  const { __metadata__: metadata, ...tensors } = JSON.parse(
    bytes.toString('utf8', 8, 8 + length),
  ) as Header & { __metadata__?: unknown };
  return { metadata, tensors, data: bytes.subarray(8 + length) };
}

function write(file: string, { metadata, tensors, data }: Parts): void {
  writeFileSync(file, rawSafetensors({ __metadata__: metadata, ...tensors }, data));
}

/** Gives the tensors of a weight file other names. */
export function renameTensors(file: string, rename: (name: string) => string): void {
  const { tensors, ...rest } = partsOf(file);
  const renamed = Object.fromEntries(Object.entries(tensors).map(([name, entry]) => [rename(name), entry]));
  write(file, { ...rest, tensors: renamed });
}

/** Adds tensors of ones to a weight file. @param added shapes by name */
export function addTensors(file: string, added: Readonly<Record<string, readonly number[]>>): void {
  const { metadata, tensors, data } = partsOf(file);
  const all = { ...tensors };
  const pieces: Buffer[] = [data];
  let end = data.length;
  for (const [name, shape] of Object.entries(added)) {
    const ones = new Float32Array(shape.reduce((a, b) => a * b, 1)).fill(1);
    all[name] = { dtype: 'F32', shape: [...shape], data_offsets: [end, end + ones.byteLength] };
    pieces.push(Buffer.from(ones.buffer));
    end += ones.byteLength;
  }
  write(file, { metadata, tensors: all, data: Buffer.concat(pieces) });
}

/** Replaces what a weight file says of itself. */
export function setMetadata(file: string, metadata: unknown): void {
  write(file, { ...partsOf(file), metadata });
}

/** What a weight file says of itself, and the names of its tensors. */
export function describeWeights(file: string): { metadata: unknown; names: string[] } {
  const { metadata, tensors } = partsOf(file);
  return { metadata, names: Object.keys(tensors) };
}
