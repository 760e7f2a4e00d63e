import { statfsSync } from 'node:fs';
import { freemem, totalmem } from 'node:os';
import type { MachineRoom } from '../../shared/launch/launchVerdict';

/** Memory of this machine, and free disk where a folder is. */
export function machineRoom(folder: string | undefined): MachineRoom {
  return {
    memoryBytes: totalmem(),
    freeMemoryBytes: freemem(),
    ...(folder === undefined ? {} : freeDisk(folder)),
  };
}

/** Some virtual file systems report no blocks at all: nothing can be said about those, nor of a folder that is gone. */
function freeDisk(folder: string): Pick<MachineRoom, 'freeDiskBytes'> {
  try {
    const { bavail, bsize, blocks } = statfsSync(folder);
    return blocks > 0 ? { freeDiskBytes: bavail * bsize } : {};
  } catch {
    return {};
  }
}
