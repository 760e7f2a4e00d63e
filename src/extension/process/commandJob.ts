import * as v from 'valibot';
import { AdeptError, failure } from '../../shared/common/errors';
import { CommandEvent } from '../../shared/run/commandEvent';
import { LineFollower } from '../../node/files/lineFile';
import { isProcessAlive } from '../../node/process/processAlive';
import { type ChildRuntime, type Exit, startDetached } from './detachedChild';
import type { JobPaths, JobRecord, JobStore } from './jobStore';
import { lastLines } from './lastLines';
import { kill, terminate } from './signalProcess';
import { TimeLeft } from './timeLeft';

export interface CommandRequest {
  readonly title: string;
  /** The command and its arguments; `--events` is added. */
  readonly args: readonly string[];
  readonly cwd: string;
  readonly purpose: JobRecord['purpose'];
}

export interface JobProgress {
  readonly message: string;
  /** Of the whole command, 0 to 1, once it is known. */
  readonly fraction?: number;
  readonly secondsLeft?: number;
}

/** A command that ended because it was asked to. */
export class JobCancelled extends AdeptError {
  constructor(title: string) {
    super(`${title} was cancelled.`, 'failure');
  }
}

export interface JobHooks {
  readonly onProgress?: (progress: JobProgress) => void;
  readonly onLog?: (message: string) => void;
}

const POLL_MILLISECONDS = 200;
/** Between two computations a command looks whether it should end; past this time it is ended. */
const GRACE_MILLISECONDS = 15_000;
const LAST_LINES = 8;

/** A short command in a process of its own, followed by the file that it writes its progress and result to. */
export class CommandJob {
  readonly #follower: LineFollower;
  readonly #timeLeft = new TimeLeft();
  #cancelled = false;
  #exit: Exit | undefined;
  #killTimer: NodeJS.Timeout | undefined;

  private constructor(
    readonly record: JobRecord,
    readonly paths: JobPaths,
    exit: Promise<Exit> | undefined,
  ) {
    this.#follower = new LineFollower(paths.events);
    void exit?.then((how) => {
      this.#exit = how;
    });
  }

  /** @throws AdeptError when the process cannot be started. */
  static async start(runtime: ChildRuntime, store: JobStore, request: CommandRequest): Promise<CommandJob> {
    const paths = store.create();
    const args = [...request.args, '--events', paths.events];
    const startedAt = new Date().toISOString();
    try {
      const { pid, processToken, exit } = await startDetached(runtime, args, {
        cwd: request.cwd,
        log: paths.log,
      });
      const { title, purpose } = request;
      const identity = { pid, ...(processToken === undefined ? {} : { processToken }) };
      const record: JobRecord = {
        format: 'adept.commandJob/1',
        title,
        args,
        ...identity,
        startedAt,
        purpose,
      };
      store.write(paths, record);
      return new CommandJob(record, paths, exit);
    } catch (error) {
      store.remove(paths);
      throw error;
    }
  }

  /** Follows a job that another host started. */
  static attach(record: JobRecord, paths: JobPaths): CommandJob {
    return new CommandJob(record, paths, undefined);
  }

  /** Whether its process is there. */
  get alive(): boolean {
    return this.#exit === undefined && isProcessAlive(this.record.pid, this.record.processToken);
  }

  /** Asks the command to end; one that does not listen is ended. */
  cancel(): void {
    if (this.#cancelled) {
      return;
    }
    this.#cancelled = true;
    terminate(this.record);
    this.#killTimer = setTimeout(() => kill(this.record), GRACE_MILLISECONDS);
  }

  /**
   * Follows the command to its end.
   * @param signal stops following; the command goes on
   * @returns what the command printed as JSON
   * @throws JobCancelled; AdeptError with the command's own message, or with how its process ended and its last log lines.
   */
  async result(hooks: JobHooks, signal?: AbortSignal): Promise<Record<string, unknown>> {
    try {
      for (;;) {
        // In this order: what it wrote before it ended is then read.
        const alive = this.alive;
        const last = this.#readEvents(hooks);
        if (last?.type === 'result') {
          return last.value;
        }
        if (last?.type === 'error') {
          throw this.#cancelled
            ? this.#asCancelled()
            : new AdeptError(last.message, last.exitStatus === 2 ? 'input' : 'failure');
        }
        if (!alive) {
          throw this.#cancelled ? this.#asCancelled() : await this.#endedSilently();
        }
        await pause(POLL_MILLISECONDS, signal);
      }
    } finally {
      clearTimeout(this.#killTimer);
    }
  }

  #readEvents({ onProgress, onLog }: JobHooks): CommandEvent | undefined {
    let last: CommandEvent | undefined;
    for (const { text } of this.#follower.read()) {
      const event = parseEvent(text);
      last = event ?? last;
      if (event?.type === 'log') {
        onLog?.(event.message);
        onProgress?.({ message: event.message });
      } else if (event?.type === 'progress') {
        const { fraction, message } = event;
        const secondsLeft = this.#timeLeft.after(fraction, Date.parse(event.time));
        onProgress?.({ fraction, message, ...(secondsLeft === undefined ? {} : { secondsLeft }) });
      }
    }
    return last;
  }

  #asCancelled(): JobCancelled {
    return new JobCancelled(this.record.title);
  }

  async #endedSilently(): Promise<AdeptError> {
    if (this.#exit === undefined) {
      // The process is gone a moment before its parent is told how.
      await pause(POLL_MILLISECONDS);
    }
    return failure(`${this.record.title}: ${howItEnded(this.#exit)}${lastLogLines(this.paths.log)}`);
  }
}

/** How a process ended, of which no message was left. */
export function howItEnded(exit: Exit | undefined): string {
  if (exit === undefined) {
    return 'its process ended, and its exit status is unknown.';
  }
  const { code, signal } = exit;
  return signal === null
    ? `its process ended with exit code ${code ?? 'unknown'}.`
    : `its process was ended by the signal ${signal}${signal === 'SIGKILL' ? ', as the system does when memory runs out' : ''}.`;
}

/** The end of a log, as the end of a message. */
export function lastLogLines(log: string): string {
  const lines = lastLines(log, LAST_LINES);
  return lines.length === 0 ? ' It wrote no log.' : ` The last lines of its log: ${lines.join(' | ')}`;
}

/** A line that another version writes, or a torn one, is passed over. */
function parseEvent(text: string): CommandEvent | undefined {
  try {
    const parsed = v.safeParse(CommandEvent, JSON.parse(text));
    return parsed.success ? parsed.output : undefined;
  } catch {
    return undefined;
  }
}

function pause(milliseconds: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = (): void => {
      clearTimeout(timer);
      reject(failure('This command is no longer followed.'));
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', stop);
      resolve();
    }, milliseconds);
    if (signal?.aborted === true) {
      stop();
    }
    signal?.addEventListener('abort', stop, { once: true });
  });
}
