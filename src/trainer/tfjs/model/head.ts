import type { Engine } from '../engine/engine';
import type { Tensor } from '../engine/tensor';
import type { Targets } from '../../data/sequences/targets';
import { headChunkRows } from '../../../shared/model/headChunk';
import { FAMILIES } from '../../../shared/model/families';
import type { ModelConfig } from '../../../shared/model/config';
import { normWeight } from './layerNorm';
import { project, rmsNorm, rmsNormBackward } from './primitives';
import { softCap, softCapBackward } from './softCap';
import type { UnitTensors } from './weights';

/** The final norm and the vocabulary projection [V, D]; with tied embeddings the projection is the embedding. */
export interface Head {
  readonly norm: UnitTensors;
  readonly projection: UnitTensors;
  readonly config: Pick<ModelConfig, 'family' | 'rmsNormEps' | 'logitScale' | 'logitCap'>;
}

function vocabularyOf(head: Head): number {
  const [size = 1] = head.projection.weight.shape;
  return size;
}

function* chunks(head: Head, targets: Targets): Generator<Targets> {
  const rows = headChunkRows(vocabularyOf(head));
  for (let begin = 0; begin < targets.rows.length; begin += rows) {
    const end = begin + rows;
    yield {
      rows: targets.rows.subarray(begin, end),
      ids: targets.ids.subarray(begin, end),
      sequences: targets.sequences.subarray(begin, end),
    };
  }
}

/** What the final norm multiplies by, [D]. */
function headNormWeight(engine: Engine, { norm, config }: Head): Tensor {
  return normWeight(engine, norm, FAMILIES[config.family].normOffset);
}

/** The final norm's output, with the scale of the logits, [n, D]. */
function projected(engine: Engine, head: Head, hiddenRows: Tensor): Tensor {
  const { rmsNormEps, logitScale } = head.config;
  const normed = rmsNorm(engine, hiddenRows, headNormWeight(engine, head), rmsNormEps);
  return logitScale === 1 ? normed : engine.scale(normed, logitScale);
}

function rawLogits(engine: Engine, { projection }: Head, normed: Tensor): Tensor {
  return project(engine, normed, projection.weight);
}

function logitsOf(engine: Engine, head: Head, hiddenRows: Tensor): Tensor {
  const { logitCap } = head.config;
  if (logitCap === undefined) {
    return rawLogits(engine, head, projected(engine, head, hiddenRows));
  }
  return engine.tidy(() =>
    softCap(engine, rawLogits(engine, head, projected(engine, head, hiddenRows)), logitCap),
  );
}

/** Logits [n, V] of the named rows of `hiddenStates` [B·T, D]. */
export function headLogits(engine: Engine, head: Head, hiddenStates: Tensor, rows: Int32Array): Tensor {
  return engine.tidy(() =>
    logitsOf(engine, head, engine.gather(hiddenStates, engine.indices(rows, [rows.length]))),
  );
}

/** Negative log-likelihood of every target, nats, in the order of `targets`. */
export function headLosses(engine: Engine, head: Head, hiddenStates: Tensor, targets: Targets): Float32Array {
  const losses = new Float32Array(targets.rows.length);
  let at = 0;
  for (const chunk of chunks(head, targets)) {
    const values = engine.tidy(() => {
      const logits = headLogits(engine, head, hiddenStates, chunk.rows);
      return engine.read(engine.crossEntropyLosses(logits, engine.indices(chunk.ids, [chunk.ids.length])));
    });
    losses.set(values, at);
    at += values.length;
  }
  return losses;
}

export interface HeadGradients {
  readonly losses: Float32Array;
  /** [B·T, D]; zero where a row has no target. */
  readonly hiddenStates: Tensor;
  readonly norm?: Tensor;
  /** [V, D] */
  readonly projection?: Tensor;
}

/** Losses, and the gradient of `scale · Σ losses`; those of the head's own weights only when asked for. */
export function headBackward(
  engine: Engine,
  head: Head,
  hiddenStates: Tensor,
  targets: Targets,
  scale: number,
  wantGradients: boolean,
): HeadGradients {
  const losses = new Float32Array(targets.rows.length);
  return engine.tidy(() => {
    let at = 0;
    const rowGradients: Tensor[] = [];
    let sums: { norm: Tensor; projection: Tensor } | undefined;
    for (const chunk of chunks(head, targets)) {
      const part = chunkBackward(engine, head, hiddenStates, chunk, scale, wantGradients);
      losses.set(part.losses, at);
      at += part.losses.length;
      rowGradients.push(part.rows);
      sums = addGradients(engine, sums, part);
    }
    const rows =
      rowGradients.length === 1 && rowGradients[0] ? rowGradients[0] : engine.concat(rowGradients, 0);
    const [size = 0] = hiddenStates.shape;
    const ids = engine.indices(targets.rows, [targets.rows.length]);
    return { losses, hiddenStates: engine.scatterAdd(ids, rows, size), ...sums };
  });
}

interface ChunkGradients {
  readonly losses: Float32Array;
  readonly rows: Tensor;
  readonly norm?: Tensor;
  readonly projection?: Tensor;
}

function chunkBackward(
  engine: Engine,
  head: Head,
  hiddenStates: Tensor,
  chunk: Targets,
  scale: number,
  wantGradients: boolean,
): ChunkGradients {
  return engine.tidy(() => {
    const n = chunk.rows.length;
    const input = engine.gather(hiddenStates, engine.indices(chunk.rows, [n]));
    const { rmsNormEps: epsilon, logitScale, logitCap } = head.config;
    const normed = projected(engine, head, input);
    const raw = rawLogits(engine, head, normed);
    const logits = logitCap === undefined ? raw : softCap(engine, raw, logitCap);
    const { losses, logitGradients: capped } = engine.crossEntropy(
      logits,
      engine.indices(chunk.ids, [n]),
      scale,
    );
    const values = engine.read(losses);
    const logitGradients = logitCap === undefined ? capped : softCapBackward(engine, raw, logitCap, capped);
    const below = engine.matMul(logitGradients, head.projection.weight);
    const { input: rows, weight } = rmsNormBackward(engine, {
      input,
      weight: headNormWeight(engine, head),
      epsilon,
      gradients: [logitScale === 1 ? below : engine.scale(below, logitScale)],
      wantWeight: wantGradients,
    });
    if (weight === undefined) {
      return { losses: values, rows };
    }
    const projection = engine.matMul(logitGradients, normed, { transposeA: true });
    return { losses: values, rows, norm: weight, projection };
  });
}

/** Adds a chunk's weight gradients to the sum so far, freeing both operands: only one [V, D] sum is ever alive. */
function addGradients(
  engine: Engine,
  sums: { norm: Tensor; projection: Tensor } | undefined,
  part: ChunkGradients,
): { norm: Tensor; projection: Tensor } | undefined {
  if (part.norm === undefined || part.projection === undefined) {
    return sums;
  }
  if (sums === undefined) {
    return { norm: part.norm, projection: part.projection };
  }
  const next = {
    norm: engine.add(sums.norm, part.norm),
    projection: engine.add(sums.projection, part.projection),
  };
  engine.dispose(sums.norm, sums.projection, part.norm, part.projection);
  return next;
}
