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
import { assertRefused } from '../support/refusal';
import { temporaryFolder } from '../support/temporaryFolder';

const sample = (name: string): string => join(projectRoot, 'media/sample', name);
const MAX_TOKENS = 8;
const PROMPTS = ['The patient was', 'Leo and Kate', 'Diagnosis:'];

interface Job {
  readonly config: string;
  readonly out: string;
  readonly write: (tune: object, answers: object) => void;
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
    write: (changed, answers) => {
      const job = {
        ...{ model: sample('model'), probe: [sample('general.txt')], domain: [sample('domain.jsonl')], out },
        ...{ analyze: { mode: 'fast', seqLen: 32, maxSequences: 4 }, expand: { layers: [6] } },
        ...{ engine: 'wasm', tune: { ...tune, ...changed }, answers },
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
    write({}, { prompts: 'prompts.txt', maxTokens: MAX_TOKENS });
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
    write({ steps: 3 }, { every: 3, maxTokens: 4 });
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
    write({}, { prompts: 'none.txt' });
    assertRefused(await runAdept(['run', '--config', config]), ['answers.prompts', 'none.txt']);
    write({}, { maxTokens: 100_000 });
    assertRefused(await runAdept(['run', '--config', config]), ['answers.maxTokens', 'leave no room']);
  });
});
