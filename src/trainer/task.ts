import { setImmediate } from 'node:timers/promises';
import { AdeptError } from '../shared/common/errors';

/** How a long computation tells how far it is, and learns that it should end. */
export interface Task {
  /** `fraction` of the whole, 0 to 1. */
  report(fraction: number, message: string): void;
  /** Says something that is to be remembered; lost where nobody listens. */
  log?(message: string): void;
  readonly signal?: AbortSignal;
}

/**
 * A call over the control socket is accepted, read, and taken from the queue of messages in different turns of the event
 * loop: with one turn between two computations it would wait for four of them.
 */
const TURNS = 8;

/** What a cancelled task ends with. */
export class Cancelled extends AdeptError {
  constructor() {
    super('Cancelled: nothing was written; start it again when you like.', 'failure');
  }
}

export const SILENT_TASK: Task = { report: () => undefined };

/**
 * Lets sockets, timers and signals be served between two computations, which block the event loop.
 * @throws Cancelled when the task was cancelled.
 */
export async function yieldToEventLoop(task: Task): Promise<void> {
  for (let turn = 0; turn < TURNS; turn += 1) {
    await setImmediate();
  }
  if (task.signal?.aborted === true) {
    throw new Cancelled();
  }
}

/** Work of a task that says nothing of its own; cancelled with it. */
export function quietly({ signal }: Task): Task {
  return { ...SILENT_TASK, ...(signal ? { signal } : {}) };
}

/** Work whose progress is not told, but what it has for the log is. */
export function withoutProgress(task: Task): Task {
  return { ...quietly(task), ...(task.log ? { log: (message: string) => task.log?.(message) } : {}) };
}

/** The part of a task from `begin` to `end`. @param what stands before what it says */
export function subtask(task: Task, begin: number, end: number, what?: string): Task {
  const report = (fraction: number, message: string): void => {
    const text = what === undefined ? message : `${what} ${message}`;
    task.report(begin + (end - begin) * fraction, text);
  };
  return {
    report,
    ...(task.log ? { log: (message: string) => task.log?.(message) } : {}),
    ...(task.signal ? { signal: task.signal } : {}),
  };
}
