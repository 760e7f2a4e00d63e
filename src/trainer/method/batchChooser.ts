import { batchOf, type Batch } from '../data/sequences/batch';
import type { Sequence, SequenceList } from '../data/sequences/sequences';
import type { MemoryLimit } from '../executor/requests';
import type { ProcessMemory } from '../executor/results';

/** Most memory that a computation may take, and where it puts what does not fit. */
export interface MemoryBudget {
  readonly bytes: number;
  readonly folder: string;
}

/** A larger batch must be so much faster per sequence than a smaller one to be worth its memory. */
const WORTHWHILE = 0.97;

/**
 * Cuts sequences into batches of the size that is fastest on this machine and stays within the budget. Sizes are tried by
 * doing real work: 1, 2, 4… sequences, each timed, until a size is no faster, or the next would need more memory than
 * there is by what the last one took. What is tried is never done again.
 */
export class BatchChooser {
  private size = 1;
  private best: { readonly size: number; readonly seconds: number } | undefined;
  private settled = false;

  private constructor(
    private readonly sequences: SequenceList,
    private readonly budget: MemoryBudget,
    /** What is taken with the model's weights loaded, and nothing computed. */
    private readonly before: number,
    private readonly memory: () => Promise<ProcessMemory>,
    private readonly clock: () => number,
  ) {}

  /** @param memory of what computes */
  static async open(
    sequences: SequenceList,
    budget: MemoryBudget,
    memory: () => Promise<ProcessMemory>,
    clock: () => number = () => performance.now() / 1000,
  ): Promise<BatchChooser> {
    return new BatchChooser(sequences, budget, (await memory()).now, memory, clock);
  }

  /** The same for further sequences: what was learned holds, and the memory that has been taken since is not what was there before. */
  again(sequences: SequenceList): BatchChooser {
    const next = new BatchChooser(sequences, this.budget, this.before, this.memory, this.clock);
    next.best = this.best;
    next.size = this.size;
    next.settled = this.settled;
    return next;
  }

  /** The size that was chosen, or is being tried. */
  get batchSize(): number {
    return this.size;
  }

  /** What hidden states may take: half of what the budget leaves beside what is there; the other half is for the layers. */
  get memoryLimit(): MemoryLimit {
    return { bytes: Math.max(0, this.budget.bytes - this.before) / 2, folder: this.budget.folder };
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Batch> {
    for (let begin = 0; begin < this.sequences.size;) {
      const rows = this.rows(begin);
      begin += rows.length;
      const started = this.clock();
      yield batchOf(rows);
      // The last batch may be smaller than what is tried, and says nothing.
      if (!this.settled && rows.length === this.size) {
        await this.learn((this.clock() - started) / rows.length);
      }
    }
  }

  /** As many as are tried, from `begin` on. */
  private rows(begin: number): Sequence[] {
    const length = Math.min(this.size, this.sequences.size - begin);
    return Array.from({ length }, (_, index) => this.sequences.at(begin + index));
  }

  private async learn(seconds: number): Promise<void> {
    if (this.best !== undefined && seconds > this.best.seconds * WORTHWHILE) {
      this.size = this.best.size;
      this.settled = true;
      return;
    }
    this.best = { size: this.size, seconds };
    const taken = (await this.memory()).peak - this.before;
    if (this.before + 2 * taken > this.budget.bytes) {
      this.settled = true;
      return;
    }
    this.size *= 2;
  }
}
