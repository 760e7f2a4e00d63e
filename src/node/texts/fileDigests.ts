import { readFileSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import * as v from 'valibot';
import { sha256OfFile } from '../files/contentHash';
import { errorCode, readError } from '../files/fileError';
import { writeJson } from '../files/jsonFile';
import { DIGESTS } from './storedTexts';

const Digests = v.record(v.string(), v.object({ version: v.string(), sha256: v.string() }));
type Digests = v.InferOutput<typeof Digests>;

/** A file that changed a moment ago may change again and look the same: what it holds is not remembered. */
const SETTLED_MILLISECONDS = 2000;
const REMEMBERED = 50_000;

/**
 * SHA-256 of files, remembered in a folder as long as size, inode and both of the system's times of change, which
 * nobody can set, are the same.
 */
export class FileDigests {
  private readonly known: Map<string, Digests[string]>;
  private changed = false;

  private constructor(private readonly file: string) {
    this.known = new Map(Object.entries(readDigests(file)));
  }

  static in(folder: string): FileDigests {
    return new FileDigests(join(folder, DIGESTS));
  }

  /** What is remembered of a file. @throws AdeptError (input) naming it where it cannot be looked at */
  remembered(path: string): string | undefined {
    const known = this.known.get(resolve(path));
    return known?.version === versionOf(path) ? known.sha256 : undefined;
  }

  /** @throws AdeptError (input) naming the file where it cannot be read */
  async of(path: string): Promise<string> {
    const remembered = this.remembered(path);
    if (remembered !== undefined) {
      return remembered;
    }
    const version = versionOf(path);
    const sha256 = await sha256OfFile(path);
    if (version === versionOf(path) && isSettled(path)) {
      this.known.delete(resolve(path));
      this.known.set(resolve(path), { version, sha256 });
      this.changed = true;
    }
    return sha256;
  }

  /** @throws NodeJS.ErrnoException where the folder cannot be written to */
  save(): void {
    if (this.changed) {
      // Another process may have remembered something meanwhile.
      const all = [...Object.entries({ ...readDigests(this.file), ...Object.fromEntries(this.known) })];
      writeJson(this.file, Object.fromEntries(all.slice(-REMEMBERED)));
      this.changed = false;
    }
  }
}

function readDigests(file: string): Digests {
  try {
    const parsed = v.safeParse(Digests, JSON.parse(readFileSync(file, 'utf8')));
    return parsed.success ? parsed.output : {};
  } catch (error) {
    if (error instanceof SyntaxError || errorCode(error) !== undefined) {
      return {};
    }
    throw error;
  }
}

function versionOf(path: string): string {
  try {
    const { dev, ino, size, mtimeNs, ctimeNs } = statSync(path, { bigint: true });
    return [dev, ino, size, mtimeNs, ctimeNs].join(' ');
  } catch (error) {
    throw readError(path, 'a corpus file', error);
  }
}

function isSettled(path: string): boolean {
  const { mtimeMs, ctimeMs } = statSync(path);
  return Date.now() - Math.max(mtimeMs, ctimeMs) > SETTLED_MILLISECONDS;
}
