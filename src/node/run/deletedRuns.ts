import { readdirSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { errorCode } from '../files/fileError';
import { isProcessAlive } from '../process/processAlive';

/**
 * Removes what interrupted deletions left in a folder of runs: a run that a process had moved aside and did not live to
 * remove. What a living process removes is left to it.
 * @returns the folders that were removed
 * @throws the file system's error when one cannot be removed
 */
export async function removeDeletedRuns(parent: string): Promise<string[]> {
  const doomed = namesIn(parent).filter((name) => {
    const [, pid] = /^\..+\.deleted-(\d+)$/.exec(name) ?? [];
    return pid !== undefined && !isProcessAlive(Number(pid), undefined);
  });
  const folders = doomed.map((name) => join(parent, name));
  for (const folder of folders) {
    await rm(folder, { recursive: true, force: true });
  }
  return folders;
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(errorCode(error) ?? '')) {
      return [];
    }
    throw error;
  }
}
