import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { closing, unchanging, withModel } from '../../src/trainer/executor/withModel';
import {
  continuePrompts,
  rotatesByLength,
  type Continuation,
} from '../../src/trainer/generation/continuation';
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
        const rows = prompts.map((ids, number) => ({ ids, number }));
        const [found, alone] = await closing(await openExecutor({ engine: engine.name }), (executor) =>
          withModel(executor, unchanging(model), SILENT_TASK, async (opened) => {
            const ask = (some: typeof rows): Promise<Continuation[]> =>
              continuePrompts(opened, some, settings, SILENT_TASK);
            // Few rows leave room for reading ahead. Where rotations go by length, so does the longest row beside a prompt.
            const isAlone = opened.readsAhead > 1 && !rotatesByLength(opened.config);
            const few = isAlone ? [await ask(rows.slice(0, 2)), await ask(rows.slice(2, 3))] : [];
            return [await ask(rows), few.flat()];
          }),
        );
        assert.deepEqual(
          found.map(({ ids }) => ids),
          answers,
        );
        assert.deepEqual(
          alone.map(({ ids }) => ids),
          answers.slice(0, alone.length),
        );
        for (const { ids, finish } of found) {
          assert.equal(finish, ids.length < TOKENS ? 'stop' : 'length');
        }
      });
    }
  }
});
