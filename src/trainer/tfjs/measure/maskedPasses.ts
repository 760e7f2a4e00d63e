import { join } from 'node:path';
import { failure, messageOf } from '../../../shared/common/errors';
import type { MemoryLimit } from '../../executor/requests';
import type { Engine } from '../engine/engine';
import type { Tensor } from '../engine/tensor';
import { ScratchFile } from '../cache/scratchFile';

const FILE = 'passes.tmp';

/** The hidden states of every masked pass of a batch, [B·T, D] each, in memory as far as there is room for them. */
export class MaskedPasses {
  private readonly held: (Tensor | undefined)[] = [];
  private file: ScratchFile | undefined;
  private count = 0;

  constructor(
    private readonly engine: Engine,
    private readonly shape: readonly [rows: number, width: number],
    private readonly memoryLimit: MemoryLimit | undefined,
  ) {}

  get size(): number {
    return this.count;
  }

  /** How many lie in the file. */
  get onDisk(): number {
    return Math.max(0, this.count - this.inMemory);
  }

  private get bytes(): number {
    const [rows, width] = this.shape;
    return rows * width * Float32Array.BYTES_PER_ELEMENT;
  }

  private get inMemory(): number {
    return this.memoryLimit === undefined
      ? Infinity
      : Math.max(1, Math.floor(this.memoryLimit.bytes / this.bytes));
  }

  /** Hands a pass's states over to the caller, who frees them or puts others in their place. */
  take(index: number): Tensor {
    const held = this.held[index];
    if (held !== undefined) {
      this.held[index] = undefined;
      return held;
    }
    if (this.file === undefined || index >= this.count) {
      throw new Error(`Variant ${index} was not kept.`);
    }
    const [rows, width] = this.shape;
    const values = new Float32Array(rows * width);
    this.file.read(values, index * this.bytes);
    return this.engine.keep(this.engine.tensor(values, this.shape));
  }

  /** Takes states over; a new index is the number of passes so far. */
  put(index: number, states: Tensor): void {
    this.count = Math.max(this.count, index + 1);
    if (index < this.inMemory) {
      this.held[index] = this.engine.keep(states);
      return;
    }
    try {
      this.file ??= new ScratchFile(join(this.memoryLimit?.folder ?? '', FILE));
      this.file.write(this.engine.read(states), index * this.bytes);
    } catch (error) {
      throw failure(
        `Hidden states do not fit into the memory limit and cannot be stored in ${this.memoryLimit?.folder ?? ''} (${messageOf(error)}): raise --memory, or free disk space.`,
        error,
      );
    } finally {
      this.engine.dispose(states);
    }
  }

  dispose(): void {
    this.engine.dispose(...this.held);
    this.held.length = 0;
    this.file?.close();
    this.file = undefined;
  }
}
