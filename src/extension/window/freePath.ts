import { existsSync, readdirSync, statSync } from 'node:fs';

/** Whether a new folder can be there: there is none, or an empty one. */
export function isFree(path: string): boolean {
  return !existsSync(path) || (statSync(path).isDirectory() && readdirSync(path).length === 0);
}

/** The path or name itself, or the first of `path-2`, `path-3`, … that is free: by default, where a new folder can be. */
export function freePath(path: string, fits: (candidate: string) => boolean = isFree): string {
  let free = path;
  for (let number = 2; !fits(free); number += 1) {
    free = `${path}-${number}`;
  }
  return free;
}
