import { freemem } from 'node:os';
import { layerMatrices } from '../../../shared/model/architecture';
import type { ModelConfig } from '../../../shared/model/config';
import type { FrozenWeights } from '../../../shared/settings/sharedSettings';
import type { FrozenStorage } from '../../executor/results';
import type { Engine } from '../engine/engine';
import { project } from './primitives';

export interface StorageRequest {
  readonly choice: FrozenWeights;
  /** Positions of a batch, n = B·T: how many rows a product has. */
  readonly rows: number;
  /** Whether rows are a token each, which is continued. */
  readonly generates?: boolean | undefined;
  /** Layers whose weights do not change. */
  readonly frozen: (layer: number) => boolean;
}

/** So much longer may a product take for half of its weight's memory. */
const WORTHWHILE = 1.02;
const ROUNDS = 7;

/** What decides between the two, measured or looked up once at the start. */
interface Situation {
  readonly engine: Engine;
  readonly config: ModelConfig;
  /** Whether every matrix of the layers is stored in bfloat16: only then is nothing lost. */
  readonly stored: boolean;
}

/** Chooses by a measurement at start where it is left to the engine. */
export function chooseStorage(
  { engine, config, stored }: Situation,
  { choice, rows, generates = false }: Omit<StorageRequest, 'frozen'>,
): FrozenStorage {
  const stay = (reason: string): FrozenStorage => ({ dtype: 'float32', reason });
  if (choice === 'float32') {
    return stay('as asked');
  }
  if (engine.bfloat16Storage === undefined) {
    return stay(`the ${engine.kind} engine holds no bfloat16`);
  }
  if (!stored) {
    return stay('the checkpoint is not in bfloat16, and rounding it would change the model');
  }
  if (choice === 'bfloat16') {
    return { dtype: 'bfloat16', reason: 'as asked' };
  }
  const slowdown = measuredSlowdown((generates ? engine.fewRows : undefined) ?? engine, config, rows);
  const said = `a product with upcasting takes ${slowdown.toFixed(2)} times as long`;
  if (slowdown <= WORTHWHILE) {
    return { dtype: 'bfloat16', reason: said };
  }
  const needed = 4 * matrixParameters(config) * config.numHiddenLayers;
  return needed > freemem()
    ? { dtype: 'bfloat16', reason: `${said}, but float32 would need ${Math.ceil(needed / 1e6)} MB` }
    : stay(said);
}

function matrixParameters(config: ModelConfig): number {
  return layerMatrices(config).reduce((sum, [rows = 0, columns = 0]) => sum + rows * columns, 0);
}

/** The largest product of a layer with its weight in bfloat16, beside float32: the median of alternating rounds. */
function measuredSlowdown(engine: Engine, config: ModelConfig, rows: number): number {
  const { bfloat16Storage } = engine;
  const size = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);
  const [largest] = layerMatrices(config).sort((a, b) => size(b) - size(a));
  const [out = 1, width = 1] = largest ?? [];
  if (bfloat16Storage === undefined) {
    throw new Error('There is nothing to measure.');
  }
  return engine.tidy(() => {
    const input = engine.tensor(new Float32Array(rows * width).fill(1), [rows, width]);
    const packed = bfloat16Storage.pack(new Uint8Array(out * width * 2), out, width);
    const plain = bfloat16Storage.upcast(packed);
    const timed = (work: () => void): number => {
      const begin = performance.now();
      engine.tidy(work);
      return performance.now() - begin;
    };
    const ratios = Array.from({ length: ROUNDS }, () => {
      const upcast = timed(() => engine.read(engine.sum(project(engine, input, packed))));
      return upcast / timed(() => engine.read(engine.sum(project(engine, input, plain))));
    });
    return ratios.sort((a, b) => a - b)[Math.floor(ROUNDS / 2)] ?? NaN;
  });
}
