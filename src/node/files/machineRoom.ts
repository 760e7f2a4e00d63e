import { freemem, totalmem } from 'node:os';
import type { MachineRoom } from '../../shared/launch/launchCheck';
import { freeBytes } from './freeBytes';

/** Memory of this machine, and free disk where a folder is. */
export function machineRoom(folder: string | undefined): MachineRoom {
  return {
    memoryBytes: totalmem(),
    freeMemoryBytes: freemem(),
    freeDiskBytes: folder === undefined ? undefined : freeDisk(folder),
  };
}

/** Nothing can be said of a folder that is gone. */
function freeDisk(folder: string): number | undefined {
  try {
    const free = freeBytes(folder);
    return Number.isFinite(free) ? free : undefined;
  } catch {
    return undefined;
  }
}
