import assert from 'node:assert/strict';
import { join } from 'node:path';
import { answerByLikelihood } from '../../src/trainer/adept/multipleChoice';
import { makeBatch } from '../../src/trainer/data/corpus';
import { renderPrompt, type Question } from '../../src/trainer/data/questions';
import { openTokenizer } from '../../src/trainer/data/tokenizer';
import { CausalLM } from '../../src/trainer/model/causalLM';
import { onEveryEngine } from '../support/engines';
import { projectRoot } from '../support/projectRoot';

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
  test('is the letter whose likelihood after the prompt is the largest', (engine) => {
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
      const { choice, truncated } = answerByLikelihood(model, tokenizer, prompt);
      assert.equal(truncated, false);
      assert.equal(choice, scores.indexOf(Math.max(...scores)), scores.join(', '));
    }
    model.dispose();
  });

  test('comes from the end of a prompt that is longer than the context, which is said', (engine) => {
    const tokenizer = openTokenizer(MODEL, 512);
    const model = CausalLM.load(engine, MODEL);
    const long = question('word '.repeat(300), ['one', 'two', 'three', 'four']);
    assert.equal(answerByLikelihood(model, tokenizer, renderPrompt(long)).truncated, true);
    model.dispose();
  });
});
