import { type ChildProcess, spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { HANG_MILLISECONDS } from '../../support/hang';
import { projectRoot } from '../../support/projectRoot';

export interface Server {
  readonly port: number;
  /** What it wrote so far. */
  log(): string;
  /** Ends it and everything that it started, detached trainers included, and removes its folder. */
  stop(): Promise<void>;
}

/** A port of the loopback interface that was free a moment ago. */
export async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve, reject) => {
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', resolve);
  });
  const address = probe.address();
  await new Promise((resolve) => probe.close(resolve));
  if (address === null || typeof address === 'string') {
    throw new Error('the loopback interface gave no port');
  }
  return address.port;
}

/**
 * Starts a server under the guard, which ends it and removes its folder when this process ends, however it does.
 * @param ready what it writes when it takes connections
 * @throws Error when it ends or stays silent instead
 */
export async function startServer(
  folder: string,
  program: string,
  args: readonly string[],
  port: number,
  ready: RegExp,
  env: Readonly<Record<string, string>> = {},
): Promise<Server> {
  const guard = spawn(process.execPath, [join(projectRoot, 'scripts/guard.mjs'), folder, program, ...args], {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { ...process.env, ...env },
  });
  let text = '';
  const ended = new Promise<void>((resolve) => guard.once('close', resolve));
  await new Promise<void>((resolve, reject) => {
    const timer = setTimeout(() => {
      reject(new Error(`the server was not up after ${HANG_MILLISECONDS / 1000} s:\n${text}`));
    }, HANG_MILLISECONDS);
    const read = (chunk: Buffer): void => {
      text += chunk.toString();
      if (ready.test(text)) {
        clearTimeout(timer);
        resolve();
      }
    };
    guard.stdout.on('data', read);
    guard.stderr.on('data', read);
    guard.once('close', () => {
      clearTimeout(timer);
      reject(new Error(`the server ended:\n${text}`));
    });
  }).catch(async (error: unknown) => {
    await stop(guard, ended);
    throw error;
  });
  return { port, log: () => text, stop: () => stop(guard, ended) };
}

async function stop(guard: ChildProcess, ended: Promise<void>): Promise<void> {
  guard.stdin?.end();
  await ended;
}
