import { join } from 'node:path';
import { CHECKPOINT_FILES } from '../../shared/run/runFolder';
import { TensorStore } from '../safetensors/safetensors';
import {
  float32Source,
  writeSafetensors,
  zeroSource,
  type TensorSource,
} from '../safetensors/safetensorsWriter';

/** A trained tensor, as far as its files name it. */
export interface NamedTensor {
  /** As in the checkpoint. */
  readonly name: string;
  readonly shape: readonly number[];
}

/** What is kept of a trained tensor: its values, and AdamW's first and second moments, all of its shape. */
export interface TensorState {
  readonly values: Float32Array;
  readonly first: Float32Array;
  readonly second: Float32Array;
}

/** What the names of a tensor's moments end in, as in torch.optim.AdamW. */
export const MOMENTS = ['.exp_avg', '.exp_avg_sq'] as const;

/**
 * Writes delta.safetensors and optimizer.safetensors into a folder, each synced.
 * @param read is called once for each part of each tensor, so that one at a time lies in host memory
 */
export function writeTrained<T extends NamedTensor>(
  folder: string,
  tensors: readonly T[],
  read: (tensor: T, part: keyof TensorState) => Float32Array,
): void {
  const source = (tensor: T, suffix: string, part: keyof TensorState): TensorSource => {
    const { name, shape } = tensor;
    return {
      ...{ name: `${name}${suffix}`, dtype: 'F32', shape },
      *chunks() {
        yield* float32Source(name, shape, read(tensor, part)).chunks();
      },
    };
  };
  const [first, second] = MOMENTS;
  writeFiles(folder, {
    delta: tensors.map((tensor) => source(tensor, '', 'values')),
    optimizer: tensors.flatMap((tensor) => [
      source(tensor, first, 'first'),
      source(tensor, second, 'second'),
    ]),
  });
}

/**
 * Writes the same files for the state before the first step: the weights of the model's folder, and moments of zero.
 * @throws AdeptError (input) when the folder's weights cannot be read
 */
export function writeUntrained(folder: string, tensors: readonly NamedTensor[], model: string): void {
  const store = TensorStore.open(model);
  try {
    writeFiles(folder, {
      delta: tensors.map(({ name, shape }) => ({
        ...{ name, dtype: 'F32', shape },
        *chunks() {
          yield* float32Source(name, shape, store.readFloat32(name)).chunks();
        },
      })),
      optimizer: tensors.flatMap(({ name, shape }) =>
        MOMENTS.map((suffix) => zeroSource(`${name}${suffix}`, 'F32', shape)),
      ),
    });
  } finally {
    store.close();
  }
}

function writeFiles(
  folder: string,
  files: Readonly<Record<'delta' | 'optimizer', readonly TensorSource[]>>,
): void {
  writeSafetensors(join(folder, CHECKPOINT_FILES.delta), files.delta);
  writeSafetensors(join(folder, CHECKPOINT_FILES.optimizer), files.optimizer);
}

/** A tensor's values as they were read, and its moments where they were asked for. */
export interface ReadState extends Pick<TensorState, 'values'> {
  readonly moments: Pick<TensorState, 'first' | 'second'> | undefined;
}

/**
 * Reads what {@link writeTrained} wrote, one tensor after the other.
 * @param what whether the moments are read, too
 * @throws AdeptError (input) naming what is wrong with a file
 */
export function readTrained<T extends NamedTensor>(
  folder: string,
  tensors: readonly T[],
  what: { readonly moments: boolean },
  use: (tensor: T, state: ReadState) => void,
): void {
  const open = (part: 'delta' | 'optimizer'): TensorStore =>
    TensorStore.openFile(join(folder, CHECKPOINT_FILES[part]), 'use another checkpoint.');
  const delta = open('delta');
  try {
    const optimizer = what.moments ? open('optimizer') : undefined;
    try {
      for (const tensor of tensors) {
        const { name } = tensor;
        const [first, second] = MOMENTS;
        use(tensor, {
          values: delta.readFloat32(name),
          moments: optimizer && {
            first: optimizer.readFloat32(`${name}${first}`),
            second: optimizer.readFloat32(`${name}${second}`),
          },
        });
      }
    } finally {
      optimizer?.close();
    }
  } finally {
    delta.close();
  }
}
