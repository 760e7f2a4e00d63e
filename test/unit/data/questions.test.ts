import assert from 'node:assert/strict';
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, describe, it } from 'node:test';
import {
  choicePrompt,
  loadQuestions,
  renderPrompt,
  renderQuestion,
  type Question,
} from '../../../src/trainer/data/reading/questions';
import { expectInputError } from '../../support/expectInputError';
import { sharedData } from '../../support/sharedData';
import { temporaryFolder } from '../../support/temporaryFolder';

function load(t: TestContext, content: string, name = 'abstract_algebra_dev.csv'): Question[] {
  const file = join(temporaryFolder(t), name);
  writeFileSync(file, content);
  return loadQuestions([file], '--data');
}

describe('loadQuestions', () => {
  it('reads rows as MMLU has them', (t) => {
    const content = '"Is 2, or ""3"", prime?",0,1,"2, 3",3,B\n"Say ""x"".\nThen?",a,,c,d,D\r\n';
    const [first, second, ...rest] = load(t, content);
    assert.equal(rest.length, 0);
    assert.equal(first?.subject, 'abstract_algebra');
    assert.ok(first.source.endsWith('abstract_algebra_dev.csv'));
    assert.equal(first.question, 'Is 2, or "3", prime?');
    assert.deepEqual(first.choices, ['0', '1', '2, 3', '3']);
    assert.deepEqual(second?.question, 'Say "x".\nThen?');
    assert.deepEqual(second.choices, ['a', '', 'c', 'd']);
    assert.deepEqual([second.answer, second.row], [3, 2]);
  });

  it('takes digits and small letters as answers', (t) => {
    const rows = ['A', 'b', ' C ', '3', '0'].map((answer) => `q,w,x,y,z,${answer}`);
    assert.deepEqual(
      load(t, rows.join('\n')).map(({ answer }) => answer),
      [0, 1, 2, 3, 0],
    );
  });

  it('goes by a header row, with columns in any order', (t) => {
    const content = '\ufeffsubject,Answer,D,C,B,A,question\nmath,A,4,3,2,1,"One?"\n';
    const [only, ...rest] = load(t, content, 'mine.csv');
    assert.equal(rest.length, 0);
    assert.deepEqual(only?.choices, ['1', '2', '3', '4']);
    assert.deepEqual([only.question, only.answer, only.row, 'subject' in only], ['One?', 0, 2, false]);
  });

  it('takes as many choices as a header names, without those that a row leaves empty', (t) => {
    const content = 'question,A,B,C,D,E,answer\nfive,1,2,3,4,5,E\nthree,1,2,3,,,b\n';
    const [five, three] = load(t, content, 'medqa.csv');
    assert.deepEqual([five?.choices, five?.answer], [['1', '2', '3', '4', '5'], 4]);
    assert.deepEqual([three?.choices, three?.answer], [['1', '2', '3'], 1]);
    const { prompt, continuations } = choicePrompt(three ?? assert.fail(), 'letter');
    assert.deepEqual(continuations, [' A', ' B', ' C']);
    assert.equal(prompt, 'three\nA. 1\nB. 2\nC. 3\nAnswer:');
  });

  it('reads ARC, in both of its forms, by label', (t) => {
    const rows = [
      {
        id: 'x',
        question: 'Hub?',
        choices: { text: ['p', 'q', 'r'], label: ['1', '2', '3'] },
        answerKey: '1',
      },
      {
        question: {
          stem: 'Own?',
          choices: ['p', 'q', 'r', 's'].map((text, at) => ({ text, label: 'ABCD'[at] })),
        },
        answerKey: 'D',
      },
    ];
    const [hub, own] = load(t, rows.map((row) => JSON.stringify(row)).join('\n\n'), 'arc.jsonl');
    assert.deepEqual([hub?.question, hub?.choices, hub?.answer, hub?.row], ['Hub?', ['p', 'q', 'r'], 0, 1]);
    assert.deepEqual(
      [own?.question, own?.choices, own?.answer, own?.row],
      ['Own?', ['p', 'q', 'r', 's'], 3, 3],
    );
    assert.deepEqual(choicePrompt(hub ?? assert.fail(), 'text'), {
      prompt: 'Question: Hub?\nAnswer:',
      continuations: [' p', ' q', ' r'],
    });
  });

  it('reads MMLU with its subject in each row', (t) => {
    const row = { question: 'Q?', subject: 'anatomy', choices: ['a', 'b', 'c', 'd'], answer: 2 };
    const [only] = load(t, JSON.stringify(row), 'mmlu.jsonl');
    assert.deepEqual([only?.subject, only?.choices, only?.answer], ['anatomy', ['a', 'b', 'c', 'd'], 2]);
  });

  const ROWS: [string, object | string, string[]][] = [
    ['no JSON', '{', ['row 1', 'not JSON']],
    ['another form', { text: 'x' }, ['row 1', 'answerKey']],
    [
      'an answer that is no label',
      { question: 'q', choices: { text: ['a', 'b'], label: ['A', 'B'] }, answerKey: '1' },
      ['row 1', '"1"', 'A, B'],
    ],
    [
      'labels that are fewer than the choices',
      { question: 'q', choices: { text: ['a', 'b'], label: ['A'] }, answerKey: 'A' },
      ['2 choices and 1 labels'],
    ],
  ];
  for (const [what, row, parts] of ROWS) {
    it(`refuses in JSON ${what}`, (t) => {
      const text = typeof row === 'string' ? row : JSON.stringify(row);
      expectInputError(() => load(t, text, 'q.jsonl'), '--data', 'q.jsonl', ...parts);
    });
  }

  it('renders a prompt that ends before the answer', (t) => {
    const [question] = load(t, 'Which?,p,q,r,s,C');
    assert.ok(question !== undefined);
    assert.equal(renderPrompt(question), 'Which?\nA. p\nB. q\nC. r\nD. s\nAnswer:');
    assert.equal(renderQuestion(question), 'Which?\nA. p\nB. q\nC. r\nD. s\nAnswer: C');
  });

  const FAULTS: [string, string, string[]][] = [
    ['an answer that is no choice', 'q,a,b,c,d,A\nq,a,b,c,d,E\n', ['row 2', '"E"', 'A, B, C, D']],
    ['an empty answer', 'q,a,b,c,d,\n', ['row 1', '""']],
    ['a column too few', 'q,a,b,c,A\n', ['row 1', '5 columns', '6']],
    ['a column too many', 'q,a,b,c,d,e,A\n', ['row 1', '7 columns']],
    ['a column too few below a header', 'question,A,B,C,D,answer\nq,a,b\n', ['row 2', 'fewer columns']],
    ['an answer missing below a header', 'question,A,B,C,D,answer\nq,a,b,c,d\n', ['row 2', 'answer']],
    ['an empty question', ' ,a,b,c,d,A\n', ['row 1', 'question is empty']],
    ['nothing but a header', 'question,A,B,C,D,answer\n', ['holds no question']],
    [
      'a comma without quotes below a header',
      'answer,question,A,B,C,D\nA,How many, if any?,1,2,3,4\n',
      ['row 2', '7 columns', 'header row 6', 'quotes'],
    ],
    [
      'an answer beyond the choices of a header',
      'question,A,B,answer\nq,a,b,C\n',
      ['row 2', '"C"', 'A, B (or'],
    ],
    ['a single choice', 'question,A,B,answer\nq,a,,A\n', ['row 2', '1 choices', 'two']],
    ['an open quote', '"q,a,b,c,d,A\n', ['not CSV', 'quotes']],
    ['nothing', '', ['empty']],
  ];
  for (const [what, content, parts] of FAULTS) {
    it(`refuses ${what}`, (t) => {
      expectInputError(() => load(t, content), '--data', 'abstract_algebra_dev.csv', ...parts);
    });
  }

  it('refuses other files, and none', (t) => {
    expectInputError(() => load(t, '{}', 'a.txt'), '--data', 'a.txt', '.csv', '.jsonl');
    expectInputError(() => loadQuestions(['/no/such/a.csv'], '--data'), '/no/such/a.csv', 'no such file');
    expectInputError(() => loadQuestions([]), 'no file');
  });

  it('reads every question of MMLU dev and val', (t) => {
    const folder = sharedData(t, 'mmlu');
    if (folder === undefined) {
      return;
    }
    const files = ['dev', 'val'].map((part) =>
      readdirSync(join(folder, part))
        .sort()
        .map((name) => join(folder, part, name)),
    );
    const [dev, val] = files.map((names) => loadQuestions(names));
    assert.ok(dev !== undefined && val !== undefined);
    // Counted with Python's csv module.
    assert.deepEqual([dev.length, val.length], [285, 1531]);
    assert.equal(new Set(dev.map(({ subject }) => subject)).size, 57);
    assert.deepEqual(
      [0, 1, 2, 3].map((index) => val.filter(({ answer }) => answer === index).length),
      [381, 379, 387, 384],
    );
    const characters = val.flatMap(({ question, choices }) => [question, ...choices]).join('');
    assert.equal(Array.from(characters).length, 680_700);
  });
});
