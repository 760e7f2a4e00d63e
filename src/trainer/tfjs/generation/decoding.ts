import type { Rope } from '../../../shared/model/ropeConfig';
import { makeBatch } from '../../data/sequences/batch';
import type { NextWanted, RowReading } from '../../executor/requests';
import type { NextTokens } from '../../executor/results';
import type { Engine } from '../engine/engine';
import type { Tensor } from '../engine/tensor';
import { likeliest } from '../measure/topTokens';
import {
  disposeAttentionContext,
  fusedAttentionOf,
  layerRopes,
  type AttentionContext,
  type LayerRope,
} from '../model/attentionContext';
import type { CausalLM } from '../model/causalLM';
import { headLogits } from '../model/head';
import { ComposedCache } from '../model/composedCache';
import { FusedCache } from '../model/fusedCache';
import type { KeyValueCache } from '../model/keyValueCache';
import { packPrompts, padPrompts } from './promptBatch';

/** Rows of tokens that are being continued, with the keys and values of what was read of them. */
export class Decoding {
  /** For passes of few tokens. */
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
    const { engine, config } = model;
    // Composed attention has a mask as wide as a row, and some forty calls for each length of a document.
    const packs = fusedAttentionOf(engine, config) !== undefined && new Set(lengths).size > 1;
    const { batch, firsts } = packs ? packPrompts(prompts) : padPrompts(prompts);
    const cache = engine.fused
      ? new FusedCache(engine, engine.fused, lengths)
      : new ComposedCache(engine, lengths);
    const decoding = new Decoding(model, cache);
    try {
      const next = model.engine.tidy(() => {
        const context = { ...model.context(batch), keyValues: cache.filling({ firsts, lengths }) };
        const hiddenStates = model.run(context, model.embed(batch));
        const ends = Int32Array.from(lengths, (length, row) => (firsts[row] ?? 0) + length - 1);
        return decoding.next(hiddenStates, ends, wanted);
      });
      return { decoding, next };
    } catch (error) {
      cache.dispose();
      throw error;
    }
  }

  /** Reads on in some rows, and forgets the other rows. @throws AdeptError (failure) on NaN */
  read(readings: readonly RowReading[], wanted: NextWanted): NextTokens {
    const { model, cache } = this;
    cache.begin(readings);
    return model.engine.tidy(() => {
      const tokens = readings.flatMap((reading) => reading.tokens);
      const batch = makeBatch(tokens.map((token) => Int32Array.of(token)));
      const context = this.contextOfTokens();
      try {
        const every = Int32Array.from(tokens, (_, at) => at);
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

  /** Of a forward pass of the tokens that the cache is about to keep. */
  private contextOfTokens(): AttentionContext {
    const { cache, engine } = this;
    const { config } = this.model;
    const keyValues = cache.appending();
    const { positions } = cache;
    const longest = Math.max(...positions) + 1;
    const shape = [positions.length, 1, config.headDim];
    const ropes: Map<Rope | undefined, LayerRope> = layerRopes(engine, config, { positions, longest, shape });
    const masks = new Map<number | undefined, Tensor>();
    for (const window of new Set(config.slidingWindows)) {
      const mask = cache.mask(window);
      if (mask !== undefined) {
        masks.set(
          window,
          engine.keep(engine.tensor(mask, [positions.length, 1, mask.length / positions.length])),
        );
      }
    }
    return { ...{ engine, config, batch: positions.length, length: 1, ropes, masks, keyValues } };
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
