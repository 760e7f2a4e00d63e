import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { errorCode } from '../../../node/files/fileError';
import { statOf, type KnownProcess } from '../../../node/process/descendants';
import { isProcessAlive } from '../../../node/process/processAlive';

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
