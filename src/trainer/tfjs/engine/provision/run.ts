import { spawn, type ChildProcessByStdio } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import { failure } from '../../../../shared/common/errors';

export interface RunOptions {
  readonly cwd?: string;
  /** Added to this process's environment. */
  readonly env?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
  readonly timeoutMs?: number;
}

export interface RunResult {
  /** 127 when the command does not exist; null when a signal ended it. */
  readonly status: number | null;
  readonly killedBy: NodeJS.Signals | null;
  readonly timedOut: boolean;
  readonly stdout: string;
  readonly stderr: string;
}

export type Run = (command: string, args: readonly string[], options?: RunOptions) => Promise<RunResult>;

const outputLimit = 256 * 1024;

// Runs the command and watches its own standard input: the pipe closes when setup dies, even by kill -9, and then
// the whole process group (pip, compiler and their children) goes too, so nothing writes into a folder that the
// next setup is cleaning.
const supervisor = `
const { spawn } = require('node:child_process');
const [command, ...args] = process.argv.slice(1);
const child = spawn(command, args, { stdio: ['ignore', 'inherit', 'inherit'], windowsHide: true });
const end = () => {
  child.kill('SIGKILL');
  if (process.platform !== 'win32') process.kill(-process.pid, 'SIGKILL');
  process.exit(1);
};
child.on('error', (error) => { process.stderr.write(error.message); process.exit(127); });
child.on('exit', (code, signal) => {
  if (signal !== null) process.kill(process.pid, signal);
  process.exit(code ?? 1);
});
process.stdin.on('end', end).on('error', end).resume();
`;

/** What every child of setup is told: under Electron, process.execPath is Node only when asked to be. */
const nodeEnvironment = { ELECTRON_RUN_AS_NODE: '1' };

export function cancelled(): Error {
  return failure(
    'Setup of the native engine was stopped before it was complete and installed nothing; run "adept setup" to start it again.',
  );
}

/**
 * Runs a command to its end under a supervisor that does not outlive this process. Rejects only when `signal` aborts;
 * a missing command, a bad exit status and a time limit are results.
 */
export const run: Run = (command, args, options = {}) => {
  const { cwd, env, signal, timeoutMs } = options;
  if (signal?.aborted === true) {
    return Promise.reject(cancelled());
  }
  const child = spawn(process.execPath, ['-e', supervisor, '--', command, ...args], {
    cwd,
    env: { ...process.env, ...nodeEnvironment, ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
    detached: process.platform !== 'win32',
    windowsHide: true,
  });
  return finished(child, signal, timeoutMs);
};

function finished(
  child: ChildProcessByStdio<Writable, Readable, Readable>,
  signal: AbortSignal | undefined,
  timeoutMs: number | undefined,
): Promise<RunResult> {
  return new Promise((resolve, reject) => {
    const stdout = tail(child.stdout);
    const stderr = tail(child.stderr);
    let timedOut = false;
    const kill = (): void => {
      killGroup(child.pid);
    };
    const timer =
      timeoutMs === undefined
        ? undefined
        : setTimeout(() => {
            timedOut = true;
            kill();
          }, timeoutMs);
    signal?.addEventListener('abort', kill, { once: true });
    const settle = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', kill);
    };
    // The supervisor may be gone before its input is closed.
    child.stdin.on('error', () => undefined);
    child.on('error', (error) => {
      settle();
      reject(failure(`Node.js (${process.execPath}) could not be started: ${error.message}.`, error));
    });
    child.on('close', (status, killedBy) => {
      settle();
      if (signal?.aborted === true) {
        reject(cancelled());
      } else {
        resolve({ status, killedBy, timedOut, stdout: stdout(), stderr: stderr() });
      }
    });
  });
}

function killGroup(pid: number | undefined): void {
  if (pid === undefined) {
    return;
  }
  try {
    process.kill(process.platform === 'win32' ? pid : -pid, 'SIGKILL');
  } catch {
    // It ended by itself in the meantime.
  }
}

/** Collects the end of a stream, as much as a message could ever need. */
function tail(stream: Readable): () => string {
  let text = '';
  stream.setEncoding('utf8');
  stream.on('data', (chunk: string) => {
    text = (text + chunk).slice(-outputLimit);
  });
  return () => text;
}

/** One line that says why a command failed: the first that names an error, or else the last. */
export function reasonOf(result: RunResult): string {
  if (result.timedOut) {
    return 'it did not answer in time';
  }
  if (result.killedBy !== null) {
    return `it was ended by ${result.killedBy}`;
  }
  const lines = `${result.stderr}\n${result.stdout}`
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
  const named =
    lines.find((line) => /\bERR! install response/.test(line)) ?? lines.find((line) => /error: /i.test(line));
  const reason = named ?? lines.at(-1) ?? `it ended with status ${String(result.status)}`;
  return reason.replace(/^error: /i, '').replace(/[.:\s]+$/, '');
}
