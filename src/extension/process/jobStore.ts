import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import { parseWith } from '../../shared/common/parse';
import { errorCode } from '../../node/files/fileError';
import { readJson, writeJson } from '../../node/files/jsonFile';

/** job.json: a short command that was started, so that another host can follow it to its end. */
export const JobRecord = v.object({
  format: v.literal('adept.commandJob/1'),
  /** What it does, for the person who started it. */
  title: v.string(),
  args: v.array(v.string()),
  pid: v.pipe(v.number(), v.integer(), v.minValue(1)),
  processToken: v.optional(v.string()),
  startedAt: v.string(),
  /** What is to be done with the result, and with what. */
  purpose: v.object({ kind: v.string(), path: v.optional(v.string()) }),
});
export type JobRecord = v.InferOutput<typeof JobRecord>;

/** Where a job's files lie. */
export interface JobPaths {
  readonly folder: string;
  /** What `--events` names. */
  readonly events: string;
  readonly log: string;
}

const NAMES = { record: 'job.json', events: 'events.ndjson', log: 'log.txt' } as const;
const CLAIMED = '.claimed';
const KEPT_MILLISECONDS = 7 * 24 * 3600 * 1000;

let made = 0;

/**
 * The jobs of a workspace, each a folder. Not in the workspace itself: they are nobody's results, and go when they are
 * reported.
 */
export class JobStore {
  constructor(private readonly folder: string) {}

  /** A folder for a job that is about to start. */
  create(): JobPaths {
    made += 1;
    const paths = pathsOf(join(this.folder, `${Date.now()}-${process.pid}-${made}`));
    mkdirSync(paths.folder, { recursive: true });
    return paths;
  }

  write(paths: JobPaths, record: JobRecord): void {
    writeJson(join(paths.folder, NAMES.record), record);
  }

  /**
   * The jobs that nobody has reported yet.
   * @param onDamaged told of a job that cannot be read
   */
  list(onDamaged: (error: unknown) => void): { readonly paths: JobPaths; readonly record: JobRecord }[] {
    const names = existsSync(this.folder) ? readdirSync(this.folder) : [];
    return names.sort().flatMap((name) => {
      const paths = pathsOf(join(this.folder, name));
      const file = join(paths.folder, NAMES.record);
      // Without its record it is just being started, by this host or another.
      if (name.endsWith(CLAIMED) || !existsSync(file)) {
        return [];
      }
      try {
        return [{ paths, record: parseWith(JobRecord, readJson(file), file) }];
      } catch (error) {
        onDamaged(error);
        return [];
      }
    });
  }

  /**
   * Takes a job out of the list, so that one host only reports it.
   * @returns where its files lie now; undefined when another host was faster
   */
  claim(paths: JobPaths): JobPaths | undefined {
    const claimed = pathsOf(`${paths.folder}${CLAIMED}`);
    try {
      renameSync(paths.folder, claimed.folder);
      return claimed;
    } catch (error) {
      if (errorCode(error) === 'ENOENT') {
        return undefined;
      }
      throw error;
    }
  }

  remove(paths: JobPaths): void {
    rmSync(paths.folder, { recursive: true, force: true });
  }

  /** Removes the logs of what was reported long ago. */
  prune(): void {
    for (const name of existsSync(this.folder) ? readdirSync(this.folder) : []) {
      const folder = join(this.folder, name);
      if (name.endsWith(CLAIMED) && Date.now() - statSync(folder).mtimeMs > KEPT_MILLISECONDS) {
        rmSync(folder, { recursive: true, force: true });
      }
    }
  }
}

function pathsOf(folder: string): JobPaths {
  return { folder, events: join(folder, NAMES.events), log: join(folder, NAMES.log) };
}
