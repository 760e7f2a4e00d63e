import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { failure } from '../../../shared/common/errors';

export interface PythonRun {
  readonly signal?: AbortSignal | undefined;
  readonly onLine?: (line: string) => void;
  /** What is thrown when `signal` aborts. */
  readonly onStop?: () => Error;
}

export interface PythonEnded {
  /** A status, or the name of the signal that ended it. */
  readonly status: number | NodeJS.Signals | null;
  /** Of stdout. */
  readonly lines: readonly string[];
  /** The last line of stderr that says something. */
  readonly lastError: string;
}

/**
 * Runs an interpreter, or another program of Python's, to its end.
 * @throws AdeptError (failure) when `signal` aborts; a program that does not exist has ended with 127
 */
export async function runPython(
  program: string,
  args: readonly string[],
  { signal, onLine, onStop = stopped }: PythonRun = {},
): Promise<PythonEnded> {
  const child = spawn(program, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, PIP_DISABLE_PIP_VERSION_CHECK: '1', PIP_NO_INPUT: '1', PIP_PROGRESS_BAR: 'off' },
  });
  const lines: string[] = [];
  let lastError = '';
  createInterface({ input: child.stdout }).on('line', (line) => {
    lines.push(line);
    onLine?.(line);
  });
  createInterface({ input: child.stderr }).on('line', (line) => {
    lastError = line.trim() === '' ? lastError : line.trim();
    onLine?.(line);
  });
  const end = (): void => {
    child.kill('SIGKILL');
  };
  if (signal?.aborted === true) {
    end();
  }
  signal?.addEventListener('abort', end, { once: true });
  const status = await new Promise<PythonEnded['status']>((resolve) => {
    child.once('error', (error) => {
      lastError = error.message;
      resolve(127);
    });
    child.once('close', (code, killedBy) => {
      resolve(code ?? killedBy);
    });
  });
  signal?.removeEventListener('abort', end);
  if (signal?.aborted === true) {
    throw onStop();
  }
  return { status, lines, lastError };
}

export function stopped(): Error {
  return failure(
    'Setup of PyTorch was stopped before it was complete; run "adept setup --torch" to start it again.',
  );
}
