import { statSync } from 'node:fs';
import { basename } from 'node:path';
import { inputError } from '../../../shared/common/errors';
import type { StoredText } from '../../../shared/texts/storedText';
import { yieldToEventLoop, type Task } from '../../task';
import { readBlocks } from '../reading/readBlocks';
import type { BlockTokens, TokenRecipe } from './blockTokens';
import { StoreWriter } from './storeWriter';
import type { TextRequest } from './textRequest';
import { bytesOf, type TokenStore } from './tokenStore';
import { inThisThread, TokenThreads, type BlockWorkers } from './tokenWorkers';

/** Less than this is tokenised before a thread has begun. */
const THREADS_FROM_BYTES = 4e6;
/** What a kill loses at most. */
const COMMIT_MILLISECONDS = 2000;

interface Pending {
  readonly tokens: Promise<BlockTokens>;
  readonly position: StoredText['position'];
}

/** Reads a text from where its store stands, tokenises it and puts it into the store, until it is enough or all. */
export class TextFiller {
  private readonly writer: StoreWriter;
  private readonly sizes: readonly number[];
  private readonly started = performance.now();
  private readonly startBytes: number;
  private lastCommit = performance.now();

  constructor(
    private readonly store: TokenStore,
    private readonly recipe: TokenRecipe,
    private readonly request: TextRequest,
    /** Bytes that the store may take. */
    private readonly room: number,
    private readonly task: Task,
  ) {
    this.writer = new StoreWriter(store, { dedup: request.text.dedup === 'exact' });
    this.sizes = request.files.map((file) => statSync(file).size);
    this.startBytes = this.bytesBefore(this.writer.description.position);
  }

  async fill(): Promise<void> {
    const { request } = this;
    const total = this.sizes.reduce((sum, size) => sum + size, 0);
    const workers =
      total - this.startBytes < THREADS_FROM_BYTES || request.enoughTokens !== undefined
        ? inThisThread(this.recipe)
        : new TokenThreads(this.recipe);
    try {
      const whole = await this.run(workers);
      this.writer.commit(whole);
    } finally {
      this.writer.close();
      await workers.close();
    }
  }

  /** @returns whether the text came to its end */
  private async run(workers: BlockWorkers): Promise<boolean> {
    const pending: Pending[] = [];
    for await (const next of this.blocks(workers)) {
      pending.push(next);
      // Unheard rejections of later blocks must not end the process before the first is reported.
      next.tokens.catch(() => undefined);
      if (pending.length >= workers.atOnce && (await this.take(pending))) {
        return false;
      }
    }
    while (pending.length > 0) {
      if (await this.take(pending)) {
        return false;
      }
    }
    return true;
  }

  /** Puts the next block in its place. @returns whether what there is now is enough */
  private async take(pending: Pending[]): Promise<boolean> {
    const next = pending.shift();
    if (next === undefined) {
      return false;
    }
    this.writer.add(await next.tokens, next.position, this.request.text.skipBadRows);
    await yieldToEventLoop(this.task);
    this.report();
    if (performance.now() - this.lastCommit > COMMIT_MILLISECONDS) {
      this.checkRoom();
      this.writer.commit();
      this.lastCommit = performance.now();
    }
    return this.request.enough(this.writer.description);
  }

  private async *blocks(workers: BlockWorkers): AsyncGenerator<Pending> {
    const { files, label, text } = this.request;
    const from = this.writer.description.position;
    for (const [file, path] of files.entries()) {
      if (file < from.file) {
        continue;
      }
      const where = `${label}${path}`;
      for await (const block of readBlocks(path, { textColumn: text.textColumn }, where)) {
        if (file === from.file && block.firstRow <= from.row) {
          continue;
        }
        const tokens = workers.tokenize({ block, where });
        yield { tokens, position: { file, row: block.firstRow, bytes: block.position } };
      }
    }
  }

  /** Bytes of the files before a position. */
  private bytesBefore({ file, bytes }: StoredText['position']): number {
    return this.sizes.slice(0, file).reduce((sum, size) => sum + size, 0) + bytes;
  }

  private report(): void {
    const { position } = this.writer.description;
    const total = this.sizes.reduce((sum, size) => sum + size, 0);
    const done = this.bytesBefore(position);
    const speed = (done - this.startBytes) / ((performance.now() - this.started) / 1000);
    const left = speed > 0 && this.request.enoughTokens === undefined ? timeText((total - done) / speed) : '';
    const name = basename(this.request.files[position.file] ?? '');
    const rate = `${(done / 1e6).toFixed(1)} of ${(total / 1e6).toFixed(1)} MB, ${(speed / 1e6).toFixed(1)} MB/s`;
    this.task.report(total === 0 ? 1 : done / total, `tokenising ${name}: ${rate}${left}`);
  }

  /** @throws AdeptError (input) where the store would take more than the cache may */
  private checkRoom(): void {
    const { description } = this.writer;
    const taken = (['tokens', 'ends', 'rowTokens', 'rows'] as const).reduce(
      (sum, part) => sum + bytesOf(description, part),
      0,
    );
    if (taken > this.room) {
      throw inputError(
        `Text cache ${this.store.folder ?? ''}: the token ids of this text take more than the ${(this.room / 1e9).toFixed(1)} GB that are left to it: raise ADEPT_TEXT_CACHE_GB, free space on that disk, or name another folder with ADEPT_TEXT_CACHE.`,
      );
    }
  }
}

function timeText(seconds: number): string {
  return seconds < 90 ? `, ${Math.ceil(seconds)} s left` : `, ${Math.ceil(seconds / 60)} min left`;
}
