import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { closing, unchanging, withModel } from '../../src/trainer/executor/withModel';
import { continuePrompts } from '../../src/trainer/generation/continuation';
import { openExecutor } from '../../src/trainer/openExecutor';
import { SILENT_TASK } from '../../src/trainer/task';
import { temporaryFolder } from '../support/temporaryFolder';
import { asLists } from '../support/tokenRows';
import { ENGINES } from './engines';
import { randomSequences, writeRandomModel } from './randomModel';
import { RECIPE_NAMES, RECIPES, type RecipeName } from './recipes';
import { reference } from './reference';

const TOKENS = 64;
/** The end of a text in the random models' configurations: rows end at different times, and the others go on. */
const STOP = 2;
/** Instead, where a random model says that too soon. */
const STOP_OF: Partial<Record<RecipeName, number>> = { gemma3: 30 };
/** Prompts shorter and longer than windows, and answers over the lengths at which rotations change. */
const LENGTHS = Array.from({ length: 20 }, (_, index) => 1 + ((index * 23) % 47));

describe('tokens that follow are those of transformers, prompts of unequal lengths side by side', () => {
  for (const engine of ENGINES) {
    for (const name of RECIPE_NAMES) {
      it(`${name}, ${engine.name}`, { skip: engine.skip }, async (t) => {
        const model = writeRandomModel(temporaryFolder(t), name);
        const stop = STOP_OF[name] ?? STOP;
        const prompts = randomSequences(5, LENGTHS, RECIPES[name].config.vocab_size);
        const { answers } = await reference(
          'generate',
          { model, prompts: asLists(prompts), maxTokens: TOKENS, stop },
          `generate-${name}`,
        );
        const settings = { maxTokens: TOKENS, temperature: 0, topP: 1, seed: 0, stopTokens: new Set([stop]) };
        const found = await closing(await openExecutor({ engine: engine.name }), (executor) =>
          withModel(executor, unchanging(model), SILENT_TASK, (opened) =>
            continuePrompts(
              opened,
              prompts.map((ids, number) => ({ ids, number })),
              settings,
              SILENT_TASK,
            ),
          ),
        );
        assert.deepEqual(
          found.map(({ ids }) => ids),
          answers,
        );
        for (const { ids, finish } of found) {
          assert.equal(finish, ids.length < TOKENS ? 'stop' : 'length');
        }
      });
    }
  }
});
