import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import * as v from 'valibot';
import { ChatTemplate } from '../../../src/trainer/data/reading/chatTemplate';
import { expectInputError } from '../../support/expectInputError';
import { outcomesOf } from '../../support/reading';
import { sharedData } from '../../support/sharedData';
import { temporaryFolder } from '../../support/temporaryFolder';

// What transformers 5.23 makes of these conversations: test/unit/data/readingFixtures/make.py.
const Cases = v.array(
  v.object({
    name: v.string(),
    template: v.optional(v.string()),
    tokens: v.record(v.string(), v.string()),
    messages: v.array(v.looseObject({ role: v.string(), content: v.string() })),
    text: v.optional(v.string()),
    error: v.optional(v.string()),
  }),
);
const cases = v.parse(
  Cases,
  JSON.parse(readFileSync(join(process.cwd(), 'test/unit/data/readingFixtures/chatTemplates.json'), 'utf8')),
);

describe('chat templates render as transformers does', () => {
  for (const { name, template, tokens, messages, text, error } of cases) {
    it(name, (t) => {
      const qwen3 = template === undefined ? sharedData(t, 'tokenizers', 'qwen3') : undefined;
      if (template === undefined && qwen3 === undefined) {
        return;
      }
      const chat =
        qwen3 === undefined
          ? new ChatTemplate(structuredClone({ kind: 'template', source: template ?? '', file: 'f', tokens }))
          : ChatTemplate.open(qwen3);
      if (error === undefined) {
        assert.equal(chat.render(messages), text);
      } else {
        assert.throws(() => chat.render(messages), { message: error });
      }
    });
  }
});

describe('the template of a model', () => {
  const write = (folder: string, name: string, content: unknown): void => {
    writeFileSync(join(folder, name), typeof content === 'string' ? content : JSON.stringify(content));
  };
  const one = [{ role: 'user', content: 'a' }];

  it('is a file of its own, or in tokenizer_config.json by itself or by the name default', (t) => {
    const folder = temporaryFolder(t);
    assert.equal(ChatTemplate.open(folder).kind, 'plain');
    write(folder, 'tokenizer_config.json', {
      chat_template: '{{ bos_token }}1{{ eos_token }}{{ pad_token }}',
      bos_token: { content: '<s>' },
      pad_token: null,
    });
    write(folder, 'special_tokens_map.json', { eos_token: '</s>', bos_token: '<other>' });
    const chat = ChatTemplate.open(folder);
    assert.equal(chat.kind, 'template');
    assert.equal(chat.render(one), '<s>1</s>');
    const several = [
      { name: 'tool_use', template: 'no' },
      { name: 'default', template: '2' },
    ];
    write(folder, 'tokenizer_config.json', { chat_template: several });
    assert.equal(ChatTemplate.open(folder).render(one), '2');
    write(folder, 'chat_template.jinja', '3{{ messages[0].content }}');
    assert.equal(ChatTemplate.open(folder).render(one), '3a');
    assert.equal(new ChatTemplate(structuredClone(ChatTemplate.open(folder).description)).render(one), '3a');
  });

  it('that cannot be read is told by its file', (t) => {
    const folder = temporaryFolder(t);
    write(folder, 'tokenizer_config.json', { chat_template: [{ name: 'rag', template: '1' }] });
    expectInputError(() => ChatTemplate.open(folder), 'tokenizer_config.json', '"default"');
    write(folder, 'tokenizer_config.json', { chat_template: 5 });
    expectInputError(() => ChatTemplate.open(folder), 'tokenizer_config.json', 'chat_template');
    write(folder, 'chat_template.jinja', '{% for %}');
    expectInputError(() => ChatTemplate.open(folder), 'chat_template.jinja', 'cannot be read');
  });

  it('that refuses a conversation makes a bad row with its message', async (t) => {
    const folder = temporaryFolder(t);
    const source = `{% if messages[0].role == 'system' %}{{ raise_exception('no system') }}{% endif %}{% for m in messages %}<{{ m.role }}>{{ m.content }}{% endfor %}`;
    const chat = new ChatTemplate({ kind: 'template', source, file: 'f', tokens: {} });
    const rows = [
      {
        conversations: [
          { from: 'human', value: 'a' },
          { from: 'gpt', value: 'b' },
          { from: 'observation', value: 'c' },
        ],
      },
      { messages: [{ role: 'system', content: 's' }] },
    ];
    const file = join(folder, 'a.jsonl');
    writeFileSync(file, rows.map((row) => JSON.stringify(row)).join('\n'));
    assert.deepEqual(await outcomesOf(file, { chat }), [
      { row: 1, kind: 'text', text: '<user>a<assistant>b<tool>c', chat: true },
      {
        row: 2,
        kind: 'bad',
        message:
          'a.jsonl: row 2: the chat template refuses the conversation (no system): correct the row or remove it.',
      },
    ]);
  });
});
