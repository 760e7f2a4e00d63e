import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { ChatTemplate } from '../../../src/trainer/data/reading/chatTemplate';
import { openTokenizer } from '../../../src/trainer/data/tokenizer/tokenizer';
import { PromptEncoder } from '../../../src/trainer/generation/promptEncoder';
import { readPrompts, type PromptContent } from '../../../src/trainer/generation/promptFile';
import { readStopTokens } from '../../../src/trainer/generation/stopTokens';
import { expectInputError } from '../../support/expectInputError';
import { temporaryFolder } from '../../support/temporaryFolder';
import { characterTokenizer } from '../../support/tokenizers';

function fileOf(t: TestContext, name: string, content: string): string {
  const file = join(temporaryFolder(t), name);
  writeFileSync(file, content);
  return file;
}

function contents(t: TestContext, name: string, content: string): PromptContent[] {
  return readPrompts(fileOf(t, name, content), '--prompts').map((prompt) => prompt.content);
}

describe('a file of prompts', () => {
  it('has one a line, or one an entry', (t) => {
    assert.deepEqual(contents(t, 'p.txt', 'one\n\n two\r\n'), ['one', ' two']);
    assert.deepEqual(contents(t, 'p.json', '["one", {"text": "two"}]'), ['one', 'two']);
    const turn = { role: 'user', content: 'hi' };
    const rows = [
      'one',
      { prompt: 'two' },
      { question: 'three', answer: 'not this' },
      { instruction: 'four', input: 'with this', output: 'not this' },
      { messages: [turn, { role: 'assistant', content: 'not this' }] },
      { conversations: [{ from: 'human', value: 'hi' }] },
      { prompt: [turn] },
    ];
    assert.deepEqual(contents(t, 'p.jsonl', rows.map((row) => JSON.stringify(row)).join('\n')), [
      ...['one', 'two', 'three', 'four\nwith this'],
      ...[[turn], [turn], [turn]],
    ]);
  });

  it('is refused with the place of what is wrong', (t) => {
    const cases: [name: string, content: string, ...parts: string[]][] = [
      ['p.txt', '\n \n', 'holds no prompt'],
      ['p.json', '{"text": "a"}', 'is not a list'],
      ['p.json', '["a", 3]', 'entry 2: is no prompt'],
      ['p.jsonl', '"a"\n{', 'line 2: is not JSON'],
      ['p.jsonl', '{"body": "a"}', 'line 1: has no prompt (its keys: body)'],
      ['p.jsonl', '{"text": 1}', 'line 1: "text" is not a string'],
      ['p.jsonl', '{"messages": [{"role": "assistant", "content": "a"}]}', 'line 1: asks nothing'],
    ];
    for (const [name, content, ...parts] of cases) {
      const file = fileOf(t, name, content);
      expectInputError(() => readPrompts(file, '--prompts'), `--prompts ${file}`, ...parts);
    }
  });
});

describe('a prompt as tokens', () => {
  const encoder = (t: TestContext, template?: string, asConversation = false): PromptEncoder => {
    const description =
      template === undefined
        ? ({ kind: 'plain' } as const)
        : ({ kind: 'template', source: template, file: 'f', tokens: { bos_token: '<s>' } } as const);
    return new PromptEncoder({
      tokenizer: openTokenizer(characterTokenizer(t), 1000),
      chat: new ChatTemplate(description),
      ...{ asConversation, maxPositions: 20 },
    });
  };
  const codes = (text: string): number[] => Array.from(text, (letter) => letter.codePointAt(0) ?? 0);
  const TEMPLATE =
    '{{ bos_token }}{% for m in messages %}[{{ m.content }}]{% endfor %}{% if add_generation_prompt %}>{% endif %}';

  it('begins as the tokenizer or the template has it', (t) => {
    const plain = encoder(t);
    assert.deepEqual([...plain.encode({ content: 'hi', where: 'p' })], [1, ...codes('hi')]);
    const turns = [{ role: 'user', content: 'hi' }];
    assert.deepEqual([...plain.encode({ content: turns, where: 'p' })], [1, ...codes('hi')]);
    assert.deepEqual(
      [...encoder(t, TEMPLATE).encode({ content: turns, where: 'p' })],
      [1, ...codes('[hi]>')],
    );
    assert.deepEqual([...encoder(t, TEMPLATE).encode({ content: 'hi', where: 'p' })], [1, ...codes('hi')]);
    assert.deepEqual(
      [...encoder(t, TEMPLATE, true).encode({ content: 'hi', where: 'p' })],
      [1, ...codes('[hi]>')],
    );
  });

  it('is refused in one sentence where it cannot be asked', (t) => {
    const turns = [{ role: 'user', content: 'hi' }];
    const where = '--prompts p.jsonl: line 3';
    expectInputError(
      () => encoder(t).encode({ content: 'x'.repeat(20), where }),
      where,
      "has 21 tokens, more than the model's 20 positions",
    );
    const hostile = [
      ["{{ raise_exception('no') }}", 'refuses the conversation (no)'],
      [
        '{% for i in range(100000) %}{% for j in range(100000) %}{% endfor %}{% endfor %}',
        'refuses the conversation (it has not ended after 2 s)',
      ],
    ];
    for (const [source, part = ''] of hostile) {
      expectInputError(() => encoder(t, source).encode({ content: turns, where }), where, part);
    }
    expectInputError(() => encoder(t, '').encode({ content: turns, where }), where, 'is empty');
  });

  it('is continued by text that follows its end, without special tokens', (t) => {
    const prompt = Int32Array.from([1, ...codes('ab')]);
    assert.equal(encoder(t).decode(prompt, [...codes(' c'), 1, ...codes('d')]), ' cd');
  });
});

describe('the tokens that end an answer', () => {
  it('are those of generation_config.json, of config.json, of its text part, or the tokenizer', (t) => {
    const folder = temporaryFolder(t);
    const write = (name: string, value: unknown): void => {
      writeFileSync(join(folder, name), JSON.stringify(value));
    };
    assert.deepEqual([...readStopTokens(folder, 7)], [7]);
    assert.deepEqual([...readStopTokens(folder, undefined)], []);
    write('config.json', { text_config: { eos_token_id: 5 } });
    assert.deepEqual([...readStopTokens(folder, 7)], [5]);
    write('generation_config.json', { eos_token_id: [2, 3] });
    assert.deepEqual([...readStopTokens(folder, 7)], [2, 3]);
    write('generation_config.json', { eos_token_id: 'x' });
    expectInputError(() => readStopTokens(folder, 7), 'generation_config.json', 'eos_token_id');
  });
});
