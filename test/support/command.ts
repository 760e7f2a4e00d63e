import { spawn, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import * as v from 'valibot';
import { HANG_MILLISECONDS } from './hang';
import { runInServer } from './commandServers';
import { projectRoot } from './projectRoot';

const CLI = join(projectRoot, 'out', 'cli.cjs');

export type Argument = string | number;

/** What a command left behind. */
export interface Ended {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CommandOptions {
  /** A program with arguments that runs the command line, which follows as its last arguments. */
  readonly through?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** What takes longer is killed; some minutes when left out, 0: nothing is. */
  readonly longest?: number;
}

/** A command that runs, and its end. */
export interface Running {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
}

/** Starts `adept` as a person or another program would; what takes too long is killed. */
export function startAdept(
  args: readonly Argument[],
  { through = [], env, longest = HANG_MILLISECONDS }: CommandOptions = {},
): Running {
  const [program = process.execPath, ...before] = [...through, process.execPath, CLI, ...args.map(String)];
  const child = spawn(program, before, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...env },
    timeout: longest,
    killSignal: 'SIGKILL',
  });
  const ended = new Promise<Ended>((resolve, reject) => {
    const text = { stdout: '', stderr: '' };
    for (const name of ['stdout', 'stderr'] as const) {
      child[name].setEncoding('utf8').on('data', (piece: string) => {
        text[name] += piece;
      });
    }
    child.once('error', reject);
    child.once('close', (status, signal) => {
      resolve({ status, signal, ...text });
    });
  });
  return { child, ended };
}

export function runAdept(args: readonly Argument[], options?: CommandOptions): Promise<Ended> {
  return startAdept(args, options).ended;
}

/** As {@link runAdept}, in a process that has run other commands before, which takes a fraction of the time. */
export async function runAdeptAgain(args: readonly Argument[]): Promise<Ended> {
  return { ...(await runInServer(args.map(String))), signal: null };
}

/**
 * Runs `adept … --json`, which has to succeed; without options in a process that has run other commands before.
 * @returns the object of its last line
 */
export async function adeptResult(
  args: readonly Argument[],
  options?: CommandOptions,
): Promise<Record<string, unknown>> {
  const all = [...args, '--json'];
  return resultOf(options === undefined ? await runAdeptAgain(all) : await runAdept(all, options), args);
}

/** The object on the last line of a command that succeeded. @throws Error with its stderr when it did not. */
export function resultOf(ended: Ended, args: readonly Argument[] = []): Record<string, unknown> {
  const { status, signal, stdout, stderr } = ended;
  if (status !== 0) {
    throw new Error(`adept ${args.join(' ')} ended with ${signal ?? `status ${String(status)}`}:\n${stderr}`);
  }
  return v.parse(v.record(v.string(), v.unknown()), JSON.parse(stdout.trim().split('\n').at(-1) ?? ''));
}
