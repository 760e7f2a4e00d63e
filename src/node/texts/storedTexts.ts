import { existsSync, readdirSync, readFileSync, rmSync, statSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import { STORE_FILES, StoredText } from '../../shared/texts/storedText';
import { errorCode } from '../files/fileError';
import { folderBytes } from '../files/folderBytes';
import { freeBytes } from '../files/freeBytes';
import { isLocked } from '../files/folderLock';

/** A text whose ids are kept. */
export interface KeptText {
  readonly folder: string;
  readonly text: StoredText;
  /** On the disk. */
  readonly bytes: number;
  /** When it was read last, milliseconds since 1970. */
  readonly usedAt: number;
}

/** What a folder of the cache says that it holds; undefined where it says nothing that can be relied on. */
export function readStoredText(folder: string): StoredText | undefined {
  try {
    const parsed = v.safeParse(
      StoredText,
      JSON.parse(readFileSync(join(folder, STORE_FILES.description), 'utf8')),
    );
    return parsed.success ? parsed.output : undefined;
  } catch (error) {
    // A description that is not JSON is a damaged one: the text is tokenised anew.
    if (error instanceof SyntaxError || errorCode(error) !== undefined) {
      return undefined;
    }
    throw error;
  }
}

/** All texts of a cache folder, those that were used last first. */
export function keptTexts(cache: string): KeptText[] {
  return textFolders(cache)
    .flatMap((folder): KeptText[] => {
      const text = readStoredText(folder);
      return text === undefined ? [] : [{ folder, text, bytes: folderBytes(folder), usedAt: usedAt(folder) }];
    })
    .sort((a, b) => b.usedAt - a.usedAt);
}

/** Notes that a text is in use: those that were not for longest go first where there is no room. */
export function markUsed(folder: string, now = new Date()): void {
  try {
    utimesSync(folder, now, now);
  } catch (error) {
    // A cache that may only be read is as good, and nothing is removed from it.
    if (errorCode(error) === undefined) {
      throw error;
    }
  }
}

/** Removes everything that is kept, but what is being written. @returns how many texts, and how many bytes they took */
export function clearTexts(cache: string): { texts: number; bytes: number; inUse: number } {
  const all = textFolders(cache);
  const folders = all.filter((folder) => !isLocked(folder));
  const bytes = folders.reduce((sum, folder) => sum + folderBytes(folder), 0);
  for (const folder of folders) {
    rmSync(folder, { recursive: true, force: true });
  }
  rmSync(join(cache, DIGESTS), { force: true });
  return { texts: folders.length, bytes, inUse: all.length - folders.length };
}

/** Hashes of files that were read before. */
export const DIGESTS = 'digests.json';

/**
 * Removes texts that were not used for longest until the others and one more of `wanted` bytes fit into `limit`, and leave a
 * tenth of the disk's free space.
 * @returns bytes that a new text may take now
 */
export function makeRoom(cache: string, wanted: number, limit: number, except?: string): number {
  const kept = keptTexts(cache).filter(({ folder }) => folder !== except);
  let taken = kept.reduce((sum, { bytes }) => sum + bytes, 0);
  const free = freeBytes(cache);
  let room = Math.min(limit - taken, free * 0.9);
  for (const { folder, bytes } of kept.filter((text) => !isLocked(text.folder)).reverse()) {
    if (room >= wanted) {
      break;
    }
    rmSync(folder, { recursive: true, force: true });
    taken -= bytes;
    room = Math.min(limit - taken, freeBytes(cache) * 0.9);
  }
  return room;
}

function textFolders(cache: string): string[] {
  return existsSync(cache)
    ? readdirSync(cache, { withFileTypes: true }).flatMap((entry) =>
        entry.isDirectory() && /^[0-9a-f]{32}$/.test(entry.name) ? [join(cache, entry.name)] : [],
      )
    : [];
}

function usedAt(folder: string): number {
  return statSync(folder, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}
