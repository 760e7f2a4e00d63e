import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { projectRoot } from '../support/projectRoot';
import { sharedData } from '../support/sharedData';
import { temporaryFolder } from '../support/temporaryFolder';
import { asLists } from '../support/tokenRows';
import { ENGINES } from './engines';
import { executorLogits } from './executorLogits';
import { randomSequences, writeRandomModel } from './randomModel';
import { RECIPE_NAMES, RECIPES } from './recipes';
import { reference } from './reference';
import { idsOf, load } from '../support/corpora';

const SAMPLES = 400;

/** Holds the trainer's logits against transformers': max|a − b| / max|b|, over all of them when Python is live. */
async function checkLogits(
  t: TestContext,
  engine: (typeof ENGINES)[number],
  folder: string,
  sequences: readonly Int32Array[],
  vocabSize: number,
  golden: string,
): Promise<void> {
  const count = sequences.reduce((sum, { length }) => sum + length, 0) * vocabSize;
  // A large prime for a stride reaches every position and every part of the vocabulary.
  const indices = Array.from({ length: SAMPLES }, (_, index) => (index * 104_729) % count);
  const expected = await reference(
    'logits',
    { model: folder, sequences: asLists(sequences), indices },
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

describe('logits are those of transformers in float32', () => {
  for (const engine of ENGINES) {
    for (const name of RECIPE_NAMES) {
      it(`${name}, ${engine.name}`, { skip: engine.skip }, async (t) => {
        const { vocab_size: vocabSize } = RECIPES[name].config;
        const folder = writeRandomModel(temporaryFolder(t), name);
        const sequences = randomSequences(1, [48, 17, 48, 2, 33], vocabSize);
        await checkLogits(t, engine, folder, sequences, vocabSize, `logits-${name}`);
      });
    }

    it(`stories260K, ${engine.name}`, { skip: engine.skip }, async (t) => {
      const folder = sharedData(t, 'stories260K');
      const stories = sharedData(t, 'tinystories', 'stories.jsonl');
      if (folder === undefined || stories === undefined) {
        return;
      }
      const request = { paths: [stories], folder, seqLen: 256, maxSequences: 2, vocabSize: 512 };
      const { sequences } = await load(request);
      await checkLogits(t, engine, folder, idsOf(sequences), 512, 'logits-stories260K');
    });

    it(`the sample, ${engine.name}`, { skip: engine.skip }, async (t) => {
      const folder = join(projectRoot, 'media/sample/model');
      const paths = [join(projectRoot, 'media/sample/domain-eval.jsonl')];
      const { sequences } = await load({ paths, folder, seqLen: 128, maxSequences: 3, vocabSize: 512 });
      await checkLogits(t, engine, folder, idsOf(sequences), 512, 'logits-sample');
    });
  }
});
