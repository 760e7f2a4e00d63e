import type { ChildProcess } from 'node:child_process';
import { rmSync } from 'node:fs';
import * as v from 'valibot';
import { FromSession, type ToSession } from '../../shared/playground/session';
import { howItEnded, lastLogLines } from '../process/commandJob';
import { startChild, type ChildRuntime } from '../process/detachedChild';
import { kill, type ProcessIdentity } from '../process/signalProcess';

export interface AnswerProcessStart {
  readonly runtime: ChildRuntime;
  /** Options of `adept playground`. */
  readonly options: readonly string[];
  readonly cwd: string;
  /** Written anew. */
  readonly log: string;
}

export interface AnswerProcessHooks {
  readonly onMessage: (message: FromSession) => void;
  /** It ended and was not asked to: why, in a sentence. */
  readonly onEnd: (why: string) => void;
  /** Something that is for the log. */
  readonly onNote: (text: string) => void;
}

/** Between two tokens the process looks whether it should end; past this time it is ended. */
const GRACE_MILLISECONDS = 5000;

/** An `adept playground` that this window started: it ends with the window. */
export class AnswerProcess {
  private wanted = true;

  private constructor(
    private readonly child: ChildProcess,
    private readonly identity: ProcessIdentity,
    hooks: AnswerProcessHooks,
    exit: Promise<string>,
  ) {
    child.on('message', (value: unknown) => {
      const message = v.safeParse(FromSession, value);
      if (!message.success) {
        hooks.onNote(`A message of adept playground is not usable: ${message.issues[0].message}`);
      } else if (this.wanted) {
        hooks.onMessage(message.output);
      }
    });
    void exit.then((why) => {
      if (this.wanted) {
        this.wanted = false;
        hooks.onEnd(why);
      }
    });
  }

  /** @throws AdeptError when the process cannot be started. */
  static async start(start: AnswerProcessStart, hooks: AnswerProcessHooks): Promise<AnswerProcess> {
    const { runtime, options, cwd, log } = start;
    rmSync(log, { force: true });
    const { child, exit, ...identity } = await startChild(runtime, ['playground', ...options], {
      ...{ cwd, log, channel: true },
    });
    // A message that meets the end of the process is answered by the end.
    child.on('error', (error) => {
      hooks.onNote(`adept playground: ${error.message}`);
    });
    const why = exit.then((how) => `${howItEnded(how)}${lastLogLines(log)}`);
    return new AnswerProcess(child, identity, hooks, why);
  }

  get pid(): number {
    return this.identity.pid;
  }

  send(message: ToSession): void {
    if (this.child.connected) {
      this.child.send(message);
    }
  }

  /** Lets it end after the token in hand, and ends it where that takes long. Nothing more is heard of it. */
  end(): void {
    this.wanted = false;
    if (this.child.connected) {
      this.child.disconnect();
    }
    const timer = setTimeout(() => kill(this.identity), GRACE_MILLISECONDS);
    this.child.once('exit', () => {
      clearTimeout(timer);
    });
  }

  /** Ends it at once. Nothing more is heard of it. */
  kill(): void {
    this.wanted = false;
    kill(this.identity);
  }
}
