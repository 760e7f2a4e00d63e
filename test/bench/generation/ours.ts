import { readFileSync } from 'node:fs';
import * as v from 'valibot';
import { readModelOutline } from '../../../src/node/model/modelConfig';
import { GENERAL_PROMPTS } from '../../../src/shared/run/answers';
import { openTokenizer } from '../../../src/trainer/data/tokenizer/tokenizer';
import { closing, generating, withModel } from '../../../src/trainer/executor/withModel';
import { continuePrompts } from '../../../src/trainer/generation/continuation';
import { encodePrompt } from '../../../src/trainer/method/multipleChoice';
import { openExecutor } from '../../../src/trainer/openExecutor';
import { SILENT_TASK } from '../../../src/trainer/task';

const count = v.pipe(v.number(), v.integer(), v.minValue(1));
const Job = v.variant('job', [
  v.object({ job: v.literal('encode'), model: v.string(), texts: v.array(v.string()) }),
  v.object({
    job: v.literal('generate'),
    model: v.string(),
    /** Prompts that are continued side by side, one such group after the other. */
    groups: v.array(v.array(v.array(v.number()))),
    maxTokens: count,
    rounds: count,
    /** Whether tokens are guessed and read along. */
    readsAhead: v.boolean(),
    engine: v.optional(v.picklist(['native', 'torch']), 'native'),
  }),
]);
type Generating = Extract<v.InferOutput<typeof Job>, { job: 'generate' }>;

/** Prints what each round of the job (its file is the first argument) takes, seconds, and the tokens; or the tokens of the general prompts and of its texts. */
async function main(): Promise<void> {
  const job = v.parse(Job, JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8')));
  const result = job.job === 'encode' ? encoded(job) : await generated(job);
  process.stdout.write(`${JSON.stringify(result)}\n`);
}

function encoded({ model, texts }: { readonly model: string; readonly texts: readonly string[] }): unknown {
  const tokenizer = openTokenizer(model, readModelOutline(model).vocabSize);
  return { ids: [...GENERAL_PROMPTS, ...texts].map((text) => [...encodePrompt(tokenizer, text)]) };
}

async function generated({
  model: folder,
  groups,
  maxTokens,
  rounds,
  readsAhead,
  engine,
}: Generating): Promise<unknown> {
  const settings = { maxTokens, temperature: 0, topP: 1, seed: 0, stopTokens: new Set<number>() };
  const most = Math.max(...groups.map(({ length }) => length));
  return closing(await openExecutor({ engine }), (executor) =>
    withModel(executor, generating(folder, most), SILENT_TASK, async (model) => {
      const asked = {
        config: model.config,
        readsAhead: readsAhead ? model.readsAhead : 1,
        prefill: model.prefill.bind(model),
        decode: model.decode.bind(model),
        endDecoding: model.endDecoding.bind(model),
      };
      const seconds: number[] = [];
      let ids: (readonly number[])[] = [];
      for (let round = 0; round < rounds; round += 1) {
        ids = [];
        const begun = performance.now();
        for (const prompts of groups) {
          const rows = prompts.map((tokens, number) => ({ ids: Int32Array.from(tokens), number }));
          const answers = await continuePrompts(asked, rows, settings, SILENT_TASK);
          ids.push(...answers.map((answer) => answer.ids));
        }
        seconds.push((performance.now() - begun) / 1000);
      }
      return { seconds, ids };
    }),
  );
}

void main();
