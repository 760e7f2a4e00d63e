import { readFileSync } from 'node:fs';
import * as v from 'valibot';
import { closing, generating, withModel } from '../../../src/trainer/executor/withModel';
import { continuePrompts } from '../../../src/trainer/generation/continuation';
import { openExecutor } from '../../../src/trainer/openExecutor';
import { SILENT_TASK } from '../../../src/trainer/task';

const count = v.pipe(v.number(), v.integer(), v.minValue(1));
const Job = v.object({
  model: v.string(),
  prompts: v.array(v.array(v.number())),
  maxTokens: count,
  rounds: count,
});

/** Prints what each round of the job (its file is the first argument) takes, seconds, and the tokens. */
async function main(): Promise<void> {
  const {
    model: folder,
    prompts,
    maxTokens,
    rounds,
  } = v.parse(Job, JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8')));
  const rows = prompts.map((ids, number) => ({ ids: Int32Array.from(ids), number }));
  const settings = { maxTokens, temperature: 0, topP: 1, seed: 0, stopTokens: new Set<number>() };
  const result = await closing(await openExecutor({ engine: 'native' }), (executor) =>
    withModel(executor, generating(folder, prompts.length), SILENT_TASK, async (model) => {
      const seconds: number[] = [];
      let ids: readonly (readonly number[])[] = [];
      for (let round = 0; round < rounds; round += 1) {
        const begun = performance.now();
        const answers = await continuePrompts(model, rows, settings, SILENT_TASK);
        seconds.push((performance.now() - begun) / 1000);
        ids = answers.map((answer) => answer.ids);
      }
      return { seconds, ids };
    }),
  );
  process.stdout.write(`${JSON.stringify(result)}\n`);
}

void main();
