import { createHash } from 'node:crypto';
import { closeSync, openSync, readSync } from 'node:fs';
import { readError } from './fileError';
import type { TensorStore } from './safetensors';

const CHUNK = 2 ** 22;

/** SHA-256 of a tensor's stored bytes, in hexadecimal. */
export function sha256OfTensor(store: TensorStore, name: string): string {
  const hash = createHash('sha256');
  for (const chunk of store.chunks(name)) {
    hash.update(chunk);
  }
  return hash.digest('hex');
}

/** SHA-256 of a file, in hexadecimal, read piece by piece. */
export function sha256OfFile(file: string): string {
  const hash = createHash('sha256');
  const buffer = new Uint8Array(CHUNK);
  try {
    const handle = openSync(file, 'r');
    try {
      for (let got = readSync(handle, buffer); got > 0; got = readSync(handle, buffer)) {
        hash.update(buffer.subarray(0, got));
      }
    } finally {
      closeSync(handle);
    }
  } catch (error) {
    throw readError(file, 'a file', error);
  }
  return hash.digest('hex');
}
