import { join } from 'node:path';
import { messageOf } from '../../../shared/common/errors';
import type { CacheRequest } from '../../executor/requests';
import { batchOf, rowsOf, type Batch } from '../../data/sequences/batch';
import type { Tensor } from '../engine/tensor';
import type { CausalLM } from '../model/causalLM';
import { freeBytes, ScratchFile } from './scratchFile';

const FILE = 'frozen-states.tmp';
const BYTES = 4;
const MEGABYTE = 1e6;
/** Room on the disk that is left to checkpoints, which matter more. */
const RESERVED_BYTES = 1e9;

export interface ActivationCacheOptions {
  /** The lowest layer that is trained: nothing below it changes. */
  readonly layer: number;
  /** Where the file lies; it has no name there any more once it is open, so that nothing remains however the process ends. */
  readonly folder: string;
  /** Most bytes that are kept; the last gigabyte of the disk is never taken. */
  readonly limit: number;
  /** Told when states that were to be kept cannot be. */
  readonly onProblem: (message: string) => void;
}

/**
 * What is kept for a run that trains these layers; undefined where that is nothing, because the lowest layer, or everything,
 * is trained.
 */
export function activationCache(
  model: CausalLM,
  trained: readonly number[],
  options: CacheRequest,
): ActivationCache | undefined {
  const layer = Math.min(...trained);
  const limit = options.megabytes * MEGABYTE;
  return Number.isFinite(layer) && layer > 0 && limit > 0
    ? new ActivationCache(model, { ...options, layer, limit })
    : undefined;
}

/**
 * The hidden states that enter the lowest trainable layer. They depend on a sequence's tokens (and on where its documents
 * begin) alone, so they are computed once, kept on the disk (in the system's memory as long as there is room), and read in
 * later epochs, evaluations and importance refreshes. Exact: they are those of the sequence by itself. An engine that gives
 * other bits to a sequence in a batch computes them one after the other, so that a resumed run, which puts other batches
 * together, goes on bit for bit.
 */
export class ActivationCache {
  readonly layer: number;
  /** Where a sequence's states begin in the file, by the sequence's number. */
  private readonly offsets = new Map<number, number>();
  private file: ScratchFile | undefined;
  private bytes = 0;
  /** Whether a batch gives each of its sequences the bits that it has alone; unknown before the first batch of several. */
  private together: boolean | undefined;
  private writable = true;

  constructor(
    private readonly model: CausalLM,
    private readonly options: ActivationCacheOptions,
  ) {
    this.layer = options.layer;
  }

  /** How many sequences are kept. */
  get size(): number {
    return this.offsets.size;
  }

  /** Input of the layer for a batch, [B·T, D]; zero where a row is padding, which no position looks at. */
  input(batch: Batch): Tensor {
    return this.read(batch) ?? this.computeAndKeep(batch);
  }

  close(): void {
    this.file?.close();
    this.file = undefined;
    this.offsets.clear();
  }

  private compute(batch: Batch): Tensor {
    const { model } = this;
    return model.engine.tidy(() => model.run(model.context(batch), model.embed(batch), 0, this.layer));
  }

  /** States of every sequence by itself, [B·T, D]; zero where a row is padding. */
  private computeAlone(of: Batch): Tensor {
    const { length, batch } = of;
    const { engine, config } = this.model;
    const states = new Float32Array(batch * length * config.hiddenSize);
    for (const [index, row] of rowsOf(of).entries()) {
      engine.tidy(() => {
        states.set(engine.read(this.compute(batchOf([row]))), index * length * config.hiddenSize);
      });
    }
    return engine.tensor(states, [batch * length, config.hiddenSize]);
  }

  private read({ numbers, lengths, length, batch }: Batch): Tensor | undefined {
    const { engine, config } = this.model;
    const { file } = this;
    const offsets = numbers.map((number) => this.offsets.get(number));
    if (file === undefined || offsets.length === 0 || offsets.includes(undefined)) {
      return undefined;
    }
    const states = new Float32Array(batch * length * config.hiddenSize);
    for (const [index, offset] of offsets.entries()) {
      const values = (lengths[index] ?? 0) * config.hiddenSize;
      const begin = index * length * config.hiddenSize;
      file.read(states.subarray(begin, begin + values), offset ?? 0);
    }
    return engine.tensor(states, [batch * length, config.hiddenSize]);
  }

  private computeAndKeep(batch: Batch): Tensor {
    if (batch.batch > 1) {
      this.together ??= this.agrees(batch);
    }
    // Composed attention computes documents of all rows together, by their lengths: one batch says nothing of the next.
    const mixed = batch.documentStarts !== undefined && this.model.engine.fused === undefined;
    const states = this.together === false || mixed ? this.computeAlone(batch) : this.compute(batch);
    if (this.writable) {
      this.keep(batch, states);
    }
    return states;
  }

  /** Whether a batch, in its order and in the reverse, gives its sequences the bits that they have alone. */
  private agrees(batch: Batch): boolean {
    const { engine } = this.model;
    return [batch, batchOf(rowsOf(batch).reverse())].every((order) =>
      engine.tidy(() => {
        const together = this.bits(order, this.compute(order));
        const alone = this.bits(order, this.computeAlone(order));
        return together.every((row, index) => row.every((value, at) => value === alone[index]?.[at]));
      }),
    );
  }

  /** What float32 values are made of, row by row, without padding. */
  private bits({ lengths, length }: Batch, states: Tensor): Uint32Array[] {
    const { engine, config } = this.model;
    const values = engine.read(states);
    const all = new Uint32Array(values.buffer, values.byteOffset, values.length);
    return Array.from(lengths, (own, index) => {
      const begin = index * length * config.hiddenSize;
      return all.subarray(begin, begin + own * config.hiddenSize);
    });
  }

  private keep({ numbers, lengths, length }: Batch, states: Tensor): void {
    const { engine, config } = this.model;
    const fresh = numbers
      .map((number, index) => ({ number, index, own: (lengths[index] ?? 0) * config.hiddenSize }))
      .filter(({ number }) => !this.offsets.has(number));
    const wanted = fresh.reduce((sum, { own }) => sum + own * BYTES, 0);
    if (this.bytes + wanted > this.options.limit) {
      return;
    }
    try {
      if (freeBytes(this.options.folder) - wanted < RESERVED_BYTES) {
        return;
      }
      const values = engine.read(states);
      this.file ??= new ScratchFile(join(this.options.folder, FILE));
      for (const { number, index, own } of fresh) {
        const begin = index * length * config.hiddenSize;
        const part = values.subarray(begin, begin + own);
        this.file.write(part, this.bytes);
        this.offsets.set(number, this.bytes);
        this.bytes += part.byteLength;
      }
    } catch (error) {
      this.writable = false;
      this.options.onProblem(
        `Hidden states cannot be stored in ${this.options.folder} (${messageOf(error)}): they are computed again each time.`,
      );
    }
  }
}
