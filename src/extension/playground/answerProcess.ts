import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, rmSync } from 'node:fs';
import * as v from 'valibot';
import { processToken } from '../../node/process/processAlive';
import { FromSession, type ToSession } from '../../shared/playground/session';
import { howItEnded, lastLogLines } from '../process/commandJob';
import { openLog, spawned, type ChildRuntime, type Exit } from '../process/detachedChild';
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
    const output = openLog(log);
    let child: ChildProcess;
    try {
      child = spawn(runtime.node, [runtime.cli, 'playground', ...options], {
        cwd,
        env: runtime.environment,
        // In a group of its own, so that it can be ended with what it started.
        detached: true,
        stdio: ['ignore', output, output, 'ipc'],
        windowsHide: true,
      });
    } finally {
      closeSync(output);
    }
    const exit = new Promise<Exit>((resolve) => {
      child.once('exit', (code, signal) => {
        resolve({ code, signal });
      });
    });
    await spawned(child, runtime, cwd);
    const { pid } = child;
    if (pid === undefined) {
      throw new Error(`${runtime.node} was started and has no process number`);
    }
    // A message that meets the end of the process is answered by the end.
    child.on('error', (error) => {
      hooks.onNote(`adept playground: ${error.message}`);
    });
    const why = exit.then((how) => `${howItEnded(how)}${lastLogLines(log)}`);
    return new AnswerProcess(child, { pid, processToken: processToken(pid) }, hooks, why);
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
