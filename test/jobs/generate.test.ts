import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import * as v from 'valibot';
import { ENGINES } from '../parity/engines';
import { adeptResult, runAdeptAgain, startAdept, type Argument } from '../support/command';
import { projectRoot } from '../support/projectRoot';
import { assertRefused } from '../support/refusal';
import { temporaryFolder } from '../support/temporaryFolder';

const MODEL = join(projectRoot, 'media/sample/model');
const PROMPTS = ['The patient was', 'Once upon a time', 'Leo and Kate', 'It was raining.'];
const Row = v.strictObject({
  prompt: v.string(),
  answer: v.string(),
  finish: v.picklist(['stop', 'length', 'context']),
  promptTokens: v.number(),
  ids: v.array(v.number()),
});
type Row = v.InferOutput<typeof Row>;

function written(t: TestContext, lines: readonly string[]): string {
  const file = join(temporaryFolder(t), 'prompts.txt');
  writeFileSync(file, lines.join('\n'));
  return file;
}

function rowsOf(stdout: string): Row[] {
  return stdout
    .trim()
    .split('\n')
    .map((line) => v.parse(Row, JSON.parse(line)));
}

async function answers(prompts: string, ...options: Argument[]): Promise<Row[]> {
  const { status, stdout, stderr } = await runAdeptAgain([
    ...['generate', '--model', MODEL, '--prompts', prompts, '--max-tokens', 24, '--json'],
    ...options,
  ]);
  assert.equal(status, 0, stderr);
  return rowsOf(stdout);
}

describe('adept eval --format generate', () => {
  const question = (asked: string, answer: string): string => JSON.stringify({ question: asked, answer });
  const asked = ['Where did Leo go?', 'What did Kate find?', 'Who was ill?'];
  const Scored = v.looseObject({ answer: v.string(), strictMatch: v.boolean(), flexibleMatch: v.boolean() });

  async function evaluated(
    t: TestContext,
    right: readonly string[],
    ...options: Argument[]
  ): Promise<{ result: Record<string, unknown>; scored: v.InferOutput<typeof Scored>[] }> {
    const folder = temporaryFolder(t);
    const [data, out] = [join(folder, 'questions.jsonl'), join(folder, 'answers.jsonl')];
    writeFileSync(data, asked.map((text, index) => question(text, right[index] ?? '')).join('\n'));
    const result = await adeptResult([
      ...['eval', '--model', MODEL, '--format', 'generate', '--data', data, '--max-tokens', 12],
      ...['--answers', out, ...options],
    ]);
    const scored = readFileSync(out, 'utf8').trim().split('\n');
    return { result, scored: scored.map((line) => v.parse(Scored, JSON.parse(line))) };
  }

  it('counts what is said right, after examples of the same form', async (t) => {
    const nothing = await evaluated(t, ['#### 1', '#### 2', '#### 3']);
    assert.deepEqual(
      [nothing.result.strictMatch, nothing.result.questions, nothing.result.meanShots],
      [0, 3, 0],
    );
    const said = nothing.scored.map(({ answer }) => answer.trim());
    const right = [said[0] ?? '', `no: ${said[1] ?? ''}`, said[2] ?? ''];
    const { result, scored } = await evaluated(t, right, '--batch-size', 2);
    assert.deepEqual([result.strictCorrect, result.strictMatch], [2, 2 / 3]);
    assert.deepEqual(
      scored.map(({ strictMatch }) => strictMatch),
      [true, false, true],
    );
    const file = join(temporaryFolder(t), 'examples.csv');
    writeFileSync(file, 'id,question,answer\n1,Who?,Leo\n2,When?,then\n3,Why?,so\n');
    const shown = await evaluated(t, right, '--examples', file, '--shots', 2);
    assert.equal(shown.result.meanShots, 2);
    assert.notDeepEqual(
      shown.scored.map(({ answer }) => answer),
      scored.map(({ answer }) => answer),
    );
    // With its examples every question is longer than the model's context, less the answer.
    const full = await evaluated(t, right, '--examples', file, '--max-tokens', 230);
    assert.ok(Number(full.result.meanShots) < 3);
  });

  it('names the row that is no question', async (t) => {
    const file = join(temporaryFolder(t), 'questions.jsonl');
    const arguments_ = ['eval', '--model', MODEL, '--format', 'generate', '--data', file];
    writeFileSync(file, `${question('a', 'b')}\n{"question": "a"}\n`);
    assertRefused(await runAdeptAgain(arguments_), ['questions.jsonl: row 2', 'answer']);
    writeFileSync(file, '\n');
    assertRefused(await runAdeptAgain(arguments_), ['questions.jsonl', 'holds no question']);
  });
});

describe('adept generate', () => {
  for (const { name, skip } of ENGINES) {
    it(
      `answers every prompt in a row of its own, whatever stands beside it (${name})`,
      { skip },
      async (t) => {
        const file = written(t, PROMPTS);
        const rows = await answers(file, '--engine', name);
        assert.deepEqual(
          rows.map(({ prompt }) => prompt),
          PROMPTS,
        );
        assert.ok(rows.every(({ ids, finish }) => ids.length === 24 && finish === 'length'));
        assert.deepEqual(await answers(file, '--engine', name, '--batch-size', 1), rows);
        const drawn = ['--engine', name, '--temperature', 1, '--top-p', 0.9, '--seed', 4];
        const [one, again] = [
          await answers(file, ...drawn),
          await answers(file, ...drawn, '--batch-size', 3),
        ];
        assert.deepEqual(again, one);
        assert.notDeepEqual(one, rows);
      },
    );
  }

  it('ends an answer before a text that is to end it', async (t) => {
    const file = written(t, PROMPTS.slice(0, 2));
    const [whole] = await answers(file);
    const stop = whole?.answer.slice(5, 8) ?? '';
    const [cut, other] = await answers(file, '--stop', stop, 'never said by it');
    assert.equal(cut?.answer, whole?.answer.slice(0, whole.answer.indexOf(stop)));
    assert.deepEqual([cut?.finish, (cut?.ids.length ?? 99) < 24], ['stop', true]);
    assert.ok(!(other?.answer ?? stop).includes(stop));
  });

  it('refuses what cannot be asked before it computes anything', async (t) => {
    const long = written(t, ['short', 'word '.repeat(2000)]);
    const asked = ['generate', '--model', MODEL, '--prompts'];
    assertRefused(await runAdeptAgain([...asked, long, '--json']), [long, 'line 2', 'positions']);
    assertRefused(await runAdeptAgain([...asked, join(long, '..', 'none.txt')]), ['--prompts', 'none.txt']);
    const file = written(t, PROMPTS);
    assertRefused(await runAdeptAgain([...asked, file, '--top-p', 0]), ['--top-p']);
    assertRefused(await runAdeptAgain([...asked, file, '--temperature', -1]), ['--temperature']);
  });

  it('is interrupted between two tokens, and keeps what was answered', async (t) => {
    const file = written(
      t,
      Array.from({ length: 400 }, (_, index) => `${PROMPTS[index % PROMPTS.length] ?? ''} ${index}`),
    );
    const { child, ended } = startAdept([
      ...['generate', '--model', MODEL, '--prompts', file, '--max-tokens', 60, '--json'],
    ]);
    child.stdout?.once('data', () => {
      child.kill('SIGINT');
    });
    const { status, stdout, stderr } = await ended;
    assert.equal(status, 1, stderr);
    const rows = rowsOf(stdout);
    assert.match(stderr, new RegExp(`^adept: Cancelled: ${rows.length} of 400 prompts were answered`, 'm'));
    assert.ok(rows.length >= 8 && rows.length < 400);
  });
});
