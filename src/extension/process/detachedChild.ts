import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { failure, inputError, messageOf } from '../../shared/common/errors';
import { errorCode } from '../../node/files/fileError';
import { processToken } from '../../node/process/processAlive';

/** What runs the `adept` command. */
export interface ChildRuntime {
  /** The Node.js executable. */
  readonly node: string;
  /** The setting that named the executable, where one did; errors name it. */
  readonly nodeSetting?: string;
  /** out/cli.cjs */
  readonly cli: string;
  readonly environment: Readonly<Record<string, string>>;
}

/** How a process ended: a code, or the signal that ended it. */
export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A process that outlives whoever started it. */
export interface DetachedChild {
  readonly pid: number;
  readonly processToken: string | undefined;
  /** Resolves when the process ends, as long as the host that started it lives. */
  readonly exit: Promise<Exit>;
}

/**
 * Starts `adept` with these arguments in a process group of its own. Its output goes to the end of a file, so that
 * nothing breaks in it when the host is gone.
 * @throws AdeptError when the executable or the log file is not usable.
 */
export async function startDetached(
  runtime: ChildRuntime,
  args: readonly string[],
  { cwd, log }: { readonly cwd: string; readonly log: string },
): Promise<DetachedChild> {
  const { child, ...started } = await startChild(runtime, args, { cwd, log });
  child.unref();
  return started;
}

/**
 * Starts `adept` with these arguments in a process group of its own, so that it can be ended with what it started.
 * @param options `channel`: with an IPC channel of Node.js, which it hears the end of
 * @throws AdeptError when the executable or the log file is not usable.
 */
export async function startChild(
  runtime: ChildRuntime,
  args: readonly string[],
  { cwd, log, channel = false }: { readonly cwd: string; readonly log: string; readonly channel?: boolean },
): Promise<DetachedChild & { readonly child: ChildProcess }> {
  const output = openLog(log);
  let child: ChildProcess;
  try {
    child = spawn(runtime.node, [runtime.cli, ...args], {
      cwd,
      env: runtime.environment,
      detached: true,
      stdio: ['ignore', output, output, ...(channel ? ['ipc' as const] : [])],
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
  return { child, pid, processToken: processToken(pid), exit };
}

/** Opens a log for the output of a process. @throws AdeptError (input) that names the file */
function openLog(log: string): number {
  try {
    mkdirSync(dirname(log), { recursive: true });
    return openSync(log, 'a');
  } catch (error) {
    throw inputError(
      `${log} cannot be written (${messageOf(error)}): a process that is started writes its log there; make the folder writable.`,
      error,
    );
  }
}

/** Resolves when the process has started. @throws AdeptError that says why it has not */
async function spawned(child: ChildProcess, runtime: ChildRuntime, cwd: string): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    child.once('spawn', resolve);
    child.once('error', (error) => {
      const setting = runtime.nodeSetting === undefined ? '' : ` (setting ${runtime.nodeSetting})`;
      // Node.js names the executable also when it is the working folder that is missing.
      const what = `${runtime.node}${setting} cannot be started in ${cwd} (${errorCode(error) ?? messageOf(error)})`;
      reject(
        setting === ''
          ? failure(`${what}: set "adept.nodePath" to a Node.js executable.`, error)
          : inputError(`${what}: correct the setting, or leave it empty.`, error),
      );
    });
  });
}
