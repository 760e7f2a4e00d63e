import { writeFileSync } from 'node:fs';

/** A corpus file of token ids, which needs no tokenizer: each row is one sequence, used as it is. */
export function writeRows(file: string, sequences: readonly Int32Array[]): string {
  writeFileSync(file, sequences.map((tokens) => `${JSON.stringify({ tokens: [...tokens] })}\n`).join(''));
  return file;
}

/** Sequences as requests have them. */
export function asLists(sequences: readonly Int32Array[]): number[][] {
  return sequences.map((tokens) => [...tokens]);
}
