import { basename } from 'node:path';
import { cleared, moved, removed, type RunQueue } from '../../shared/runs/runQueue';
import type { FromRuns, ShownQueue } from '../../shared/webview/runs';
import type { QueueRunner } from '../queue/queueRunner';
import { nameOf, type RunEntry } from '../runs/runEntry';

/** The queue as the page of runs shows it. */
export function shownQueue({ queue, problem }: QueueRunner, live: readonly RunEntry[]): ShownQueue {
  const rows = queue.items.map(({ id, kind, state, ending, run }) => ({
    ...{ id, kind, state, ending },
    path: run,
    name: basename(run),
  }));
  return { paused: queue.paused, rows, waitsFor: live.map(nameOf), problem: problem ?? null };
}

/** The queue after what the page asked for. */
export function changedQueue(
  queue: RunQueue,
  message: Extract<FromRuns, { type: 'queue' | 'queued' }>,
): RunQueue {
  switch (message.how) {
    case 'pause':
      return { ...queue, paused: true };
    case 'continue':
      return { ...queue, paused: false };
    case 'clear':
      return cleared(queue);
    case 'up':
      return moved(queue, message.id, -1);
    case 'down':
      return moved(queue, message.id, 1);
    case 'remove':
      return removed(queue, message.id);
  }
}
