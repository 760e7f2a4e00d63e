import { appendFileSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { type ChildRuntime, type Exit, startDetached } from '../process/detachedChild';
import { type JobPaths, JobStore } from '../process/jobStore';
import { lastLines } from '../process/lastLines';
import { runLogFile } from './runEntry';
import type { RunList } from './runList';

const KIND = 'run';
/** Begins the line of a run's log that says what was started. */
const MARK = '=== ';
const LAST_LINES = 8;
/** Comes from the command itself: what went wrong, in one sentence. */
const OWN_MESSAGE = /^adept: (?!unexpected error)/;

/** Starts the processes that work on runs, and finds those that an earlier host started. */
export class Launcher {
  private readonly store: JobStore;
  private readonly jobPaths = new Map<string, JobPaths[]>();
  private readonly exits = new Map<string, Promise<Exit>>();

  /** @param folder where what was started is noted until it has ended */
  constructor(
    folder: string,
    private readonly list: RunList,
  ) {
    this.store = new JobStore(folder);
  }

  /**
   * Starts `adept` to work on a run; its output goes to the run's log. The run is in the list when this returns.
   * @throws AdeptError when the process cannot be started.
   */
  async start(runtime: ChildRuntime, args: readonly string[], run: string, cwd: string): Promise<void> {
    const log = runLogFile(run);
    const startedAt = new Date().toISOString();
    mkdirSync(dirname(log), { recursive: true });
    appendFileSync(log, `${MARK}${startedAt} adept ${args.join(' ')}\n`);
    const { pid, processToken, exit } = await startDetached(runtime, args, { cwd, log });
    const identity = { pid, ...(processToken === undefined ? {} : { processToken }) };
    const paths = this.store.create();
    this.store.write(paths, {
      format: 'adept.commandJob/1',
      title: run,
      args: [...args],
      ...identity,
      startedAt,
      purpose: { kind: KIND, path: run },
    });
    this.note(run, paths);
    this.exits.set(run, exit);
    this.list.launched(run, { ...identity, startedAt });
    void exit.then((how) => {
      this.list.exited(run, pid, how);
    });
  }

  /**
   * Puts what an earlier host started into the list.
   * @returns the runs in question
   */
  attachAll(onDamaged: (error: unknown) => void): string[] {
    return this.store.list(onDamaged).flatMap(({ paths, record }) => {
      const { pid, processToken, startedAt, purpose } = record;
      if (purpose.path === undefined) {
        return [];
      }
      this.note(purpose.path, paths);
      this.list.launched(purpose.path, { pid, processToken, startedAt });
      return [purpose.path];
    });
  }

  /** How the process of a run ended, if this host sees it within this time. */
  async exitOf(run: string, milliseconds: number): Promise<Exit | undefined> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<undefined>((resolve) => {
      timer = setTimeout(() => {
        resolve(undefined);
      }, milliseconds);
    });
    const exit = await Promise.race([this.exits.get(run) ?? Promise.resolve(undefined), late]);
    clearTimeout(timer);
    return exit;
  }

  /** What was started for the run has ended and is dealt with. */
  forget(run: string): void {
    for (const paths of this.jobPaths.get(run) ?? []) {
      this.store.remove(paths);
    }
    this.jobPaths.delete(run);
    this.exits.delete(run);
  }

  private note(run: string, paths: JobPaths): void {
    this.jobPaths.set(run, [...(this.jobPaths.get(run) ?? []), paths]);
  }
}

/** What the last process of a run left in the run's log. */
export interface LastLogLines {
  /** The command's own message, where it ended with one. */
  readonly message?: string;
  readonly lines: readonly string[];
}

export function lastLogLinesOf(run: string): LastLogLines {
  const all = lastLines(runLogFile(run), LAST_LINES);
  const lines = all.slice(all.findLastIndex((line) => line.startsWith(MARK)) + 1);
  const last = lines.at(-1);
  return last !== undefined && OWN_MESSAGE.test(last)
    ? { message: last.replace(OWN_MESSAGE, ''), lines }
    : { lines };
}
