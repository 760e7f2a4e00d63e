import { messageOf } from '../../shared/common/errors';
import {
  changedItem,
  claimed,
  EMPTY_QUEUE,
  isActive,
  isOver,
  type QueueEnding,
  type QueueItem,
  type QueueOwner,
  type RunQueue,
} from '../../shared/runs/runQueue';
import { isProcessAlive } from '../../node/process/processAlive';
import type { QueueFile } from '../../node/run/queueFile';
import { Listeners } from '../window/listeners';

/** What a queue asks of the window that it is in. */
export interface QueueHost {
  /** Whether a run may be started: the workspace is trusted, and none of its runs is active. */
  isFree(): boolean;
  /** How a run stands: at work, ended, or of which nothing is there. Undefined while that is not known. */
  standing(run: string): 'live' | 'missing' | QueueEnding | undefined;
  /** Starts the process of a run. @throws Error that says why it cannot be started */
  launch(item: QueueItem): Promise<void>;
  /** Everything ended. */
  over(items: readonly QueueItem[]): void;
  /** The queue's file cannot be used. */
  failed(error: unknown): void;
}

/**
 * Starts the runs of a queue one after the other. Windows with the same queue agree through its file: the one that claims
 * a run there starts it and looks after it; when that window is gone, another does.
 */
export class QueueRunner {
  readonly onDidChange = new Listeners<undefined>();
  private current: RunQueue = EMPTY_QUEUE;
  private currentProblem: string | undefined;
  private ticking: Promise<void> | undefined;
  private again = false;
  private isDisposed = false;

  constructor(
    private readonly file: QueueFile,
    private readonly host: QueueHost,
    private readonly owner: QueueOwner,
  ) {}

  /** The queue as it was read last. */
  get queue(): RunQueue {
    return this.current;
  }

  /** Why the file cannot be used. */
  get problem(): string | undefined {
    return this.currentProblem;
  }

  /** Changes the queue, and looks at once whether there is something to start. @throws AdeptError as the file */
  async change(how: (queue: RunQueue) => RunQueue): Promise<void> {
    this.show(await this.file.update(how));
    void this.tick();
  }

  /** Looks whether something ended, or is to be started. Cheap while there is nothing to do; never throws. */
  async tick(): Promise<void> {
    if (this.ticking !== undefined) {
      this.again = true;
      return this.ticking;
    }
    this.ticking = this.look().finally(() => {
      this.ticking = undefined;
    });
    return this.ticking;
  }

  private async look(): Promise<void> {
    if (this.isDisposed) {
      return;
    }
    try {
      this.show(this.file.read());
      if (this.current.items.some((item) => this.concerns(item)) || isOver(this.current)) {
        await this.step();
      }
    } catch (error) {
      this.fail(error);
    }
    if (this.again) {
      this.again = false;
      await this.look();
    }
  }

  dispose(): void {
    this.isDisposed = true;
    this.onDidChange.clear();
  }

  /** Whether this window may have something to do about a run, as far as can be told without the lock. */
  private concerns(item: QueueItem): boolean {
    return (
      (item.state === 'waiting' && !this.current.paused && this.host.isFree()) ||
      (isActive(item) && (this.isOwn(item) || !isOwnerAlive(item)))
    );
  }

  private isOwn({ owner }: QueueItem): boolean {
    return owner?.pid === this.owner.pid && owner.processToken === this.owner.processToken;
  }

  private async step(): Promise<void> {
    let next: QueueItem | undefined;
    let ended: readonly QueueItem[] = [];
    const after = await this.file.update((queue) => {
      const settled = this.settled(queue);
      const claim = this.host.isFree() ? claimed(settled, this.owner) : undefined;
      next = claim?.item;
      const taken = claim?.queue ?? settled;
      if (!isOver(taken)) {
        return taken;
      }
      ended = taken.items;
      return { ...taken, reported: true };
    });
    this.show(after);
    if (next !== undefined) {
      await this.launch(next);
    }
    if (ended.length > 0) {
      this.host.over(ended);
    }
  }

  /** The queue with what is known of the runs that this window looks after. */
  private settled(queue: RunQueue): RunQueue {
    return queue.items.reduce((before, item) => {
      if (!isActive(item) || (!this.isOwn(item) && isOwnerAlive(item))) {
        return before;
      }
      const standing = this.host.standing(item.run);
      const adopted = this.isOwn(item) ? before : changedItem(before, item.id, { owner: this.owner });
      if (
        item.state === 'starting' &&
        (standing === 'missing' || (item.kind === 'resume' && standing !== 'live'))
      ) {
        // Its window is gone before it had started it.
        return changedItem(before, item.id, { state: 'waiting', owner: null });
      }
      if (standing === 'live' || standing === undefined) {
        return item.state === 'running' ? adopted : changedItem(adopted, item.id, { state: 'running' });
      }
      const ending: QueueEnding = standing === 'missing' ? { kind: 'failed', text: '' } : standing;
      return changedItem(before, item.id, { state: 'ended', owner: null, ending });
    }, queue);
  }

  /** What cannot be started is marked with its cause, and the queue goes on. */
  private async launch(item: QueueItem): Promise<void> {
    let change: Partial<QueueItem>;
    try {
      await this.host.launch(item);
      change = { state: 'running' };
    } catch (error) {
      change = { state: 'ended', owner: null, ending: { kind: 'failed', text: messageOf(error) } };
    }
    this.show(await this.file.update((queue) => changedItem(queue, item.id, change)));
    this.again = true;
  }

  private show(queue: RunQueue): void {
    const isNews =
      JSON.stringify(queue) !== JSON.stringify(this.current) || this.currentProblem !== undefined;
    this.current = queue;
    this.currentProblem = undefined;
    if (isNews) {
      this.onDidChange.emit(undefined);
    }
  }

  private fail(error: unknown): void {
    const problem = messageOf(error);
    if (problem !== this.currentProblem) {
      this.currentProblem = problem;
      this.host.failed(error);
      this.onDidChange.emit(undefined);
    }
  }
}

function isOwnerAlive({ owner }: QueueItem): boolean {
  return owner !== null && isProcessAlive(owner.pid, owner.processToken);
}
