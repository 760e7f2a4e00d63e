import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import type { Argument } from '../support/command';
import { checkFault, type Fault } from './refused';
import { copyOf, letters, makeWorld, write } from './world';

const folder = mkdtempSync(join(tmpdir(), 'adept-faults-'));
after(() => {
  rmSync(folder, { recursive: true, force: true });
});
const world = makeWorld(folder);

/** What reads a corpus: the option that names it, and the command around it. */
const READERS: readonly [string, (model: string, corpus: string, own: string) => Argument[]][] = [
  [
    '--probe',
    (model, corpus, own) => [
      'analyze',
      '--model',
      model,
      '--probe',
      corpus,
      '--out',
      join(own, 'out', 'i.json'),
    ],
  ],
  [
    '--domain',
    (model, corpus, own) => [
      ...['tune', '--full', '--model', model, '--domain', corpus, '--probe', world.probe],
      ...['--out', join(own, 'out'), '--steps', 2, '--lr', 1e-3],
    ],
  ],
  ['--data', (model, corpus) => ['eval', '--model', model, '--data', corpus]],
  [
    '--eval',
    (model, corpus, own) => [
      ...['tune', '--full', '--model', model, '--domain', world.domain, '--probe', world.probe],
      ...['--eval', corpus, '--out', join(own, 'out'), '--steps', 2, '--lr', 1e-3],
    ],
  ],
];

interface BadCorpus {
  readonly title: string;
  /** The file's name and content, unless it is not written at all. */
  readonly name: string;
  readonly content?: string | Uint8Array;
  /** tokenizer.json of the model; the letters where left out, none where null. */
  readonly tokenizer?: object | null;
  readonly says: readonly string[];
  readonly more?: readonly Argument[];
}

const row = (value: unknown): string => `${JSON.stringify(value)}\n`;
const good = row({ tokens: [3, 4, 5] });

const ADDED = ['<s>', '</s>', '<unk>'].map((content, id) => ({ id, content, special: true }));

const CORPORA: readonly BadCorpus[] = [
  { title: 'is missing', name: 'none.jsonl', says: ['none.jsonl', 'no such file'] },
  { title: 'is empty', name: 'c.txt', content: '', says: ['c.txt', 'empty'] },
  { title: 'holds blank lines only', name: 'c.txt', content: '\n \n\n', says: ['c.txt', 'no document'] },
  { title: 'is an empty list', name: 'c.json', content: '[]', says: ['c.json', 'no document'] },
  { title: 'is of an unknown form', name: 'c.docx', content: 'PK', says: ['c.docx', '.jsonl'] },
  {
    title: 'is not a complete parquet file',
    name: 'c.parquet',
    content: 'PAR1',
    says: ['c.parquet', 'not a complete parquet file'],
  },
  {
    title: 'is not UTF-8',
    name: 'c.txt',
    content: Uint8Array.of(97, 98, 0xff, 10),
    says: ['c.txt', 'byte 2', 'UTF-8'],
  },
  {
    title: 'has a row that is not JSON',
    name: 'c.jsonl',
    content: `${good}{"text"`,
    says: ['c.jsonl', 'row 2', 'JSON'],
  },
  {
    title: 'has a row of unknown keys',
    name: 'c.jsonl',
    content: `${good}${row({ body: 'x' })}`,
    says: ['c.jsonl', 'row 2', 'body'],
  },
  {
    title: 'has a text that is none',
    name: 'c.jsonl',
    content: row({ text: 5 }),
    says: ['c.jsonl', 'row 1', '"text"'],
  },
  {
    title: 'has an id beyond the vocabulary',
    name: 'c.jsonl',
    content: `${good}${row({ tokens: [3, 79] })}`,
    says: ['c.jsonl', 'row 2', '"tokens"', '79', '78'],
  },
  {
    title: 'has a token that the model has no row for',
    name: 'c.jsonl',
    content: `${row({ text: 'some text' })}${row({ text: 'padded [PAD]' })}`,
    tokenizer: { ...letters(), added_tokens: [...ADDED, { id: 79, content: '[PAD]', special: true }] },
    says: ['c.jsonl', 'row 2', '"[PAD]"', '79', '"vocab_size"', 'remove it from the texts'],
  },
  {
    title: 'has a row of one id',
    name: 'c.jsonl',
    content: row({ tokens: [3] }),
    says: ['of 1 rows 1', '1 shorter than two tokens'],
  },
  {
    title: 'has a row longer than the context',
    name: 'c.jsonl',
    content: row({ tokens: Array(129).fill(3) }),
    says: ['c.jsonl', 'row 1', '"tokens"', '129', '128'],
  },
  {
    title: 'is shorter than one sequence',
    name: 'c.txt',
    content: 'too short',
    says: ['c.txt', '10 tokens', '64', '--seq-len'],
    more: ['--seq-len', 64],
  },
  {
    title: 'is packed beyond the context',
    name: 'c.txt',
    content: 'long '.repeat(99),
    says: ['--seq-len', '256', '128', 'max_position_embeddings'],
  },
  {
    title: 'has questions of too few columns',
    name: 'c.csv',
    content: 'q,a,b,c,A\n',
    says: ['c.csv', 'row 1', '5 columns'],
  },
  {
    title: 'has a question without a right answer',
    name: 'c.csv',
    content: 'q,a,b,c,d,E\n',
    says: ['c.csv', 'row 1', '"E"'],
  },
  {
    title: 'meets no tokenizer',
    name: 'c.txt',
    content: 'some text',
    tokenizer: null,
    says: ['tokenizer.json', 'missing'],
    more: ['--seq-len', 16],
  },
  {
    title: 'meets a tokenizer beyond the vocabulary',
    name: 'c.txt',
    content: 'some text '.repeat(9),
    tokenizer: letters({ zz: 79 }),
    says: ['tokenizer.json', '79', '"vocab_size"'],
    more: ['--seq-len', 16],
  },
  {
    title: 'meets a tokenizer of another kind',
    name: 'c.txt',
    content: 'some text '.repeat(9),
    tokenizer: { ...letters(), model: { type: 'Unigram', vocab: [] } },
    says: ['tokenizer.json', '"model.type"', 'Unigram'],
    more: ['--seq-len', 16],
  },
  {
    title: 'meets a tokenizer that contradicts itself',
    name: 'c.txt',
    content: 'some text '.repeat(9),
    tokenizer: letters({ zz: 4 }),
    says: ['tokenizer.json', '"model.vocab"', 'zz'],
    more: ['--seq-len', 16],
  },
];

function faultOf(
  { title, name, content, tokenizer, says, more = [] }: BadCorpus,
  [option, command]: (typeof READERS)[number],
): Fault {
  return {
    title: `${title} (${option})`,
    args: (own) => {
      const corpus = join(own, name);
      if (content !== undefined) {
        write(corpus, content);
      }
      const model = tokenizer === undefined ? world.model : copyOf(world.model, join(own, 'model'));
      if (tokenizer === null) {
        rmSync(join(model, 'tokenizer.json'));
      } else if (tokenizer !== undefined) {
        write(join(model, 'tokenizer.json'), JSON.stringify(tokenizer));
      }
      return [...command(model, corpus, own), '--engine', 'wasm', ...more];
    },
    says,
  };
}

const folders: Fault = {
  title: 'is a folder',
  args: (own) => {
    mkdirSync(join(own, 'c.jsonl'));
    return ['eval', '--model', world.model, '--data', join(own, 'c.jsonl'), '--engine', 'wasm'];
  },
  says: ['--data', 'c.jsonl', 'folder'],
};

const loop: Fault = {
  title: 'is a link to itself',
  args: (own) => {
    symlinkSync(join(own, 'c.jsonl'), join(own, 'c.jsonl'));
    return ['eval', '--model', world.model, '--data', join(own, 'c.jsonl'), '--engine', 'wasm'];
  },
  says: ['--data', 'c.jsonl', 'cannot be read'],
};

const forbidden: Fault = {
  title: 'is not for this user to read',
  args: (own) => {
    chmodSync(write(join(own, 'c.jsonl'), good), 0);
    return ['eval', '--model', world.model, '--data', join(own, 'c.jsonl'), '--engine', 'wasm'];
  },
  says: ['--data', 'c.jsonl', 'permission'],
};

const choices: Fault = {
  title: 'holds no questions (--format choices)',
  args: () => [
    'eval',
    '--model',
    world.model,
    '--data',
    world.text,
    '--format',
    'choices',
    '--engine',
    'wasm',
  ],
  says: ['text.txt', '.csv'],
};

describe('a corpus that is refused, because it', { concurrency: 2 }, () => {
  // Every fault once, and each reader with some of them.
  const faults = CORPORA.map((corpus, index) =>
    faultOf(corpus, READERS[index % READERS.length] ?? ['', () => []]),
  );
  for (const fault of [...faults, folders, loop, choices]) {
    it(fault.title, (t) => checkFault(t, fault, folder));
  }

  const rootReadsAll = process.getuid?.() === 0 && 'root may read every file';
  it(forbidden.title, { skip: rootReadsAll }, (t) => checkFault(t, forbidden, folder));
});
