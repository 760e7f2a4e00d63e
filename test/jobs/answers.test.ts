import assert from 'node:assert/strict';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import * as v from 'valibot';
import { readEvents } from '../../src/node/run/eventWriter';
import { RunFolder } from '../../src/node/run/runFolder';
import { GENERAL_PROMPTS, PromptSet } from '../../src/shared/run/answers';
import { adeptResult, runAdept } from '../support/command';
import { projectRoot } from '../support/projectRoot';
import { assertMetricsCsv } from '../support/records';
import { assertRefused } from '../support/refusal';
import { temporaryFolder } from '../support/temporaryFolder';

const sample = (name: string): string => join(projectRoot, 'media/sample', name);
const MAX_TOKENS = 8;
const PROMPTS = ['The patient was', 'Leo and Kate', 'Diagnosis:'];

interface Job {
  readonly config: string;
  readonly out: string;
  readonly write: (tune: object, more: object) => void;
}

/** A job of a few steps, evaluated at every second. */
function jobIn(t: TestContext): Job {
  const folder = temporaryFolder(t);
  const [config, out] = [join(folder, 'job.adept.json'), join(folder, 'run')];
  const tune = {
    ...{ steps: 4, learningRate: 0.01, batchSize: 2, seqLen: 32, evalEvery: 2, saveEvery: 2 },
    ...{ maxProbeSequences: 2, maxEvalSequences: 6 },
  };
  return {
    ...{ config, out },
    write: (changed, more) => {
      const job = {
        ...{ model: sample('model'), probe: [sample('general.txt')], domain: [sample('domain.jsonl')], out },
        ...{ analyze: { mode: 'fast', seqLen: 32, maxSequences: 4 }, expand: { layers: [6] } },
        ...{ engine: 'wasm', tune: { ...tune, ...changed }, ...more },
      };
      writeFileSync(config, JSON.stringify(job));
    },
  };
}

function answersOf(out: string): [step: number, answers: string[]][] {
  return readEvents(RunFolder.at(out).file('events')).flatMap((event): [number, string[]][] =>
    event.type === 'answers' ? [[event.step, event.answers.map(({ text }) => text)]] : [],
  );
}

function promptsOf(out: string): PromptSet {
  return v.parse(PromptSet, JSON.parse(readFileSync(RunFolder.at(out).file('prompts'), 'utf8')));
}

/** What `adept generate` says to the prompts of a file. */
async function generated(model: string, prompts: string): Promise<string[]> {
  const { stdout } = await runAdept([
    ...['generate', '--model', model, '--prompts', prompts, '--max-tokens', MAX_TOKENS],
    ...['--engine', 'wasm', '--json'],
  ]);
  return stdout
    .trim()
    .split('\n')
    .map((line) => v.parse(v.object({ answer: v.string() }), JSON.parse(line)).answer);
}

describe('the answers of a run', () => {
  it('are those of the model before, and of the exported one; a resumed run asks what it asked', async (t) => {
    const { config, out, write } = jobIn(t);
    const prompts = join(out, '..', 'prompts.txt');
    writeFileSync(prompts, PROMPTS.join('\n'));
    write({}, { answers: { prompts: 'prompts.txt', maxTokens: MAX_TOKENS } });
    await adeptResult(['run', '--config', config]);
    const first = answersOf(out);
    assert.deepEqual(
      first.map(([step]) => step),
      [0, 2, 4],
    );
    const [, before] = first[0] ?? [];
    const [, after] = first[2] ?? [];
    assert.deepEqual(before, await generated(sample('model'), prompts));
    assert.deepEqual(after, await generated(join(out, 'export'), prompts));
    assert.notDeepEqual(after, before);
    const set = promptsOf(out);
    assert.deepEqual(
      set.prompts.map(({ text, source }) => [text, source]),
      PROMPTS.map((text) => [text, 'file']),
    );

    // The file may be gone meanwhile: answers to other prompts could not be compared.
    rmSync(prompts);
    await adeptResult(['resume', out, '--steps', 6]);
    const then = answersOf(out);
    assert.deepEqual(then.slice(0, 3), first);
    assert.deepEqual(then.map(([step, texts]) => [step, texts.length]).at(-1), [6, PROMPTS.length]);
    assert.deepEqual(promptsOf(out), set);
  });

  it('are to a general set and beginnings of the domain text where no file is named, at their own interval', async (t) => {
    const { config, out, write } = jobIn(t);
    write({ steps: 3 }, { answers: { every: 3, maxTokens: 4 } });
    await adeptResult(['run', '--config', config]);
    assert.deepEqual(
      answersOf(out).map(([step]) => step),
      [0, 3],
    );
    const { prompts } = promptsOf(out);
    const ofDomain = prompts.filter(({ source }) => source === 'domain');
    assert.deepEqual(
      prompts.filter(({ source }) => source === 'general').map(({ text }) => text),
      [...GENERAL_PROMPTS],
    );
    assert.equal(ofDomain.length, 4);
    const domain = readFileSync(sample('domain.jsonl'), 'utf8');
    for (const { text, reference = '' } of ofDomain) {
      // The last of it, before which a document may have begun.
      const [end = ''] = /\S+$/.exec(text) ?? [];
      const [begin = ''] = /^\s*\S*/.exec(reference) ?? [];
      assert.ok(domain.includes(JSON.stringify(end + begin).slice(1, -1)), `${text} | ${reference}`);
    }
  });

  it('are refused before anything is computed where a prompt cannot be read or has no room', async (t) => {
    const { config, write } = jobIn(t);
    write({}, { answers: { prompts: 'none.txt' } });
    assertRefused(await runAdept(['run', '--config', config]), ['answers.prompts', 'none.txt']);
    write({}, { answers: { maxTokens: 100_000 } });
    assertRefused(await runAdept(['run', '--config', config]), ['answers.maxTokens', 'leave no room']);
  });
});

/** What `adept eval` counts of a task. */
async function counted(model: string, args: readonly string[]): Promise<Record<string, number>> {
  return (await adeptResult(['eval', '--model', model, '--engine', 'wasm', ...args])) as Record<
    string,
    number
  >;
}

function scoresOf(out: string, task: string): [step: number, counts: number[]][] {
  return readEvents(RunFolder.at(out).file('events')).flatMap((event): [number, number[]][] =>
    event.type === 'scores' && event.task === task
      ? [[event.step, event.correct.map(({ count }) => count)]]
      : [],
  );
}

describe('the scores of a run', () => {
  it('are those of the model before, and of the exported one, by questions that stay the same', async (t) => {
    const { config, out, write } = jobIn(t);
    const choices = join(out, '..', 'choices.csv');
    const open = join(out, '..', 'open.jsonl');
    const words = ['boat', 'dog', 'mom', 'tree', 'ball', 'cat', 'sun', 'bird'];
    const rows = words.map((word, index) => `Leo saw a,${word},car,box,cup,${'ABCD'[index % 4] ?? ''}`);
    writeFileSync(choices, `${rows.join('\n')}\n`);
    // The model begins every answer with this word, and less so when its rate was far too high.
    const answers = words.map((word) => JSON.stringify({ question: `Leo and ${word}`, answer: 'Diagnosis' }));
    writeFileSync(open, `${answers.join('\n')}\n`);
    write(
      {},
      {
        evalTasks: [
          { name: 'choices', format: 'choices', files: ['choices.csv'], score: 'text', maxQuestions: 6 },
          { name: 'open', format: 'generate', files: ['open.jsonl'], maxTokens: 8, every: 3 },
        ],
      },
    );
    await adeptResult(['run', '--config', config]);
    const byText = ['--format', 'choices', '--data', choices, '--score', 'text', '--max-sequences', '6'];
    const inWords = ['--format', 'generate', '--data', open, '--max-tokens', '8'];
    const expected = async (model: string): Promise<number[][]> => {
      const chosen = await counted(model, [...byText, '--sampling', 'spread']);
      const said = await counted(model, inWords);
      return [
        [chosen.correct, Math.round((chosen.accuracyNormalized ?? NaN) * 6)].map(Number),
        [said.strictCorrect, said.flexibleCorrect].map(Number),
      ];
    };
    const [before, after] = [await expected(sample('model')), await expected(join(out, 'export'))];
    const [ofChoices, ofOpen] = [scoresOf(out, 'choices'), scoresOf(out, 'open')];
    assert.deepEqual(
      [ofChoices, ofOpen].map((scores) => scores.map(([step]) => step)),
      [
        [0, 2, 4],
        [0, 3, 4],
      ],
    );
    assert.deepEqual([ofChoices[0]?.[1], ofOpen[0]?.[1]], before);
    assert.deepEqual([ofChoices[2]?.[1], ofOpen[2]?.[1]], after);
    assert.notDeepEqual(after, before);
    assertMetricsCsv(out);

    // Killed between the last checkpoint and what is asked at its step: the rest is asked when the run goes on.
    const log = RunFolder.at(out).file('events');
    const lines = readFileSync(log, 'utf8').split(/(?<=\n)/);
    const cut = lines.findIndex((line) => line.includes('"type":"scores","step":4,"task":"open"'));
    assert.ok(cut > 0);
    writeFileSync(log, lines.slice(0, cut).join(''));
    rmSync(join(out, 'report.json'));
    rmSync(join(out, 'export'), { recursive: true });
    await adeptResult(['resume', out]);
    assert.deepEqual([scoresOf(out, 'choices'), scoresOf(out, 'open')], [ofChoices, ofOpen]);

    rmSync(choices);
    await adeptResult(['resume', out, '--steps', 6]);
    assert.deepEqual(
      scoresOf(out, 'choices').map(([step]) => step),
      [0, 2, 4, 6],
    );
  });

  it('are refused before anything is computed where a question cannot be put', async (t) => {
    const { config, out, write } = jobIn(t);
    const tasks = (...evalTasks: object[]): void => {
      write({}, { evalTasks });
    };
    const open = { name: 'open', format: 'generate', files: ['open.jsonl'], maxTokens: 8 };
    writeFileSync(
      join(out, '..', 'open.jsonl'),
      `${JSON.stringify({ question: 'a '.repeat(9000), answer: 'b' })}\n`,
    );
    tasks({ ...open, files: ['none.jsonl'] });
    assertRefused(await runAdept(['run', '--config', config]), ['evalTasks[0].files', 'none.jsonl']);
    tasks(open);
    assertRefused(await runAdept(['run', '--config', config]), ['open.jsonl: row 1', '256 positions']);
    tasks({ ...open, shots: 2 });
    assertRefused(await runAdept(['run', '--config', config]), [
      'evalTasks[0].shots',
      'evalTasks[0].examples',
    ]);
    tasks({ ...open, maxTokens: 4096 });
    assertRefused(await runAdept(['run', '--config', config]), ['evalTasks[0].maxTokens', 'leave no room']);
    tasks({ ...open, score: 'text' });
    assertRefused(await runAdept(['run', '--config', config]), ['evalTasks', 'score']);
    tasks(open, open);
    assertRefused(await runAdept(['run', '--config', config]), ['there is a task "open" before']);
  });
});
