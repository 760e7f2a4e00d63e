// Logits of one chunk: at most 16 M values (64 MB), so that the vocabulary never decides how much memory a batch takes.
const CHUNK_VALUES = 16 * 1024 * 1024;
const LEAST_ROWS = 16;

/** How many positions the head projects onto the vocabulary at once. */
export function headChunkRows(vocabSize: number): number {
  return Math.max(LEAST_ROWS, Math.floor(CHUNK_VALUES / vocabSize));
}
