import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { processToken } from './processAlive';

/** A process, and what tells it from a later one with the same number. */
export interface KnownProcess {
  readonly pid: number;
  readonly token: string | undefined;
}

/** What a process has started, and what that has started. Processes that gave themselves a group of their own are among them. */
export function descendantsOf(pid: number): KnownProcess[] {
  const children = new Map<number, number[]>();
  for (const [child, parent] of parents()) {
    children.set(parent, [...(children.get(parent) ?? []), child]);
  }
  const found: number[] = [];
  const waiting = [pid];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const own = children.get(next) ?? [];
    found.push(...own);
    waiting.push(...own);
  }
  return found.map((child) => ({ pid: child, token: processToken(child) }));
}

/** Every process of this machine with its parent. */
function parents(): [number, number][] {
  if (process.platform === 'linux') {
    return readdirSync('/proc').flatMap((name) => (/^\d+$/.test(name) ? parentOf(Number(name)) : []));
  }
  const { stdout } = spawnSync('ps', ['-A', '-o', 'pid=,ppid='], { encoding: 'utf8' });
  return [...stdout.matchAll(/^\s*(\d+)\s+(\d+)\s*$/gm)].map(([, pid, parent]) => [
    Number(pid),
    Number(parent),
  ]);
}

function parentOf(pid: number): [number, number][] {
  const parent = statOf(pid)?.[1];
  return parent === undefined ? [] : [[pid, Number(parent)]];
}

/** What Linux says of a process: state, parent, and more. Undefined where it has ended. */
export function statOf(pid: number): string[] | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The second field is the name in brackets, which may hold anything.
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  } catch {
    return undefined;
  }
}
