import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { errorCode } from '../../../node/files/fileError';
import { isProcessAlive, processToken } from '../../../node/process/processAlive';

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

/** Ends processes at once, those that have not ended by themselves. */
export function killAll(processes: readonly KnownProcess[]): void {
  for (const { pid, token } of processes) {
    if (isProcessAlive(pid, token) && (token !== undefined || isRank(pid))) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch (error) {
        if (errorCode(error) !== 'ESRCH') {
          throw error;
        }
      }
    }
  }
}

/** Those that were stopped, as by SIGSTOP: they live, but come to no end by themselves. */
export function stoppedOf(processes: readonly KnownProcess[]): KnownProcess[] {
  return processes.filter(({ pid, token }) => isProcessAlive(pid, token) && stateOf(pid).startsWith('T'));
}

/** The rank that a process is, where the system says so. */
export function rankOf(pid: number): number | undefined {
  try {
    const [, rank] = /(?:^|\0)RANK=(\d+)\0/.exec(readFileSync(`/proc/${pid}/environ`, 'utf8')) ?? [];
    return rank === undefined ? undefined : Number(rank);
  } catch {
    // Not Linux, or it has ended.
    return undefined;
  }
}

/** As ps shows it: T where it was stopped. Empty where it has ended. */
function stateOf(pid: number): string {
  if (process.platform === 'linux') {
    return statOf(pid)?.[0] ?? '';
  }
  const { stdout } = spawnSync('ps', ['-o', 'state=', '-p', String(pid)], { encoding: 'utf8' });
  return stdout.trim();
}

/** For systems that do not tell a process from a later one with its number. */
function isRank(pid: number): boolean {
  const { stdout } = spawnSync('ps', ['-o', 'command=', '-p', String(pid)], { encoding: 'utf8' });
  return stdout.includes('adept_torch');
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
function statOf(pid: number): string[] | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The second field is the name in brackets, which may hold anything.
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  } catch {
    return undefined;
  }
}
