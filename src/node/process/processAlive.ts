import { readFileSync } from 'node:fs';
import { errorCode } from '../files/fileError';

/** Whether a process with this number exists, whoever's it is. */
function exists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return errorCode(error) === 'EPERM';
  }
}

/**
 * What tells a process from a later one with the same number: the machine's boot and the moment of the process's start,
 * and that it has ended, where its parent has not yet asked how (in a container perhaps never).
 * Undefined where the system does not say (anything but Linux), or when there is no such process.
 */
export function processToken(pid: number): string | undefined {
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // Fields 3 and 22, state and starttime; the second field is the name in brackets, which may hold anything.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const [state, start] = [fields[0], fields[19]];
    return start === undefined ? undefined : `${boot}:${start}${state === 'Z' ? ' ended' : ''}`;
  } catch {
    return undefined;
  }
}

/** Whether the process is still the one that had this token; without a token, whether its number is in use. */
export function isProcessAlive(pid: number, token: string | undefined): boolean {
  if (!exists(pid)) {
    return false;
  }
  const now = processToken(pid);
  return token === undefined || now === undefined || now === token;
}
