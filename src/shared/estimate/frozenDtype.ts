import type { ImportanceFile } from '../method/importance';
import type { FrozenDtype, FrozenWeights } from '../settings/sharedSettings';
import { plannedEngine, type PlannedEngine } from './plan';

/** What decides how a run will keep the matrices of its frozen layers. */
export interface FrozenPlan {
  readonly engine: PlannedEngine;
  readonly choice: FrozenWeights;
  /** Whether the model's files hold every matrix of the layers in bfloat16: layersInBfloat16.ts. */
  readonly inBfloat16: boolean;
  /** `engine` of an importance.json of this model. */
  readonly analyzed: ImportanceFile['engine'] | undefined;
}

/**
 * How the matrices of frozen layers will lie in memory. What is left to the engine is decided by a measurement when a run
 * starts (src/trainer/tfjs/model/frozenStorage.ts); the analysis made the same one, and its outcome is taken for it.
 * @returns float32, which needs more, where neither is known
 */
export function plannedFrozenDtype({ engine, choice, inBfloat16, analyzed }: FrozenPlan): FrozenDtype {
  const holdsBfloat16 = engine === 'native' || engine === 'composed';
  if (!holdsBfloat16 || !inBfloat16 || choice !== 'auto') {
    return holdsBfloat16 && inBfloat16 && choice === 'bfloat16' ? 'bfloat16' : 'float32';
  }
  const { frozenWeights } = analyzed ?? {};
  const isSame = analyzed !== undefined && plannedEngine(analyzed) === engine;
  return isSame && typeof frozenWeights === 'string' && frozenWeights.startsWith('bfloat16')
    ? 'bfloat16'
    : 'float32';
}
