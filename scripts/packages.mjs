import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { dirname, join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const WAIT_MILLISECONDS = 200;
const UNSIGNED_MILLISECONDS = 5000;

/**
 * Installs the packages of package-lock.json unless they are there already. Two at once on a fresh clone wait for each
 * other; what a killed one left locked is taken over. All output goes to stderr.
 * @param {string} root the clone
 */
export async function ensurePackages(root) {
  const stamp = join(root, 'node_modules/.adept-packages');
  const wanted = createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex');
  const fresh = () => existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted;
  if (fresh()) {
    return;
  }
  await withLock(join(root, '.cache/packages.lock'), () => {
    if (fresh()) {
      return;
    }
    process.stderr.write('installing packages (npm ci)\n');
    const npm = spawnSync('npm', ['ci', '--no-audit', '--no-fund'], {
      cwd: root,
      stdio: ['ignore', process.stderr, process.stderr],
      shell: process.platform === 'win32',
    });
    if (npm.status !== 0) {
      process.stderr.write(
        `adept: npm ci failed (${npm.error?.message ?? `exit status ${npm.status}, signal ${npm.signal}`}): see above.\n`,
      );
      process.exit(1);
    }
    writeFileSync(stamp, wanted);
  });
}

/**
 * Holds a lock folder while `work` runs.
 * @param {string} lock
 * @param {() => unknown} work
 */
export async function withLock(lock, work) {
  mkdirSync(dirname(lock), { recursive: true });
  while (!take(lock)) {
    await setTimeout(WAIT_MILLISECONDS);
  }
  try {
    await work();
  } finally {
    rmSync(lock, { recursive: true, force: true });
  }
}

/** @param {string} lock */
function take(lock) {
  const owner = join(lock, 'pid');
  try {
    mkdirSync(lock);
    writeFileSync(owner, String(process.pid));
    return true;
  } catch (error) {
    if (error.code !== 'EEXIST') {
      throw error;
    }
  }
  if (isAbandoned(lock, owner)) {
    rmSync(lock, { recursive: true, force: true });
  }
  return false;
}

/**
 * Whether the lock's owner is gone; one that died before it could sign is given a few seconds.
 * @param {string} lock
 * @param {string} owner
 */
function isAbandoned(lock, owner) {
  try {
    return existsSync(owner)
      ? !isAlive(Number(readFileSync(owner, 'utf8')))
      : Date.now() - statSync(lock).mtimeMs > UNSIGNED_MILLISECONDS;
  } catch {
    // Released in this moment.
    return false;
  }
}

/** @param {number} pid */
function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await ensurePackages(dirname(dirname(fileURLToPath(import.meta.url))));
}
