import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { readError } from '../../node/fileError';
import type { TensorStore } from './safetensors';

/** SHA-256 of a tensor's stored bytes, in hexadecimal. */
export function sha256OfTensor(store: TensorStore, name: string): string {
  const hash = createHash('sha256');
  for (const chunk of store.chunks(name)) {
    hash.update(chunk);
  }
  return hash.digest('hex');
}

/** SHA-256 of a file, in hexadecimal, read piece by piece. */
export async function sha256OfFile(file: string): Promise<string> {
  const hash = createHash('sha256');
  try {
    await pipeline(createReadStream(file, { highWaterMark: 2 ** 20 }), hash);
  } catch (error) {
    throw readError(file, 'a file', error);
  }
  return hash.digest('hex');
}
