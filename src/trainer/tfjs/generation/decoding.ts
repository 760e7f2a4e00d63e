import type { Rope } from '../../../shared/model/ropeConfig';
import { makeBatch } from '../../data/sequences/batch';
import type { NextWanted } from '../../executor/requests';
import type { NextTokens } from '../../executor/results';
import type { Engine } from '../engine/engine';
import type { Tensor } from '../engine/tensor';
import { likeliest } from '../measure/topTokens';
import {
  disposeAttentionContext,
  layerRopes,
  type AttentionContext,
  type LayerRope,
} from '../model/attentionContext';
import type { CausalLM } from '../model/causalLM';
import { headLogits } from '../model/head';
import { ComposedCache } from '../model/composedCache';
import { FusedCache } from '../model/fusedCache';
import type { KeyValueCache } from '../model/keyValueCache';

/** Rows of tokens that are being continued, with the keys and values of what was read of them. */
export class Decoding {
  /** For passes of one token in every row. */
  private readonly engine: Engine;

  private constructor(
    private readonly model: CausalLM,
    private readonly cache: KeyValueCache,
  ) {
    this.engine = model.engine.fewRows ?? model.engine;
  }

  /** Reads prompts, none of them empty. @throws AdeptError (failure) on NaN */
  static begin(
    model: CausalLM,
    prompts: readonly Int32Array[],
    wanted: NextWanted,
  ): { readonly decoding: Decoding; readonly next: NextTokens } {
    const lengths = prompts.map(({ length }) => length);
    const { engine } = model;
    const cache = engine.fused
      ? new FusedCache(engine, engine.fused, lengths)
      : new ComposedCache(engine, lengths);
    const decoding = new Decoding(model, cache);
    try {
      const next = model.engine.tidy(() => {
        const batch = makeBatch(prompts);
        const context = { ...model.context(batch), keyValues: cache.filling() };
        const hiddenStates = model.run(context, model.embed(batch));
        const ends = Int32Array.from(lengths, (length, row) => row * batch.length + length - 1);
        return decoding.next(hiddenStates, ends, wanted);
      });
      return { decoding, next };
    } catch (error) {
      cache.dispose();
      throw error;
    }
  }

  /** Reads one more token in each of some rows, and forgets the other rows. @throws AdeptError (failure) on NaN */
  read(tokens: Int32Array, rows: Int32Array, wanted: NextWanted): NextTokens {
    const { model, cache } = this;
    cache.select(rows);
    return model.engine.tidy(() => {
      const batch = makeBatch(Array.from(tokens, (token) => Int32Array.of(token)));
      const context = this.contextOfOne();
      try {
        const every = Int32Array.from(tokens, (_, row) => row);
        return this.next(this.forward(context, model.embed(batch)), every, wanted);
      } finally {
        disposeAttentionContext(context);
      }
    });
  }

  dispose(): void {
    this.cache.dispose();
  }

  private forward(context: AttentionContext, embedded: Tensor): Tensor {
    const { model, cache, engine } = this;
    return model.blocks.reduce((hiddenStates, block) => {
      const next = cache.forward(context, block, hiddenStates);
      engine.dispose(hiddenStates);
      return next;
    }, embedded);
  }

  /** Of a forward pass of one token in every row. */
  private contextOfOne(): AttentionContext {
    const { cache, engine } = this;
    const { config } = this.model;
    const keyValues = cache.appending();
    const { positions, rows } = cache;
    const longest = Math.max(...positions) + 1;
    const shape = [rows, 1, config.headDim];
    const ropes: Map<Rope | undefined, LayerRope> = layerRopes(engine, config, { positions, longest, shape });
    const masks = new Map<number | undefined, Tensor>();
    for (const window of new Set(config.slidingWindows)) {
      const mask = cache.mask(window);
      if (mask !== undefined) {
        masks.set(window, engine.keep(engine.tensor(mask, [rows, 1, mask.length / rows])));
      }
    }
    return { ...{ engine, config, batch: rows, length: 1, ropes, masks, keyValues } };
  }

  private next(hiddenStates: Tensor, rows: Int32Array, wanted: NextWanted): NextTokens {
    const { engine } = this;
    const { head, config } = this.model;
    const logits = engine.read(headLogits(engine, head, hiddenStates, rows));
    const top = Int32Array.from(rows, (_, row) =>
      likeliest(logits.subarray(row * config.vocabSize, (row + 1) * config.vocabSize)),
    );
    return wanted === 'logits' ? { top, logits } : { top };
  }
}
