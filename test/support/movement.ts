import { join } from 'node:path';
import { CHECKPOINT_FILES, checkpointName } from '../../src/shared/run/runFolder';
import { TensorStore } from '../../src/trainer/safetensors/safetensors';

/** How far a trained tensor is from where it began. */
export interface Movement {
  readonly name: string;
  /** Share of its values that are others. */
  readonly share: number;
  /** ‖now − before‖ / ‖before‖; null where all was zero, as the output projections of a fresh copy are. */
  readonly relative: number | null;
}

/** Of every tensor of a run's checkpoint, beside the model that the run began with. */
export function movementsOf(run: string, step: number, model: string): Movement[] {
  const delta = TensorStore.openFile(join(run, 'checkpoints', checkpointName(step), CHECKPOINT_FILES.delta));
  const before = TensorStore.open(model);
  try {
    return [...delta.entries.keys()].map((name) =>
      movementOf(name, delta.readFloat32(name), before.readFloat32(name)),
    );
  } finally {
    delta.close();
    before.close();
  }
}

function movementOf(name: string, now: Float32Array, before: Float32Array): Movement {
  let [moved, squares, differenceSquares] = [0, 0, 0];
  for (const [index, value] of now.entries()) {
    const old = before[index] ?? NaN;
    moved += value === old ? 0 : 1;
    squares += old * old;
    differenceSquares += (value - old) ** 2;
  }
  const relative = squares === 0 ? null : Math.sqrt(differenceSquares / squares);
  return { name, share: moved / now.length, relative };
}
