import { createHash } from 'node:crypto';
import { lstatSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/** What a folder holds: for each path below it a folder mark, or the file's hash and when it was written. */
export function treeDigest(folder: string): Record<string, string> {
  const tree: Record<string, string> = {};
  for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    const path = join(folder, name);
    const status = lstatSync(path);
    tree[name] = status.isFile()
      ? `${createHash('sha256').update(readFileSync(path)).digest('hex')} ${status.mtimeMs}`
      : 'no file';
  }
  return tree;
}
