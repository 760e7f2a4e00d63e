import { join } from 'node:path';
import { describe, it } from 'node:test';
import { temporaryFolder } from '../support/temporaryFolder';
import { asLists, writeRows } from '../support/tokenRows';
import { analyzed, checkChanges, checkImportance } from './analyzed';
import { ENGINES } from './engines';
import { randomSequences, writeRandomModel } from './randomModel';
import { RECIPE_NAMES, RECIPES, type RecipeName } from './recipes';
import { reference } from './reference';

// The last batch is smaller, and one batch holds a short row.
const LENGTHS = [40, 40, 40, 40, 13, 40, 40, 40];
const BATCH_SIZE = 3;
// The two definitions share all but the last step, so three models are enough for the second.
const PAPER: readonly RecipeName[] = ['llamaBias', 'qwen3', 'mistral'];

describe('importance of layers and units is that of PyTorch', () => {
  for (const engine of ENGINES) {
    for (const name of RECIPE_NAMES) {
      it(`${name}, ${engine.name}`, { skip: engine.skip }, async (t) => {
        const folder = temporaryFolder(t);
        const model = writeRandomModel(join(folder, 'model'), name);
        const sequences = randomSequences(3, LENGTHS, RECIPES[name].config.vocab_size);
        const probe = writeRows(join(folder, 'probe.jsonl'), sequences);
        const expected = await reference(
          'importance',
          { model, sequences: asLists(sequences), batchSize: BATCH_SIZE },
          `importance-${name}`,
        );
        for (const definition of PAPER.includes(name)
          ? (['released', 'paper'] as const)
          : (['released'] as const)) {
          const result = await analyzed(join(folder, `${definition}.json`), [
            ...['--model', model, '--probe', probe, '--engine', engine.name],
            ...['--batch-size', BATCH_SIZE, '--unit-definition', definition],
          ]);
          checkImportance(t, result, expected, definition);
        }
        const fast = await analyzed(join(folder, 'fast.json'), [
          ...['--model', model, '--probe', probe, '--engine', engine.name],
          ...['--batch-size', BATCH_SIZE, '--mode', 'fast'],
        ]);
        checkChanges(fast, expected);
      });
    }
  }
});
