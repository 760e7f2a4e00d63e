import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { temporaryFolder } from '../support/temporaryFolder';
import { adeptResult } from '../support/command';
import { asLists, writeRows } from '../support/tokenRows';
import { ENGINES } from './engines';
import { randomSequences, writeRandomModel } from './randomModel';
import { RECIPES, type RecipeName } from './recipes';
import { reference } from './reference';

const NATS = 1e-4;
// Rows of every length side by side: were padding a target, or attended to, the mean would move.
const LENGTHS = [3, 40, 11, 2, 29, 40, 7];
const MODELS: readonly RecipeName[] = ['llama', 'mistral', 'qwen3'];

describe('mean next-token loss is that of PyTorch, rows of unequal length', () => {
  for (const engine of ENGINES) {
    for (const name of MODELS) {
      it(`${name}, ${engine.name}`, { skip: engine.skip }, async (t) => {
        const folder = temporaryFolder(t);
        const model = writeRandomModel(join(folder, 'model'), name);
        const sequences = randomSequences(2, LENGTHS, RECIPES[name].config.vocab_size);
        const data = writeRows(join(folder, 'rows.jsonl'), sequences);
        const expected = await reference('loss', { model, sequences: asLists(sequences) }, `loss-${name}`);
        for (const batchSize of [1, 4, 7]) {
          const result = await adeptResult([
            ...['eval', '--model', model, '--data', data],
            ...['--batch-size', batchSize, '--engine', engine.name],
          ]);
          assert.equal(result.sequences, LENGTHS.length);
          assert.equal(
            result.tokens,
            LENGTHS.reduce((a, b) => a + b),
          );
          const loss = Number(result.loss);
          const difference = Math.abs(loss - expected.loss);
          assert.ok(difference <= NATS, `batches of ${batchSize}: loss ${loss}, PyTorch ${expected.loss}`);
          assert.ok(
            Math.abs(Number(result.perplexity) / Math.exp(loss) - 1) < 1e-6,
            'perplexity is exp(loss)',
          );
        }
      });
    }
  }
});
