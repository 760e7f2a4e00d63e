import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { besideBundle } from '../../../node/files/besideBundle';
import { AdeptError, failure } from '../../../shared/common/errors';
import type { RowBlock } from '../reading/rowBlock';
import { BlockTokenizer, type BlockTokens, type TokenRecipe } from './blockTokens';

/** What a thread is sent, and what it answers. */
export interface BlockRequest {
  readonly block: RowBlock;
  readonly where: string;
}
export type BlockAnswer =
  | { readonly tokens: BlockTokens }
  | { readonly error: { readonly message: string; readonly kind: AdeptError['kind'] | undefined } };

/** Makes ids of blocks, several at a time; the answers may be waited for in any order. */
export interface BlockWorkers {
  /** So many blocks are worth being asked for at once. */
  readonly atOnce: number;
  tokenize(request: BlockRequest): Promise<BlockTokens>;
  close(): Promise<void>;
}

/** In this thread: for little text, which is done before a thread has begun. */
export function inThisThread(recipe: TokenRecipe): BlockWorkers {
  const tokenizer = new BlockTokenizer(recipe);
  return {
    atOnce: 1,
    tokenize: ({ block, where }) => Promise.resolve(tokenizer.tokenize(block, where)),
    close: () => Promise.resolve(),
  };
}

interface Job {
  readonly request: BlockRequest;
  readonly resolve: (tokens: BlockTokens) => void;
  readonly reject: (error: unknown) => void;
}

/** Blocks for each thread: one that it works on, and one that waits, so that it is never idle. */
const BLOCKS_PER_THREAD = 2;
/** What a block leaves behind lives short: more room for it makes nothing faster. */
const YOUNG_MEGABYTES = 16;

/** As many threads as there are cores, each with a tokenizer of its own. */
export class TokenThreads implements BlockWorkers {
  readonly atOnce: number;
  private readonly idle: Worker[] = [];
  private readonly waiting: Job[] = [];
  private readonly working = new Map<Worker, Job>();
  private readonly threads: Worker[] = [];
  private closing = false;

  constructor(
    private readonly recipe: TokenRecipe,
    private readonly count = availableParallelism(),
  ) {
    this.atOnce = count * BLOCKS_PER_THREAD;
    this.start();
  }

  tokenize(request: BlockRequest): Promise<BlockTokens> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ request, resolve, reject });
      this.next();
    });
  }

  async close(): Promise<void> {
    this.closing = true;
    await Promise.all(this.threads.map((thread) => thread.terminate()));
  }

  /** One after the other: opening a large tokenizer takes several times the memory that it keeps. */
  private start(): void {
    const thread = new Worker(workerFile(), {
      workerData: this.recipe,
      resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MEGABYTES },
    });
    thread.on('message', (answer: BlockAnswer) => {
      const job = this.working.get(thread);
      this.working.delete(thread);
      this.idle.push(thread);
      if (this.threads.length < this.count && this.waiting.length > 0) {
        this.start();
      }
      if ('tokens' in answer) {
        job?.resolve(answer.tokens);
      } else {
        const { message, kind } = answer.error;
        job?.reject(kind === undefined ? new Error(message) : new AdeptError(message, kind));
      }
      this.next();
    });
    thread.on('error', (error) => {
      this.lost(error instanceof Error ? error : new Error(String(error)));
    });
    thread.on('exit', () => {
      this.lost(new Error('it ended'));
    });
    this.threads.push(thread);
    this.idle.push(thread);
  }

  /** Without one of them the order could not be kept: all that is under way ends. */
  private lost(error: Error): void {
    if (this.closing) {
      return;
    }
    const gone = failure(
      `A tokenizer thread ended (${error.message}): start again; what was stored is reused.`,
      error,
    );
    const jobs = [...this.working.values(), ...this.waiting.splice(0)];
    this.working.clear();
    for (const job of jobs) {
      job.reject(gone);
    }
  }

  private next(): void {
    while (this.idle.length > 0 && this.waiting.length > 0) {
      const thread = this.idle.pop();
      const job = this.waiting.shift();
      if (thread && job) {
        this.working.set(thread, job);
        const { block } = job.request;
        thread.postMessage(job.request, block.kind === 'lines' ? [block.bytes.buffer] : []);
      }
    }
  }
}

/** The bundle of `tokenThread.ts`. */
function workerFile(): string {
  const found = besideBundle('tokenThread.cjs');
  if (found === undefined) {
    throw failure(`tokenThread.cjs is missing beside ${__dirname}: install the extension again.`);
  }
  return found;
}
