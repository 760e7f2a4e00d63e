import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it, mock, type TestContext } from 'node:test';
import { answerByLikelihood } from '../../src/trainer/method/multipleChoice';
import { makeBatch } from '../../src/trainer/data/sequences/batch';
import {
  choicePrompt,
  examplesFor,
  loadQuestions,
  renderPrompt,
  type Question,
} from '../../src/trainer/data/reading/questions';
import { openTokenizer } from '../../src/trainer/data/tokenizer/tokenizer';
import { CausalLM } from '../../src/trainer/tfjs/model/causalLM';
import { TfjsModel } from '../../src/trainer/tfjs/tfjsModel';
import { openEngine } from '../../src/trainer/tfjs/engine/open';
import { adeptResult, type Argument } from '../support/command';
import { onEveryEngine } from '../support/engines';
import { projectRoot } from '../support/projectRoot';
import { temporaryFolder } from '../support/temporaryFolder';

const MODEL = join(projectRoot, 'media/sample/model');

function question(text: string, choices: Question['choices']): Question {
  return { question: text, choices, answer: 0, source: 'test', row: 1 };
}

const QUESTIONS = [
  question('Which drug treats gout?', ['amoxicillin', 'colchicine', 'ramipril', 'metformin']),
  question('Where did Anna go?', ['to the market', 'to the moon', 'to sleep', 'nowhere']),
  question('What is 2 + 2?', ['3', '4', '5', '6']),
];

onEveryEngine('a multiple-choice answer', (test) => {
  test('is the letter whose likelihood after the prompt is the largest', async (engine) => {
    const tokenizer = openTokenizer(MODEL, 512);
    const model = CausalLM.load(engine, MODEL);
    for (const asked of QUESTIONS) {
      const prompt = renderPrompt(asked);
      const ids = (text: string): number[] => [tokenizer.bosId ?? -1, ...tokenizer.encode(text)];
      const before = ids(prompt).length;
      const scores = ['A', 'B', 'C', 'D'].map((letter) => {
        const losses = model.losses(makeBatch([Int32Array.from(ids(`${prompt} ${letter}`))]));
        return -losses.slice(before - 1).reduce((sum, loss) => sum + loss, 0);
      });
      const { choice, truncated } = await answerByLikelihood(
        new TfjsModel(model),
        tokenizer,
        choicePrompt(asked, 'letter'),
      );
      assert.equal(truncated, false);
      assert.equal(choice, scores.indexOf(Math.max(...scores)), scores.join(', '));
    }
    model.dispose();
  });

  test('is, by text, the answer that is likeliest as a whole, or for its length', async (engine) => {
    const tokenizer = openTokenizer(MODEL, 512);
    const model = CausalLM.load(engine, MODEL);
    let differ = 0;
    for (const asked of QUESTIONS) {
      const asks = choicePrompt(asked, 'text');
      const before = [tokenizer.bosId ?? -1, ...tokenizer.encode(asks.prompt)].length;
      const scores = asked.choices.map((text) => {
        const ids = [tokenizer.bosId ?? -1, ...tokenizer.encode(`${asks.prompt} ${text}`)];
        return -model
          .losses(makeBatch([Int32Array.from(ids)]))
          .slice(before - 1)
          .reduce((sum, loss) => sum + loss, 0);
      });
      const byLength = scores.map((score, index) => score / (asked.choices[index]?.length ?? NaN));
      const answer = await answerByLikelihood(new TfjsModel(model), tokenizer, asks);
      assert.equal(answer.choice, scores.indexOf(Math.max(...scores)), scores.join(', '));
      assert.equal(answer.normalizedChoice, byLength.indexOf(Math.max(...byLength)), byLength.join(', '));
      differ += answer.choice === answer.normalizedChoice ? 0 : 1;
    }
    assert.ok(differ > 0, 'length decides nowhere');
    model.dispose();
  });

  test('is divided by its length where it is one token, too', async (engine) => {
    const tokenizer = openTokenizer(MODEL, 512);
    const model = CausalLM.load(engine, MODEL);
    const ids = (text: string): number[] => [tokenizer.bosId ?? -1, ...tokenizer.encode(text)];
    let differ = 0;
    for (const prompt of ['Question: Who is there?\nAnswer:', 'Anna went', 'He said that']) {
      const before = ids(prompt).length;
      const continuations = [' a', ' the', ' to', ' people', ' said', ' she', ' patient', ' number'].filter(
        (text) => ids(prompt + text).length === before + 1,
      );
      assert.ok(new Set(continuations.map(({ length }) => length)).size > 2, continuations.join());
      const scores = continuations.map((text) => {
        const losses = model.losses(makeBatch([Int32Array.from(ids(prompt + text))]));
        return -(losses.at(-1) ?? NaN) / text.trim().length;
      });
      const answer = await answerByLikelihood(new TfjsModel(model), tokenizer, { prompt, continuations });
      assert.equal(answer.normalizedChoice, scores.indexOf(Math.max(...scores)), scores.join(', '));
      differ += answer.choice === answer.normalizedChoice ? 0 : 1;
    }
    assert.ok(differ > 0, 'length decides nowhere');
    model.dispose();
  });

  test('is none where the model computes no numbers', async (engine) => {
    const tokenizer = openTokenizer(MODEL, 512);
    const model = CausalLM.load(engine, MODEL);
    const [asked] = QUESTIONS;
    assert.ok(asked);
    mock.method(model, 'logits', () => new Float32Array(model.config.vocabSize).fill(NaN));
    mock.method(model, 'losses', () => new Float32Array(64).fill(NaN));
    for (const score of ['letter', 'text'] as const) {
      await assert.rejects(answerByLikelihood(new TfjsModel(model), tokenizer, choicePrompt(asked, score)), {
        name: 'AdeptError',
        message: /not numbers: check its weights/,
      });
    }
    mock.restoreAll();
    model.dispose();
  });

  test('comes from the end of a prompt that is longer than the context, which is said', async (engine) => {
    const tokenizer = openTokenizer(MODEL, 512);
    const model = CausalLM.load(engine, MODEL);
    const long = question('word '.repeat(300), ['one', 'two', 'three', 'four']);
    const asks = choicePrompt(long, 'letter');
    const answer = await answerByLikelihood(new TfjsModel(model), tokenizer, asks);
    assert.equal(answer.truncated, true);
    const scores = asks.continuations.map((text) => {
      const ids = [...tokenizer.encode(asks.prompt + text)];
      const bos = tokenizer.bosId ?? assert.fail('The sample has a token for the beginning of a text.');
      // As a text begins, whatever is left of it.
      const kept = [bos, ...ids.slice(1 - model.config.maxPositionEmbeddings)];
      assert.equal(kept.length, model.config.maxPositionEmbeddings);
      return -(model.losses(makeBatch([Int32Array.from(kept)])).at(-1) ?? NaN);
    });
    assert.equal(answer.choice, scores.indexOf(Math.max(...scores)), scores.join(', '));
    model.dispose();
  });
});

describe('a question after examples', () => {
  const example = (subject: string, text: string): Question => ({
    ...question(text, ['w', 'x', 'y', 'z']),
    ...{ subject, answer: 2 },
  });
  const asked = { ...question('Q?', ['a', 'b', 'c', 'd']), subject: 'high_school_physics' };

  it('is put as MMLU puts it, by letter', () => {
    const { prompt, continuations } = choicePrompt(asked, 'letter', [example('high_school_physics', 'E?')]);
    assert.equal(
      prompt,
      'The following are multiple choice questions (with answers) about high school physics.\n\n' +
        'E?\nA. w\nB. x\nC. y\nD. z\nAnswer: C\n\nQ?\nA. a\nB. b\nC. c\nD. d\nAnswer:',
    );
    assert.deepEqual(continuations, [' A', ' B', ' C', ' D']);
  });

  it('is put as ARC puts it, by text', () => {
    const { prompt, continuations } = choicePrompt(asked, 'text', [example('any', 'E?')]);
    assert.equal(prompt, 'Question: E?\nAnswer: y\n\nQuestion: Q?\nAnswer:');
    assert.deepEqual(continuations, [' a', ' b', ' c', ' d']);
  });

  it('has examples of its own subject, where there are any', () => {
    const all = [
      example('law', '1'),
      example('high_school_physics', '2'),
      example('high_school_physics', '3'),
    ];
    const names = (shots: number, of = asked): string[] =>
      examplesFor(of, all, shots).map(({ question: text }) => text);
    assert.deepEqual(names(5), ['2', '3']);
    assert.deepEqual(names(1), ['2']);
    assert.deepEqual(names(2, { ...asked, subject: 'chemistry' }), ['1', '2']);
  });

  it('is never among them: its answer would be shown', () => {
    const all = [asked, { ...asked, choices: ['a', 'b', 'c', 'e'] }, example('high_school_physics', '2')];
    assert.deepEqual(examplesFor(asked, all, 5), all.slice(1));
  });
});

describe('adept eval --format choices', () => {
  const rows = (count: number, length: number): string =>
    Array.from(
      { length: count },
      (_, index) => `${'word '.repeat(length)}${index}?,to go,to sleep,nowhere,${index},${'ABCD'[index % 4]}`,
    ).join('\n');

  async function evaluated(
    t: TestContext,
    length: number,
    ...more: Argument[]
  ): Promise<Record<string, unknown>> {
    const folder = temporaryFolder(t);
    const [data, examples] = [join(folder, 'law_val.csv'), join(folder, 'law_dev.csv')];
    writeFileSync(data, rows(6, 1));
    writeFileSync(examples, rows(8, length));
    return adeptResult([
      ...['eval', '--format', 'choices', '--model', MODEL, '--data', data, '--engine', 'wasm'],
      ...more.map((argument) => (argument === 'EXAMPLES' ? examples : argument)),
    ]);
  }

  it('puts five examples before each question where there are any, as many as asked for, or as fit', async (t) => {
    const shots = async (length: number, ...more: Argument[]): Promise<unknown> =>
      (await evaluated(t, length, '--max-sequences', 2, ...more)).meanShots;
    assert.equal(await shots(1), 0);
    assert.equal(await shots(1, '--examples', 'EXAMPLES', '--shots', 2), 2);
    assert.equal(await shots(1, '--examples', 'EXAMPLES', '--shots', 0), 0);
    assert.equal(await shots(1, '--shots', 0), 0);
    const usual = Number(await shots(1, '--examples', 'EXAMPLES'));
    const crowded = Number(await shots(40, '--examples', 'EXAMPLES'));
    assert.ok(usual > crowded && crowded > 0, `${usual} and ${crowded}`);
  });

  it('answers some of the questions, from all over the file where they are to be spread', async (t) => {
    const kept = join(temporaryFolder(t), 'answers.jsonl');
    const all = await evaluated(t, 1, '--score', 'text', '--answers', kept);
    assert.equal(all.questions, 6);
    const answers = readFileSync(kept, 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<'answer' | 'choice', number>);
    assert.equal(answers.length, 6);
    assert.equal(answers.filter(({ answer, choice }) => answer === choice).length, all.correct);
    const [low = NaN, high = NaN] = all.interval as number[];
    assert.ok(low <= Number(all.accuracy) && Number(all.accuracy) <= high);
    assert.equal(typeof all.accuracyNormalized, 'number');
    const engine = await openEngine('wasm');
    const tokenizer = openTokenizer(MODEL, 512);
    const model = CausalLM.load(engine, MODEL);
    const folder = temporaryFolder(t);
    writeFileSync(join(folder, 'law_val.csv'), rows(6, 1));
    const questions = loadQuestions([join(folder, 'law_val.csv')]);
    let right = 0;
    for (const index of [1, 4]) {
      const asked = questions[index] ?? assert.fail();
      const { choice } = await answerByLikelihood(
        new TfjsModel(model),
        tokenizer,
        choicePrompt(asked, 'letter'),
      );
      right += choice === asked.answer ? 1 : 0;
    }
    model.dispose();
    const spread = await evaluated(t, 1, '--max-sequences', 2, '--sampling', 'spread');
    assert.deepEqual([spread.questions, spread.correct], [2, right]);
  });
});
