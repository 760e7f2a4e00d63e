import { readFileSync } from 'node:fs';
import { applyEdits, modify } from 'jsonc-parser';
import type { TorchDtype } from '../../shared/config/runConfig';
import { writeFileAtomic } from '../files/atomicFile';

/** How torch is to compute. */
export interface TorchCompute {
  readonly ranks: number;
  readonly dtype: TorchDtype;
}

/**
 * Writes into a *.adept.json that torch computes it and how, and leaves its comments and its other lines as they are.
 * @param file one that was read before: its text is JSON with comments
 */
export function writeTorchCompute(file: string, { ranks, dtype }: TorchCompute): void {
  // Each after a line of one value: the line before what is added is laid out anew.
  const changes = [
    ['engine', 'torch', 'model'],
    ['ranks', ranks, 'engine'],
    // What is automatic is not said.
    ['dtype', dtype === 'auto' ? undefined : dtype, 'ranks'],
  ] as const;
  const formattingOptions = { insertSpaces: true, tabSize: 2 };
  const text = changes.reduce(
    (before, [key, value, after]) => {
      const getInsertionIndex = (keys: string[]): number => keys.indexOf(after) + 1;
      return applyEdits(before, modify(before, [key], value, { formattingOptions, getInsertionIndex }));
    },
    readFileSync(file, 'utf8'),
  );
  writeFileAtomic(file, text);
}
