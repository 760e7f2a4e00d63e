import { spawn } from 'node:child_process';
import { errorCode } from '../../node/files/fileError';
import { isProcessAlive } from '../../node/process/processAlive';

export interface ProcessIdentity {
  readonly pid: number;
  readonly processToken?: string | undefined;
}

/**
 * Asks a process to end. Windows knows no such request: there it and its children end at once.
 * @returns whether the process was there
 */
export function terminate(identity: ProcessIdentity): boolean {
  return process.platform === 'win32' ? kill(identity) : signal(identity, identity.pid, 'SIGTERM');
}

/**
 * Ends a process that was started in a group of its own, and with it what it started.
 * @returns whether the process was there
 */
export function kill(identity: ProcessIdentity): boolean {
  if (process.platform !== 'win32') {
    return signal(identity, -identity.pid, 'SIGKILL') || signal(identity, identity.pid, 'SIGKILL');
  }
  if (!isProcessAlive(identity.pid, identity.processToken)) {
    return false;
  }
  spawn('taskkill', ['/pid', String(identity.pid), '/T', '/F'], { stdio: 'ignore', windowsHide: true });
  return true;
}

function signal({ pid, processToken }: ProcessIdentity, target: number, name: NodeJS.Signals): boolean {
  // A number may have passed on to another process.
  if (!isProcessAlive(pid, processToken)) {
    return false;
  }
  try {
    return process.kill(target, name);
  } catch (error) {
    if (errorCode(error) === 'ESRCH') {
      return false;
    }
    throw error;
  }
}
