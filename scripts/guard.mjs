// Runs a command that must not outlive whoever started this: when stdin closes (the starter ended, however it did), or on
// a signal, the command's process group is ended, and on Linux every process that inherited its mark, detached or not;
// then the folder it worked in is removed.
//
//   node scripts/guard.mjs FOLDER PROGRAM ARGS…
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';

const MARK = 'ADEPT_GUARD';
const GRACE_MILLISECONDS = 3000;
const mark = `${MARK}=${randomUUID()}`;

const [folder, program, ...args] = process.argv.slice(2);
const [name, value] = mark.split('=');
const child = spawn(program, args, {
  detached: true,
  stdio: ['ignore', 'inherit', 'inherit'],
  env: { ...process.env, [name]: value },
});
child.on('error', (error) => {
  process.stderr.write(`${program}: ${error.message}\n`);
  process.exit(127);
});
let ending = false;
child.on('exit', (code, signal) => {
  process.stderr.write(`guard: the command ended with ${signal ?? `exit status ${code}`}\n`);
  void end(code ?? 1);
});
process.stdin.resume();
for (const event of ['end', 'close', 'error']) {
  process.stdin.on(event, () => void end(0));
}
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.on(signal, () => void end(1));
}

/** @param {number} status */
async function end(status) {
  if (ending) {
    return;
  }
  ending = true;
  signalAll('SIGTERM');
  for (let waited = 0; waited < GRACE_MILLISECONDS && marked().length > 0; waited += 100) {
    await setTimeout(100);
  }
  signalAll('SIGKILL');
  rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  process.exit(status);
}

/** @param {NodeJS.Signals} signal */
function signalAll(signal) {
  for (const pid of [-child.pid, ...marked()]) {
    try {
      process.kill(pid, signal);
    } catch {
      // Gone in the meantime.
    }
  }
}

/** Processes that inherited this guard's mark; where there is no /proc, none is known. */
function marked() {
  if (!existsSync('/proc')) {
    return [];
  }
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry) && Number(entry) !== process.pid)
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0').includes(mark);
      } catch {
        return false;
      }
    })
    .map(Number);
}
