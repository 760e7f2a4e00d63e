import { createHash } from 'node:crypto';
import type { TensorStore } from './safetensors';

/** SHA-256 of a tensor's stored bytes, in hexadecimal. */
export function sha256OfTensor(store: TensorStore, name: string): string {
  const hash = createHash('sha256');
  for (const chunk of store.chunks(name)) {
    hash.update(chunk);
  }
  return hash.digest('hex');
}
