import { makeBatch } from '../../src/trainer/data/sequences/batch';
import { closing, unchanging, withModel } from '../../src/trainer/executor/withModel';
import { openExecutor } from '../../src/trainer/openExecutor';
import { SILENT_TASK } from '../../src/trainer/task';
import type { EngineName } from './engines';

/** An executor's logits of every real position, row after row of sequence after sequence; padding is left out. */
export async function executorLogits(
  engineName: EngineName,
  folder: string,
  sequences: readonly Int32Array[],
): Promise<Float32Array> {
  const batch = makeBatch(sequences);
  const rows = sequences.flatMap(({ length }, row) =>
    Array.from({ length }, (_, position) => row * batch.length + position),
  );
  return closing(await openExecutor({ engine: engineName }), (executor) =>
    withModel(executor, unchanging(folder), SILENT_TASK, (model) =>
      model.logits(batch, Int32Array.from(rows)),
    ),
  );
}
