import { linkSync, readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import * as v from 'valibot';

const ownerSchema = v.object({ pid: v.pipe(v.number(), v.integer()), host: v.string(), token: v.string() });
type Owner = v.InferOutput<typeof ownerSchema>;

export interface LockOptions {
  readonly signal?: AbortSignal | undefined;
  /** Called once when another process holds the lock. */
  readonly onWait: (pid: number) => void;
  /** Asked whenever the lock was found held; true where it is not needed any more. */
  readonly enough?: () => boolean;
  readonly pollMs?: number;
}

const heartbeatMs = 5_000;
// Of an owner whose process this machine cannot see, or whose number another process may have been given since.
const staleMs = 60_000;

/**
 * Waits until this process is the only one that works in `home`.
 * @returns what gives the lock back; undefined where `enough` was
 * @throws the signal's reason
 */
export async function acquireLock(
  home: string,
  options: LockOptions & { readonly enough: () => boolean },
): Promise<(() => void) | undefined>;
export async function acquireLock(home: string, options: LockOptions): Promise<() => void>;
export async function acquireLock(home: string, options: LockOptions): Promise<(() => void) | undefined> {
  const path = join(home, 'lock');
  const owner: Owner = {
    pid: process.pid,
    host: hostname(),
    token: `${String(process.pid)}-${String(performance.timeOrigin + performance.now())}`,
  };
  let told = false;
  while (!(await taken(path, owner))) {
    const owner = readOwner(path);
    if (owner === undefined || isStale(path, owner)) {
      removeStale(path, owner);
      continue;
    }
    if (!told) {
      told = true;
      options.onWait(owner.pid);
    }
    if (options.enough?.() === true) {
      return undefined;
    }
    await sleep(options.pollMs ?? 1_000, undefined, { signal: options.signal }).catch(() => {
      options.signal?.throwIfAborted();
    });
  }
  const heart = setInterval(() => {
    refresh(path);
  }, heartbeatMs);
  heart.unref();
  return () => {
    clearInterval(heart);
    if (readOwner(path)?.token === owner.token) {
      rmSync(path, { force: true });
    }
  };
}

/** Whether some process works in a folder. */
export function isLocked(home: string): boolean {
  const path = join(home, 'lock');
  const owner = readOwner(path);
  return owner !== undefined && !isStale(path, owner);
}

/** Removes the lock of a process that was killed: for whoever finds nothing left to do in `home`, and takes no lock. */
export function removeStaleLock(home: string): void {
  const path = join(home, 'lock');
  const owner = readOwner(path);
  if (owner !== undefined && isStale(path, owner)) {
    removeStale(path, owner);
  }
}

/** Creates the lock file unless it exists, and looks again a moment later, since another process may have called it stale. */
async function taken(path: string, owner: Owner): Promise<boolean> {
  try {
    writeFileSync(path, JSON.stringify(owner), { flag: 'wx' });
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') {
      return false;
    }
    throw error;
  }
  await sleep(50);
  return readOwner(path)?.token === owner.token;
}

function readOwner(path: string): Owner | undefined {
  try {
    const parsed = v.safeParse(ownerSchema, JSON.parse(readFileSync(path, 'utf8')));
    return parsed.success ? parsed.output : undefined;
  } catch {
    return undefined;
  }
}

function isStale(path: string, owner: Owner): boolean {
  if (owner.host === hostname() && !isAlive(owner.pid)) {
    return true;
  }
  return age(path) > staleMs;
}

/** Renames the lock away before deleting it, and gives it back if it turns out to be another process's new one. */
function removeStale(path: string, expected: Owner | undefined): void {
  // Just created and not yet written, rather than broken.
  if (expected === undefined && age(path) < 1_000) {
    return;
  }
  const aside = `${path}.stale-${String(process.pid)}`;
  try {
    renameSync(path, aside);
    if (readOwner(aside)?.token !== expected?.token) {
      linkSync(aside, path);
    }
  } catch {
    // Another process was quicker.
  }
  rmSync(aside, { force: true });
}

function age(path: string): number {
  try {
    return Date.now() - statSync(path).mtimeMs;
  } catch {
    return 0;
  }
}

function refresh(path: string): void {
  const now = new Date();
  try {
    utimesSync(path, now, now);
  } catch {
    // The folder was removed under us; the work itself will say so.
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
