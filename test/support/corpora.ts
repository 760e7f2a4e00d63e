import type { BatchList } from '../../src/trainer/data/sequences/batch';
import { loadCorpus, type Corpus, type CorpusRequest } from '../../src/trainer/data/corpus/corpus';
import { eachOf, type SequenceList } from '../../src/trainer/data/sequences/sequences';
import { rowsOf } from '../../src/trainer/data/sequences/batch';
import { SILENT_TASK } from '../../src/trainer/task';

export function load(request: CorpusRequest): Promise<Corpus> {
  return loadCorpus(request, SILENT_TASK);
}

/** The ids of all sequences of a list. */
export function idsOf(list: SequenceList): Int32Array[] {
  return [...eachOf(list)].map(({ ids }) => ids);
}

/** The ids of all sequences of batches. */
export function idsOfBatches(batches: BatchList): Int32Array[] {
  return [...batches].flatMap((batch) => rowsOf(batch).map(({ ids }) => ids.slice()));
}
