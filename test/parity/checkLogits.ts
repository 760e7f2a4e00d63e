import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { asLists } from '../support/tokenRows';
import type { TestedEngine } from './engines';
import { executorLogits } from './executorLogits';
import { reference } from './reference';

const SAMPLES = 400;

/**
 * Holds the trainer's logits against transformers': max|a − b| / max|b|, over all of them when Python is live.
 * @param unread tensors of the folder that transformers leaves out
 */
export async function checkLogits(
  t: TestContext,
  engine: TestedEngine,
  folder: string,
  sequences: readonly Int32Array[],
  vocabSize: number,
  golden: string,
  unread: readonly string[] = [],
): Promise<void> {
  const count = sequences.reduce((sum, { length }) => sum + length, 0) * vocabSize;
  // A large prime for a stride reaches every position and every part of the vocabulary.
  const indices = Array.from({ length: SAMPLES }, (_, index) => (index * 104_729) % count);
  const expected = await reference(
    'logits',
    {
      model: folder,
      sequences: asLists(sequences),
      indices,
      ...(unread.length > 0 ? { unread: [...unread] } : {}),
    },
    golden,
  );
  const actual = await executorLogits(engine.name, folder, sequences);
  assert.equal(actual.length, count);
  assert.equal(expected.count, count);
  const all =
    expected.all === undefined
      ? undefined
      : new Float32Array(Uint8Array.from(Buffer.from(expected.all, 'base64')).buffer);
  const [ours, theirs] =
    all === undefined ? [indices.map((index) => actual[index] ?? NaN), expected.sample] : [actual, all];
  assert.equal(ours.length, theirs.length);
  let largest = 0;
  for (const [index, value] of theirs.entries()) {
    largest = Math.max(largest, Math.abs((ours[index] ?? NaN) - value));
  }
  const error = largest / expected.largest;
  t.diagnostic(`relative error ${error.toExponential(1)}`);
  assert.ok(
    error <= engine.logitTolerance,
    `relative error of the logits is ${error}, allowed ${engine.logitTolerance}`,
  );
}
