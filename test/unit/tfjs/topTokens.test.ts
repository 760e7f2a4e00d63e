import assert from 'node:assert/strict';
import { join } from 'node:path';
import { ranksOf, topTokens } from '../../../src/trainer/method/topTokens';
import { makeBatch } from '../../../src/trainer/data/sequences/batch';
import { CausalLM } from '../../../src/trainer/tfjs/model/causalLM';
import { TfjsModel } from '../../../src/trainer/tfjs/tfjsModel';
import { SILENT_TASK } from '../../../src/trainer/task';
import { randomSequences, writeRandomModel } from '../../parity/randomModel';
import { onEveryEngine } from '../../support/engines';
import { temporaryFolder } from '../../support/temporaryFolder';

const VOCABULARY = 4;

/** A model that gives these logits to the predicted positions of every batch, in these pieces. */
function giving(...pieces: readonly (readonly number[])[]): TfjsModel {
  const model = {
    config: { vocabSize: VOCABULARY },
    logitPieces: () => pieces.map((piece) => Float32Array.from(piece)),
  };
  // All that is asked of it.
  return new TfjsModel(model as unknown as CausalLM);
}

onEveryEngine('likeliest tokens', (test) => {
  const batch = makeBatch([Int32Array.of(1, 2, 3, 0)]);
  const model = giving([0, -1, 3, 2, 5, 5, 1, 0], [-4, -3, -2, -1]);

  test('are those of the largest logit of each position, of equal ones the first', async () => {
    assert.deepEqual([...(await topTokens(model, [batch, batch], SILENT_TASK))], [2, 0, 3, 2, 0, 3]);
  });

  test('have as rank one more than there are larger logits', async () => {
    const ranks = async (...tokens: number[]): Promise<number[]> => [
      ...(await ranksOf(model, [batch], Int32Array.from(tokens), SILENT_TASK)),
    ];
    assert.deepEqual(await ranks(2, 0, 3), [1, 1, 1]);
    assert.deepEqual(await ranks(1, 1, 2), [4, 1, 2]);
    assert.deepEqual(await ranks(0, 3, 0), [3, 4, 4]);
  });

  test('are refused where a logit that decides is no number', async () => {
    const broken = giving([NaN, NaN, NaN, NaN]);
    const message = /logits that are not numbers/;
    await assert.rejects(topTokens(broken, [batch], SILENT_TASK), message);
    await assert.rejects(ranksOf(broken, [batch], Int32Array.of(0), SILENT_TASK), message);
  });

  test('are of every position that predicts one, without the last of a sequence and padding', async (engine, t) => {
    const real = CausalLM.load(engine, writeRandomModel(join(temporaryFolder(t), 'model'), 'llama'));
    try {
      const { vocabSize } = real.config;
      const rows = makeBatch(randomSequences(3, [6, 3], vocabSize));
      const logits = real.logits(rows);
      const expected = [0, 1, 2, 3, 4, 6, 7].map((row) => {
        const own = logits.subarray(row * vocabSize, (row + 1) * vocabSize);
        return own.indexOf(Math.max(...own));
      });
      const tops = await topTokens(new TfjsModel(real), [rows], SILENT_TASK);
      assert.deepEqual([...tops], expected);
      assert.deepEqual(
        [...(await ranksOf(new TfjsModel(real), [rows], tops, SILENT_TASK))],
        expected.map(() => 1),
      );
    } finally {
      real.dispose();
    }
  });
});
