import assert from 'node:assert/strict';
import { basename } from 'node:path';
import { expectInputError } from './expectInputError';
import { ChatTemplate } from '../../src/trainer/data/reading/chatTemplate';
import { type RowOutcome, documentsOf } from '../../src/trainer/data/reading/documentsOf';
import { readBlocks } from '../../src/trainer/data/reading/readBlocks';
import type { RowBlock } from '../../src/trainer/data/reading/rowBlock';
import type { DocumentOptions } from '../../src/trainer/data/reading/rowDocument';

export const PLAIN: DocumentOptions = {
  chat: new ChatTemplate({ kind: 'plain' }),
  limits: { vocabSize: 1000 },
};

/** Every block of a file, as a thread would receive it. */
export async function blocksOf(file: string, textColumn?: string): Promise<RowBlock[]> {
  const blocks: RowBlock[] = [];
  for await (const block of readBlocks(file, { textColumn }, basename(file))) {
    blocks.push(structuredClone(block));
  }
  return blocks;
}

/** What every row of a file is. */
export async function outcomesOf(
  file: string,
  options: Partial<DocumentOptions> = {},
): Promise<RowOutcome[]> {
  const blocks = await blocksOf(file, options.textColumn);
  return blocks.flatMap((block) => [...documentsOf(block, { ...PLAIN, ...options }, basename(file))]);
}

/** The texts of a file, in order; every other row is left out. */
export async function textsOf(file: string, options: Partial<DocumentOptions> = {}): Promise<string[]> {
  const outcomes = await outcomesOf(file, options);
  return outcomes.flatMap((outcome) => (outcome.kind === 'text' ? [outcome.text] : []));
}

/** Runs what has to fail for the person's fault: the error is one sentence that holds all of `parts`. */
export async function expectReadError(run: () => Promise<unknown>, ...parts: string[]): Promise<void> {
  const settled = await run().then(
    () => undefined,
    (error: unknown) => ({ error }),
  );
  assert.ok(settled, `nothing was thrown; expected an error with ${parts.join(', ')}`);
  expectInputError(
    () => {
      throw settled.error;
    },
    ...parts,
  );
}
