import { readFileSync } from 'node:fs';
import { descendantsOf, statOf } from '../process/descendants';

/** Clock ticks of a second in /proc, on every Linux that Node runs on. */
const TICKS = 100;
const MICROSECONDS = 1e6;

/** What a process and those it started use. */
export interface ProcessUse {
  readonly residentBytes: number;
  /** Processor time so far, by process, with the token that tells it from a later one of the same number. */
  readonly cpuSeconds: ReadonlyMap<string, number>;
}

/** Of this process and, where the system says it of others (Linux), of all that it started. */
export function ownUse(): ProcessUse {
  const { user, system } = process.cpuUsage();
  const cpuSeconds = new Map([['self', (user + system) / MICROSECONDS]]);
  let residentBytes = process.memoryUsage.rss();
  const children = process.platform === 'linux' ? descendantsOf(process.pid) : [];
  for (const { pid, token } of children) {
    residentBytes += residentOf(pid) ?? 0;
    const seconds = cpuSecondsOf(statOf(pid));
    if (seconds !== undefined) {
      cpuSeconds.set(`${pid} ${token ?? ''}`, seconds);
    }
  }
  return { residentBytes, cpuSeconds };
}

/** Processor seconds between two looks; of a process that came in between all of its own. */
export function cpuBetween(before: ProcessUse, now: ProcessUse): number {
  return [...now.cpuSeconds].reduce(
    (sum, [key, seconds]) => sum + Math.max(0, seconds - (before.cpuSeconds.get(key) ?? 0)),
    0,
  );
}

/**
 * User and system time in the fields of /proc/PID/stat after the name.
 * @returns undefined where they are not there
 */
export function cpuSecondsOf(fields: readonly string[] | undefined): number | undefined {
  const ticks = Number(fields?.[11]) + Number(fields?.[12]);
  return Number.isFinite(ticks) ? ticks / TICKS : undefined;
}

/** Resident bytes in the text of /proc/PID/status; undefined of a process that has none, such as one that has ended. */
export function residentIn(status: string): number | undefined {
  const [, kibibytes] = /^VmRSS:\s+(\d+) kB$/m.exec(status) ?? [];
  return kibibytes === undefined ? undefined : Number(kibibytes) * 1024;
}

function residentOf(pid: number): number | undefined {
  try {
    return residentIn(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    // It has ended.
    return undefined;
  }
}
