import assert from 'node:assert/strict';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, describe, it } from 'node:test';
import { type Tokenizer, openTokenizer } from '../../../src/trainer/data/tokenizer/tokenizer';
import { expectInputError } from '../../support/expectInputError';
import { temporaryFolder } from '../../support/temporaryFolder';

/** A tokenizer of four letters and three special tokens: <s> 0, </s> 1, a 2, b 3, ab 4, <unk> 5, c 6. */
const LETTERS = {
  added_tokens: [
    { id: 0, content: '<s>', special: true, normalized: false },
    { id: 1, content: '</s>', special: true, normalized: false },
  ],
  normalizer: null,
  pre_tokenizer: null,
  post_processor: null as object | null,
  decoder: null,
  model: {
    type: 'BPE',
    unk_token: '<unk>' as string | null,
    vocab: { '<s>': 0, '</s>': 1, a: 2, b: 3, ab: 4, '<unk>': 5, c: 6 } as Record<string, unknown>,
    merges: [['a', 'b']] as unknown[],
  },
};

const BOS = { SpecialToken: { id: '<s>', type_id: 0 } };
const EOS = { SpecialToken: { id: '</s>', type_id: 0 } };
const TEXT = { Sequence: { id: 'A', type_id: 0 } };
const SPECIAL = {
  '<s>': { id: '<s>', ids: [0], tokens: ['<s>'] },
  '</s>': { id: '</s>', ids: [1], tokens: ['</s>'] },
};
const template = (...single: object[]): object => ({
  type: 'TemplateProcessing',
  single,
  special_tokens: SPECIAL,
});
const NAMED = { bos_token: '<s>', eos_token: { __type: 'AddedToken', content: '</s>' } };

type Files = Readonly<Record<string, object | string>>;

function write(t: TestContext, files: Files): string {
  const folder = temporaryFolder(t);
  for (const [name, content] of Object.entries(files)) {
    writeFileSync(join(folder, name), typeof content === 'string' ? content : JSON.stringify(content));
  }
  return folder;
}

const open = (t: TestContext, files: Files, vocabSize = 7): Tokenizer =>
  openTokenizer(write(t, files), vocabSize);

describe('how documents are joined', () => {
  const config = (more: object): object => ({ ...NAMED, ...more });
  const CASES: [string, object | null, object | undefined, string, number[]][] = [
    ['BOS by the post-processor', template(BOS, TEXT), NAMED, '<s>…', [0, 4]],
    ['EOS by the post-processor', template(TEXT, EOS), NAMED, '…</s>', [4, 1]],
    [
      'both by the post-processor, without a config',
      template(BOS, TEXT, EOS),
      undefined,
      '<s>…</s>',
      [0, 4, 1],
    ],
    ['what the config denies', template(BOS, TEXT), config({ add_bos_token: false }), '<s>…', [0, 4]],
    ['BOS by the config', null, config({ add_bos_token: true }), '<s>…', [0, 4]],
    ['EOS by the config', template(TEXT), config({ add_eos_token: true }), '…</s>', [4, 1]],
    [
      'both, one by each',
      template(BOS, TEXT),
      config({ add_bos_token: true, add_eos_token: true }),
      '<s>…</s>',
      [0, 4, 1],
    ],
    [
      'in a sequence',
      { type: 'Sequence', processors: [{ type: 'ByteLevel' }, template(BOS, TEXT)] },
      NAMED,
      '<s>…',
      [0, 4],
    ],
    [
      'as RoBERTa',
      { type: 'RobertaProcessing', cls: ['<s>', 0], sep: ['</s>', 1] },
      NAMED,
      '<s>…</s>',
      [0, 4, 1],
    ],
    ['neither', null, config({ add_bos_token: false, add_eos_token: null }), '…</s>', [4, 1]],
    ['neither, and no EOS is known', null, undefined, '…', [4]],
    ['a flag for a token that is not named', null, { add_bos_token: true }, '…', [4]],
  ];
  for (const [what, postProcessor, settings, frame, ids] of CASES) {
    it(what, (t) => {
      const files = { 'tokenizer.json': { ...LETTERS, post_processor: postProcessor } };
      const tokenizer = open(
        t,
        settings === undefined ? files : { ...files, 'tokenizer_config.json': settings },
      );
      assert.equal([tokenizer.frame.start, tokenizer.frame.end].join('…'), frame);
      assert.deepEqual(tokenizer.encodeDocument('ab'), ids);
      assert.deepEqual(tokenizer.encode('ab'), [4]);
    });
  }

  it('takes BOS and EOS from special_tokens_map.json and config.json where nothing else names them', (t) => {
    const files = { 'tokenizer.json': LETTERS };
    const mapped = open(t, {
      ...files,
      'special_tokens_map.json': NAMED,
      'config.json': { eos_token_id: 2 },
    });
    assert.deepEqual([mapped.bosId, mapped.eosId], [0, 1]);
    const configured = open(t, { ...files, 'config.json': { bos_token_id: null, eos_token_id: [1, 2] } });
    assert.deepEqual([configured.bosId, configured.eosId], [undefined, 1]);
    const foreign = open(t, { ...files, 'config.json': { eos_token_id: 99 } });
    assert.deepEqual([foreign.eosId, foreign.frame.end], [undefined, '']);
  });

  it('knows special tokens that only tokenizer_config.json declares', (t) => {
    const added = { '6': { content: 'c', special: true }, '7': { content: '<|x|>', special: true } };
    const files = { 'tokenizer.json': { ...LETTERS, added_tokens: [] } };
    const plain = open(t, files);
    assert.deepEqual(plain.encode('a</s>'), [2, 5, 5, 5, 5]);
    const declared = open(
      t,
      { ...files, 'tokenizer_config.json': { ...NAMED, added_tokens_decoder: added } },
      8,
    );
    assert.deepEqual(declared.encode('a</s>b<|x|>c'), [2, 1, 3, 7, 6]);
    assert.equal(declared.size, 8);
  });

  it('decodes, special tokens included, and leaves out ids without a token', (t) => {
    const decoder = { type: 'Fuse' };
    const tokenizer = open(t, { 'tokenizer.json': { ...LETTERS, decoder } }, 100);
    assert.equal(tokenizer.decode([0, 4, 3, 99, 1]), '<s>abb</s>');
    assert.equal(tokenizer.decode(Int32Array.of(2, 3)), 'ab');
    assert.equal(tokenizer.decode([99]), '');
  });
});

describe('a tokenizer that cannot be used', () => {
  const model = (changes: object): object => ({ ...LETTERS, model: { ...LETTERS.model, ...changes } });
  const split = (regex: string, behavior = 'Isolated'): object => ({
    ...LETTERS,
    pre_tokenizer: { type: 'Split', pattern: { Regex: regex }, behavior, invert: false },
  });
  const step = (key: string, value: object): object => ({ ...LETTERS, [key]: value });
  const { vocab } = LETTERS.model;
  const FAULTS: [string, object | string, string[]][] = [
    ['no JSON', '{"model":', ['not the JSON object']],
    ['a list', '[]', ['not the JSON object']],
    ['no model', {}, ['"model"']],
    ['another kind of model', model({ type: 'Unigram' }), ['Unigram', 'BPE', '"tokens"']],
    ['no vocabulary', model({ vocab: null }), ['"model.vocab"']],
    ['an id that is text', model({ vocab: { ...vocab, d: '7' } }), ['"model.vocab"', '"d"', '"7"']],
    ['an id given twice', model({ vocab: { ...vocab, d: 6 } }), ['"model.vocab"', '"d"', '6']],
    ['a merge of one token', model({ merges: ['a'] }), ['"model.merges[0]"', 'pair']],
    ['a merge of unknown tokens', model({ merges: ['a b', 'b c'] }), ['"model.merges[1]"', '"b" and "c"']],
    ['an unknown token that is not there', model({ unk_token: '<x>' }), ['unk_token', '<x>']],
    ['dropout', model({ dropout: 0.1 }), ['dropout', '"tokens"']],
    ['a subword prefix', model({ continuing_subword_prefix: '##' }), ['continuing_subword_prefix']],
    ['an end-of-word suffix', model({ end_of_word_suffix: '</w>' }), ['end_of_word_suffix']],
    [
      'joined unknowns across words',
      { ...model({ fuse_unk: true }), pre_tokenizer: { type: 'Digits' } },
      ['fuse_unk'],
    ],
    [
      'whole-word special tokens',
      step('added_tokens', [{ id: 0, content: '<s>', single_word: true }]),
      ['single_word', '<s>'],
    ],
    ['an added token without id', step('added_tokens', [{ content: '<s>' }]), ['"added_tokens.0.id"']],
    [
      'an unknown normalizer',
      step('normalizer', { type: 'BertNormalizer' }),
      ['"normalizer" BertNormalizer', '"tokens"'],
    ],
    [
      'an unknown pre-tokenizer',
      step('pre_tokenizer', { type: 'UnicodeScripts' }),
      ['"pre_tokenizer" UnicodeScripts'],
    ],
    [
      'a pre-tokenizer that differs',
      step('pre_tokenizer', { type: 'Whitespace' }),
      ['"pre_tokenizer" Whitespace'],
    ],
    ['a split that merges', split('a', 'MergedWithNext'), ['Split with behavior MergedWithNext']],
    ['a possessive pattern', split('[^a]?+b|c'), ['possessive', '[^a]?+b|c']],
    ['an atomic pattern', split('(?>a|ab)c'), ['atomic']],
    ['a broken pattern', split('(a'), ['not supported']],
    ['an unknown decoder', step('decoder', { type: 'Magic' }), ['Magic']],
    ['an unknown post-processor', step('post_processor', { type: 'Magic' }), ['"post_processor" Magic']],
    ['a template without text', step('post_processor', template(BOS)), ['post_processor.single', '0 times']],
    [
      'a template of an unknown token',
      step('post_processor', template({ SpecialToken: { id: '<x>' } }, TEXT)),
      ['<x>'],
    ],
  ];
  for (const [what, tokenizer, parts] of FAULTS) {
    it(what, (t) => {
      expectInputError(() => open(t, { 'tokenizer.json': tokenizer }), 'tokenizer.json', ...parts);
    });
  }

  it('accepts a plus and an escaped one in a character class', (t) => {
    assert.deepEqual(open(t, { 'tokenizer.json': split('[?+]+|\\++') }).encode('ab'), [4]);
  });

  it('does not fit the vocabulary', (t) => {
    const files = { 'tokenizer.json': LETTERS };
    expectInputError(
      () => open(t, files, 6),
      'tokenizer.json',
      'up to 6',
      'config.json',
      '"vocab_size"',
      '6',
    );
    assert.equal(open(t, files, 1000).size, 7);
    const special = { '<s>': { id: '<s>', ids: [7], tokens: ['<s>'] } };
    const beyond = { ...LETTERS, post_processor: { ...template(BOS, TEXT), special_tokens: special } };
    expectInputError(() => open(t, { 'tokenizer.json': beyond }, 7), 'tokenizer.json', '"vocab_size"');
  });

  it('has an added token beyond the vocabulary, which no text may use', (t) => {
    const [bos, eos] = LETTERS.added_tokens;
    const pad = { id: 7, content: '[PAD]', special: true };
    const file = { ...LETTERS, added_tokens: [bos, eos, pad] };
    const named = { ...NAMED, pad_token: '[PAD]' };
    const padded = open(t, { 'tokenizer.json': file, 'tokenizer_config.json': named }, 7);
    assert.deepEqual(padded.encode('abc'), [4, 6]);
    expectInputError(() => padded.encode('ab[PAD]'), 'tokenizer.json', '"[PAD]"', 'the id 7', '"vocab_size"');
    // Also where tokenizer.json lists it among the model's own tokens, as tools that convert vocabularies do.
    const model = { ...LETTERS.model, vocab: { ...LETTERS.model.vocab, '[PAD]': 7 } };
    assert.deepEqual(open(t, { 'tokenizer.json': { ...file, model } }, 7).encode('ab'), [4]);
    // What ends documents is used by every text, or not there.
    const folder = write(t, {
      'tokenizer.json': file,
      'tokenizer_config.json': { ...NAMED, eos_token: '[PAD]' },
    });
    expectInputError(() => openTokenizer(folder, 7), 'end with', '"[PAD]"', '--document-end');
    const none = { documentStart: 'none', documentEnd: 'none' };
    assert.equal(openTokenizer(folder, 7, none).eosId, undefined);
  });

  it('is a pointer of Git LFS, or a link that leads nowhere', (t) => {
    const pointer = 'version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 9\n';
    expectInputError(() => open(t, { 'tokenizer.json': pointer }), 'tokenizer.json', 'git lfs pull');
    const folder = write(t, {});
    symlinkSync('../../blobs/gone', join(folder, 'tokenizer.json'));
    expectInputError(() => openTokenizer(folder, 7), 'tokenizer.json', 'is a link to ../../blobs/gone');
  });

  it('is missing', (t) => {
    const folder = temporaryFolder(t);
    expectInputError(() => openTokenizer(folder, 7), join(folder, 'tokenizer.json'), 'missing');
    expectInputError(() => openTokenizer(join(folder, 'no'), 7), 'no such file');
    mkdirSync(join(folder, 'tokenizer.json'));
    expectInputError(() => openTokenizer(folder, 7), 'tokenizer.json', 'folder');
  });

  const SETTINGS: [string, object | string, string[]][] = [
    ['no JSON', '{', ['not the JSON object']],
    ['an EOS that is not there', { eos_token: '<|end|>' }, ['"eos_token" <|end|>', 'tokenizer.json']],
    ['an EOS that is a number', { eos_token: 5 }, ['"eos_token"']],
    ['a flag that is text', { add_bos_token: 'yes' }, ['"add_bos_token"']],
    ['split_special_tokens', { split_special_tokens: true }, ['split_special_tokens']],
    [
      'another id for a token',
      { added_tokens_decoder: { '3': { content: 'c' } } },
      ['added_tokens_decoder', 'c', '3'],
    ],
    [
      'a token for a taken id',
      { added_tokens_decoder: { '3': { content: 'd' } } },
      ['added_tokens_decoder', 'd', '3'],
    ],
  ];
  for (const [what, settings, parts] of SETTINGS) {
    it(`has settings with ${what}`, (t) => {
      const files = { 'tokenizer.json': LETTERS, 'tokenizer_config.json': settings };
      expectInputError(() => open(t, files), 'tokenizer_config.json', ...parts);
    });
  }
});
