import { join } from 'node:path';
import { checkFree } from '../../node/files/atomicFile';
import { writeJson } from '../../node/files/jsonFile';
import { tensorBytes } from '../../shared/model/safetensorsHeader';
import { yieldToEventLoop, type Task } from '../task';
import { writeSafetensors, type TensorSource } from './safetensorsWriter';

/** Tensor bytes of a file, at most, as the Hub has them ("5GB"); a larger tensor has a file of its own. */
const SHARD_BYTES = 5e9;

/**
 * Writes a model's weights as transformers saves them: model.safetensors, or where they take more than `shardBytes` the
 * files model-00001-of-0000N.safetensors, and last of all their index.
 * @param metadata of the source; `format` is "pt" in any case, which transformers asks for
 * @throws AdeptError (input) if there is no room for all of them; Cancelled between two files.
 */
export async function writeModelWeights(
  folder: string,
  tensors: readonly TensorSource[],
  metadata: Readonly<Record<string, string>>,
  task: Task,
  shardBytes = SHARD_BYTES,
): Promise<void> {
  const shards = shardsOf(tensors, shardBytes);
  const single = shards.length === 1;
  const total = bytesOf(tensors);
  const number = (count: number): string => String(count).padStart(5, '0');
  const nameOf = (index: number): string =>
    single ? 'model.safetensors' : `model-${number(index + 1)}-of-${number(shards.length)}.safetensors`;
  checkFree(join(folder, nameOf(0)), total);
  let written = 0;
  for (const [index, shard] of shards.entries()) {
    task.report(written / Math.max(1, total), `writing ${nameOf(index)}`);
    await yieldToEventLoop(task);
    writeSafetensors(join(folder, nameOf(index)), shard, { ...metadata, format: 'pt' });
    written += bytesOf(shard);
  }
  if (!single) {
    const fileOfTensor = shards.flatMap((shard, index) =>
      shard.map(({ name }) => [name, nameOf(index)] as const),
    );
    fileOfTensor.sort(([a], [b]) => (a < b ? -1 : 1));
    writeJson(join(folder, 'model.safetensors.index.json'), {
      metadata: { total_size: total },
      weight_map: Object.fromEntries(fileOfTensor),
    });
  }
}

/** In the given order, each as full as it can be. */
function shardsOf(tensors: readonly TensorSource[], limit: number): TensorSource[][] {
  const shards: TensorSource[][] = [[]];
  let filled = 0;
  for (const tensor of tensors) {
    const bytes = bytesOf([tensor]);
    if (filled > 0 && filled + bytes > limit) {
      shards.push([]);
      filled = 0;
    }
    shards.at(-1)?.push(tensor);
    filled += bytes;
  }
  return shards;
}

function bytesOf(tensors: readonly TensorSource[]): number {
  return tensors.reduce((sum, { dtype, shape }) => sum + tensorBytes(dtype, shape), 0);
}
