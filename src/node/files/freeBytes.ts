import { statfsSync } from 'node:fs';

/** Bytes that are free where a folder is; Infinity where the file system does not say: some virtual ones report no blocks at all. */
export function freeBytes(folder: string): number {
  const { bavail, bsize, blocks } = statfsSync(folder);
  return blocks > 0 ? bavail * bsize : Infinity;
}
