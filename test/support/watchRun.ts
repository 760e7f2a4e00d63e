import { existsSync, readFileSync, watch } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { RunFolder } from '../../src/node/run/runFolder';
import type { Running } from './command';

const POLL_MILLISECONDS = 4;

/** The last step that a run's log names; 0 before the first. */
export function lastStep(run: string): number {
  const file = join(run, 'events.ndjson');
  const text = existsSync(file) ? readFileSync(file, 'utf8') : '';
  const whole = text.slice(0, text.lastIndexOf('\n') + 1);
  const begin = whole.lastIndexOf('"type":"step","step":');
  return begin < 0 ? 0 : Number(/\d+/.exec(whole.slice(begin))?.[0]);
}

/** Whether the log holds this text, somewhere behind another. */
export function hasEvent(run: string, text: string, behind = ''): boolean {
  const file = join(run, 'events.ndjson');
  const log = existsSync(file) ? readFileSync(file, 'utf8') : '';
  const begin = log.indexOf(behind);
  return begin >= 0 && log.includes(text, begin);
}

/** The process that trainer.json names. */
export function trainerPid(run: string): number | undefined {
  return RunFolder.at(run).readTrainer()?.pid;
}

/** Waits until something holds of a run, and looks every `poll` ms. @returns false when its process ended first */
export async function until(
  running: Running,
  holds: () => boolean,
  poll = POLL_MILLISECONDS,
): Promise<boolean> {
  while (!holds()) {
    if (running.child.exitCode !== null || running.child.signalCode !== null) {
      return holds();
    }
    await setTimeout(poll);
  }
  return true;
}

/** Kills a process at the moment when a name that fits appears in a folder. @returns what stops the watching */
export function killWhenNamed(running: Running, folder: string, fits: RegExp): () => void {
  const watcher = watch(folder, (_, name) => {
    if (name !== null && fits.test(name)) {
      running.child.kill('SIGKILL');
    }
  });
  return () => {
    watcher.close();
  };
}
