import * as v from 'valibot';

const count = v.pipe(v.number(), v.integer(), v.minValue(0));

/** The process of a window, as others recognise whether it lives. */
export const QueueOwner = v.object({ pid: count, processToken: v.optional(v.string()) });
export type QueueOwner = v.InferOutput<typeof QueueOwner>;

/** What became of a run: `text` says why, where it is not done. */
export const QueueEnding = v.object({ kind: v.picklist(['done', 'stopped', 'failed']), text: v.string() });
export type QueueEnding = v.InferOutput<typeof QueueEnding>;

/** A run in the queue. */
export const QueueItem = v.object({
  id: v.string(),
  /** A new run of a *.adept.json, or one that goes on. */
  kind: v.picklist(['start', 'resume']),
  /** The run folder, absolute. */
  run: v.string(),
  /** The *.adept.json of a new run, or whose settings a run goes on with; absolute. */
  config: v.nullable(v.string()),
  /** starting: a window is about to start its process. */
  state: v.picklist(['waiting', 'starting', 'running', 'ended']),
  /** The window that started it, or that looks after it since that one is gone. */
  owner: v.nullable(QueueOwner),
  ending: v.nullable(QueueEnding),
});
export type QueueItem = v.InferOutput<typeof QueueItem>;

/** queue.json of a workspace's storage: runs that start one after the other. */
export const RunQueue = v.object({
  format: v.literal('adept.queue/1'),
  paused: v.boolean(),
  /** Whether the person was told what became of those that ended. */
  reported: v.boolean(),
  items: v.array(QueueItem),
});
export type RunQueue = v.InferOutput<typeof RunQueue>;

export const EMPTY_QUEUE: RunQueue = { format: 'adept.queue/1', paused: false, reported: false, items: [] };

export function isActive({ state }: Pick<QueueItem, 'state'>): boolean {
  return state === 'starting' || state === 'running';
}

/** Adds a run at the end. What was reported of an earlier queue is gone then. */
export function added(queue: RunQueue, item: Pick<QueueItem, 'id' | 'kind' | 'run' | 'config'>): RunQueue {
  const kept = queue.reported ? queue.items.filter(({ state }) => state !== 'ended') : queue.items;
  const waiting: QueueItem = { ...item, state: 'waiting', owner: null, ending: null };
  return { ...queue, reported: false, items: [...kept, waiting] };
}

/** Takes a run out that is not active. */
export function removed(queue: RunQueue, id: string): RunQueue {
  return { ...queue, items: queue.items.filter((item) => item.id !== id || isActive(item)) };
}

/** Puts a waiting run before the waiting one above it, or after the one below it. */
export function moved(queue: RunQueue, id: string, by: -1 | 1): RunQueue {
  const waiting = queue.items.filter(({ state }) => state === 'waiting');
  const at = waiting.findIndex((item) => item.id === id);
  const other = waiting[at + by];
  const self = waiting[at];
  if (self === undefined || other === undefined) {
    return queue;
  }
  const swap = (item: QueueItem): QueueItem => (item === self ? other : item === other ? self : item);
  return { ...queue, items: queue.items.map(swap) };
}

/** Forgets what ended. */
export function cleared(queue: RunQueue): RunQueue {
  return { ...queue, items: queue.items.filter(({ state }) => state !== 'ended') };
}

export function changedItem(queue: RunQueue, id: string, change: Partial<QueueItem>): RunQueue {
  return { ...queue, items: queue.items.map((item) => (item.id === id ? { ...item, ...change } : item)) };
}

/** A run's folder has another name. */
export function renamedRun(queue: RunQueue, from: string, to: string): RunQueue {
  return { ...queue, items: queue.items.map((item) => (item.run === from ? { ...item, run: to } : item)) };
}

/**
 * Takes the next run for a window to start; whoever writes this first starts it.
 * @returns undefined where nothing is to be started: the queue is paused or empty, or one of its runs is active
 */
export function claimed(
  queue: RunQueue,
  owner: QueueOwner,
): { readonly queue: RunQueue; readonly item: QueueItem } | undefined {
  const item = queue.items.find(({ state }) => state === 'waiting');
  if (queue.paused || item === undefined || queue.items.some(isActive)) {
    return undefined;
  }
  return { queue: changedItem(queue, item.id, { state: 'starting', owner }), item };
}

/** Whether all of it has ended and nobody was told. */
export function isOver({ items, reported }: RunQueue): boolean {
  return !reported && items.length > 0 && items.every(({ state }) => state === 'ended');
}
