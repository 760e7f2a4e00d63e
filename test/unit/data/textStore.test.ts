import assert from 'node:assert/strict';
import {
  readdirSync,
  readFileSync,
  statfsSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
  existsSync,
} from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { clearTexts, keptTexts, makeRoom } from '../../../src/node/texts/storedTexts';
import { textCacheFolder, textCacheLimit } from '../../../src/node/texts/textCacheFolder';
import { STORE_FILES } from '../../../src/shared/texts/storedText';
import { DEFAULT_TEXT } from '../../../src/shared/texts/texts';
import {
  corpusText,
  loadCorpus,
  startTwiceText,
  type Corpus,
  type CorpusRequest,
} from '../../../src/trainer/data/corpus/corpus';
import { eachOf } from '../../../src/trainer/data/sequences/sequences';
import { BlockTokenizer } from '../../../src/trainer/data/store/blockTokens';
import { HashSet } from '../../../src/trainer/data/store/hashSet';
import { StoreWriter } from '../../../src/trainer/data/store/storeWriter';
import { TokenStore } from '../../../src/trainer/data/store/tokenStore';
import { Cancelled, SILENT_TASK, type Task } from '../../../src/trainer/task';
import { idsOf } from '../../support/corpora';
import { expectInputRejection } from '../../support/expectInputError';
import { seededRandom } from '../../../src/shared/common/random';
import { temporaryFolder } from '../../support/temporaryFolder';
import { characterTokenizer, storedDocuments } from '../../support/tokenizers';

/** A cache folder of its own, for what this test tokenises. */
function ownCache(t: TestContext): string {
  const before = process.env.ADEPT_TEXT_CACHE;
  const folder = join(temporaryFolder(t), 'texts');
  process.env.ADEPT_TEXT_CACHE = folder;
  t.after(() => {
    if (before === undefined) {
      delete process.env.ADEPT_TEXT_CACHE;
    } else {
      process.env.ADEPT_TEXT_CACHE = before;
    }
  });
  return folder;
}

interface Bench {
  readonly cache: string;
  readonly file: string;
  readonly messages: string[];
  readonly read: (options?: Partial<CorpusRequest>, task?: Task) => Promise<Corpus>;
}

function bench(t: TestContext, content: string, name = 'a.jsonl'): Bench {
  const cache = ownCache(t);
  const file = join(temporaryFolder(t), name);
  writeFileSync(file, content);
  const folder = characterTokenizer(t);
  const messages: string[] = [];
  const task: Task = { ...SILENT_TASK, log: (message) => messages.push(message) };
  const read = (options: Partial<CorpusRequest> = {}, by: Task = task): Promise<Corpus> =>
    loadCorpus({ paths: [file], folder, seqLen: 4, vocabSize: 1000, ...options }, by);
  return { cache, file, messages, read };
}

const rows = (...texts: (string | null)[]): string =>
  texts.map((text) => `${JSON.stringify({ text })}\n`).join('');

describe('a stored text', () => {
  it('is tokenised once, and not again for another length', async (t) => {
    const { read, cache } = bench(t, rows('abc', 'defg'));
    assert.equal((await read()).fromCache, false);
    const again = await read({ seqLen: 3 });
    assert.equal(again.fromCache, true);
    assert.deepEqual(
      idsOf(again.sequences).map((ids) => [...ids]),
      [
        [1, 97, 98],
        [99, 1, 100],
        [101, 102, 103],
      ],
    );
    assert.equal(keptTexts(cache).length, 1);
  });

  it('is another one when the file holds something else, whatever its size and time say', async (t) => {
    const { read, file } = bench(t, rows('abc', 'def'));
    // Long settled, so that what it holds is remembered.
    utimesSync(file, 1000, 1000);
    assert.deepEqual(storedDocuments(await read()), ['abc', 'def']);
    writeFileSync(file, rows('abc', 'xyz'));
    utimesSync(file, 1000, 1000);
    assert.deepEqual(storedDocuments(await read()), ['abc', 'xyz']);
  });

  it('is another one for every setting that its ids follow from', async (t) => {
    const { read } = bench(t, rows('abc', 'abc', 'def'));
    const text = (changes: Partial<typeof DEFAULT_TEXT>): Promise<Corpus> =>
      read({ text: { ...DEFAULT_TEXT, ...changes } });
    const corpora = [
      await read(),
      await text({ documentStart: 'none' }),
      await text({ documentEnd: 'z' }),
      await text({ dedup: 'exact' }),
      await text({ skipBadRows: true }),
      await text({ textColumn: 'text' }),
      await read({ vocabSize: 1001 }),
      await read({ maxPositions: 7 }),
    ];
    assert.equal(new Set(corpora.map(({ cache }) => cache)).size, corpora.length);
    // What `auto` comes to is what counts, not how it was asked for; packing is a matter of reading.
    assert.equal((await text({ documentStart: '<s>', documentEnd: 'none' })).cache, corpora[0]?.cache);
    assert.equal((await text({ packing: 'separate' })).cache, corpora[0]?.cache);
  });

  it('is made anew where its files are shorter than it says', async (t) => {
    const { read } = bench(t, rows('abc', 'defg'));
    const { cache } = await read();
    const file = join(cache ?? '', STORE_FILES.tokens);
    const whole = readFileSync(file);
    truncateSync(file, 3);
    // Of a process that was killed while it wrote; no process has such a number.
    const leftover = join(cache ?? '', '.store.json.99999999-1.tmp');
    writeFileSync(leftover, 'half');
    assert.equal((await read()).fromCache, false);
    assert.deepEqual(readFileSync(file), whole);
    assert.equal(existsSync(leftover), false);
    writeFileSync(join(cache ?? '', STORE_FILES.description), 'half a descr');
    assert.equal((await read()).fromCache, false);
  });

  it('goes on where a stopped one had come to', async (t) => {
    const many = rows(...Array.from({ length: 60_000 }, (_, index) => `document ${index} ${'x'.repeat(40)}`));
    const { read, cache } = bench(t, many);
    const whole = digest((await read()).cache ?? '');
    clearTexts(cache);
    const abort = new AbortController();
    let reports = 0;
    const stopping: Task = {
      signal: abort.signal,
      report: () => {
        reports += 1;
        if (reports === 2) {
          abort.abort();
        }
      },
    };
    await assert.rejects(read({}, stopping), Cancelled);
    const [part] = keptTexts(cache);
    assert.equal(part?.text.complete ?? false, false);
    const { cache: resumed } = await read();
    assert.equal(digest(resumed ?? ''), whole);
  });

  it('holds as much as is asked for, and more when more is', async (t) => {
    const many = rows(...Array.from({ length: 60_000 }, (_, index) => `document ${index} ${'x'.repeat(40)}`));
    const { read } = bench(t, many);
    const few = await read({ maxSequences: 5 });
    assert.equal(few.sequences.size, 5);
    assert.equal(few.text.complete, false);
    assert.ok(few.text.documents < 60_000);
    assert.equal((await read({ maxSequences: 6 })).fromCache, true);
    const all = await read();
    assert.deepEqual([all.text.documents, all.text.complete], [60_000, true]);
    assert.deepEqual(idsOf(few.sequences), idsOf(all.sequences).slice(0, 5));
  });

  it('is in memory where no cache can be had, and that is said', async (t) => {
    const { read, file, messages } = bench(t, rows('abc', 'defg'));
    process.env.ADEPT_TEXT_CACHE = join(file, 'below a file');
    const corpus = await read();
    assert.equal(corpus.cache, undefined);
    assert.deepEqual(
      idsOf(corpus.sequences).map((ids) => [...ids]),
      [
        [1, 97, 98, 99],
        [1, 100, 101, 102],
      ],
    );
    assert.match(
      messages.join('\n'),
      /text cache .* cannot be used .* kept in memory\. Set ADEPT_TEXT_CACHE/,
    );
  });

  it('is made by one of two that want it at once', async (t) => {
    const many = rows(...Array.from({ length: 20_000 }, (_, index) => `document ${index} ${'x'.repeat(40)}`));
    const { read } = bench(t, many);
    const [one, other] = await Promise.all([read(), read()]);
    assert.deepEqual([one.fromCache, other.fromCache].sort(), [false, true]);
    assert.equal(one.cache, other.cache);
  });
});

describe('where documents begin', () => {
  it('is known of every sequence that keeps them separate', async (t) => {
    const { read } = bench(t, rows('a', 'bcdefgh', 'i', 'j'));
    const text = { ...DEFAULT_TEXT, packing: 'separate' as const };
    const corpus = await read({ text });
    assert.deepEqual(
      [...eachOf(corpus.sequences)].map(({ ids, documentStarts }) => [[...ids], [...(documentStarts ?? [])]]),
      [
        [
          [1, 97, 1, 98],
          [0, 2],
        ],
        [[99, 100, 101, 102], [0]],
        [
          [103, 104, 1, 105],
          [0, 2],
        ],
      ],
    );
    const joined = await read();
    assert.ok([...eachOf(joined.sequences)].every(({ documentStarts }) => documentStarts === undefined));
  });

  it('is found among very many, as by walking through all of them', async (t) => {
    const random = seededRandom(5);
    const lengths = Array.from({ length: 3000 }, () => 1 + Math.floor(random() * 9));
    const { read } = bench(t, rows(...lengths.map((length) => 'x'.repeat(length))));
    const corpus = await read({ seqLen: 300, text: { ...DEFAULT_TEXT, packing: 'separate' } });
    const begins = new Set<number>();
    let at = 0;
    for (const length of lengths) {
      begins.add(at);
      at += length + 1;
    }
    for (let index = 0; index < corpus.sequences.size; index++) {
      const expected = Array.from({ length: 300 }, (_, position) => position).filter(
        (position) => position === 0 || begins.has(index * 300 + position),
      );
      assert.deepEqual([...(corpus.sequences.at(index).documentStarts ?? [])], expected);
    }
  });
});

describe('rows that are no documents', () => {
  it('are skipped, counted by reason, and said', async (t) => {
    const content = `${rows('abc', null, '', 'def', 'ghi', 'jkl')}{"tokens":[5]}\n`;
    const { text, ...corpus } = await bench(t, content).read();
    assert.deepEqual(text.skipped, { null: 1, empty: 1, short: 1, duplicate: 0, unreadable: 0 });
    assert.deepEqual([text.documents, text.read], [4, 7]);
    assert.match(
      corpusText({ text, ...corpus }),
      /4 documents, 16 tokens; 3 rows skipped: 1 without text, 1 empty, 1 shorter than two tokens; document start <s>, document end none/,
    );
  });

  it('end the reading where they cannot be read, or are counted where that is asked for', async (t) => {
    const content = `${rows('abc', 'def')}no row\n${rows('ghi')}`;
    const { read } = bench(t, content);
    await expectInputRejection(read(), 'a.jsonl', 'row 3');
    const { text } = await read({ text: { ...DEFAULT_TEXT, skipBadRows: true } });
    assert.deepEqual([text.documents, text.skipped.unreadable], [3, 1]);
  });

  it('are an error where they are more than half', async (t) => {
    await expectInputRejection(bench(t, rows('abc', null, null)).read(), 'of 3 rows 2', '2 without text');
    await bench(t, rows('abc', null)).read();
  });

  it('are kept, however short, where a run of an older version had them', async (t) => {
    const { read } = bench(t, rows('abc', 'd'));
    const text = { ...DEFAULT_TEXT, documentStart: 'none' };
    assert.deepEqual((await read({ text, seqLen: 2 })).text.skipped.short, 1);
    assert.deepEqual((await read({ text, seqLen: 2, legacy: true })).text.skipped.short, 0);
  });

  it('that were there before are left out, in every file, whatever their white space', async (t) => {
    const { read, file } = bench(t, rows('abc', 'a  b', 'abc', ' a\nb ', 'xyz'));
    const second = join(file, '..', 'b.jsonl');
    writeFileSync(second, rows('new', 'abc'));
    const corpus = await read({ paths: [file, second], text: { ...DEFAULT_TEXT, dedup: 'exact' } });
    assert.deepEqual(storedDocuments(corpus), ['abc', 'a  b', 'xyz', 'new']);
    assert.equal(corpus.text.skipped.duplicate, 3);
    assert.ok(!readdirSync(corpus.cache ?? '').includes(STORE_FILES.hashes));
  });
});

describe('what frames documents', () => {
  it('is chosen, or none, or refused where there is no such token', async (t) => {
    const { read } = bench(t, rows('ab', 'cd'));
    const framed = async (documentStart: string, documentEnd: string): Promise<number[]> => {
      const corpus = await read({ text: { ...DEFAULT_TEXT, documentStart, documentEnd }, seqLen: 2 });
      return idsOf(corpus.sequences).flatMap((ids) => [...ids]);
    };
    assert.deepEqual(await framed('none', 'none'), [97, 98, 99, 100]);
    assert.deepEqual(await framed('<s>', 'z'), [1, 97, 98, 122, 1, 99, 100, 122]);
    await expectInputRejection(framed('auto', '<end>'), '--document-end <end>', 'no such token');
  });

  it('is the end of a text, where a chat tokenizer names that of a turn; a run of an older version keeps what it had', async (t) => {
    const { read } = bench(t, rows('ab', 'cd'));
    const folder = characterTokenizer(t);
    const file = join(folder, 'tokenizer.json');
    const tokenizer = JSON.parse(readFileSync(file, 'utf8')) as { added_tokens: object[] };
    const added = ['<|im_end|>', '<|endoftext|>'].map((content, index) => ({
      ...tokenizer.added_tokens[0],
      ...{ id: 900 + index, content },
    }));
    const model = JSON.parse(readFileSync(file, 'utf8')) as { model: { vocab: Record<string, number> } };
    const vocab = Object.fromEntries(Object.entries(model.model.vocab).filter(([, id]) => id < 900));
    const chat = {
      ...tokenizer,
      added_tokens: added,
      post_processor: null,
      model: { ...model.model, vocab },
    };
    writeFileSync(file, JSON.stringify(chat));
    writeFileSync(join(folder, 'tokenizer_config.json'), JSON.stringify({ eos_token: '<|im_end|>' }));
    const ids = ({ sequences }: Corpus): number[] => idsOf(sequences).flatMap((sequence) => [...sequence]);
    const now = await read({ folder, seqLen: 6 });
    assert.deepEqual(ids(now), [97, 98, 901, 99, 100, 901]);
    assert.deepEqual([now.text.frame?.end, now.text.frame?.insteadOf], ['<|endoftext|>', '<|im_end|>']);
    assert.match(corpusText(now), /document end <\|endoftext\|> \(not <\|im_end\|>, which ends a turn\)/);
    assert.deepEqual(ids(await read({ folder, seqLen: 6, legacy: true })), [97, 98, 900, 99, 100, 900]);
  });

  it('is warned about where a text has it already', async (t) => {
    const corpus = await bench(t, rows('<s>ab', 'cd')).read();
    assert.match(startTwiceText(corpus) ?? '', /1 of 2 documents already begin with <s>/);
    assert.equal(startTwiceText(await bench(t, rows('ab', 'cd')).read()), undefined);
  });
});

describe('the text cache', () => {
  it('has a documented path on every system', () => {
    assert.equal(textCacheFolder({ ADEPT_TEXT_CACHE: '/t', XDG_CACHE_HOME: '/x' }), '/t');
    assert.equal(textCacheFolder({ XDG_CACHE_HOME: '/x' }, 'linux'), join('/x', 'adept', 'texts'));
    assert.match(textCacheFolder({}, 'darwin'), /Library.Caches.adept.texts$/);
    assert.equal(textCacheFolder({ LOCALAPPDATA: '/l' }, 'win32'), join('/l', 'adept', 'texts'));
    assert.deepEqual([textCacheLimit({}), textCacheLimit({ ADEPT_TEXT_CACHE_GB: '2' })], [50e9, 2e9]);
  });

  it('makes room by what was not used for longest', async (t) => {
    const { cache, read } = bench(t, rows('abc', 'def'));
    const folders: string[] = [];
    for (const [index, vocabSize] of [1000, 1001, 1002].entries()) {
      const folder = (await read({ vocabSize })).cache ?? '';
      utimesSync(folder, 1000 + index, 1000 + index);
      folders.push(folder);
    }
    await read({ vocabSize: 1000 });
    const bytes = keptTexts(cache).reduce((sum, text) => sum + text.bytes, 0);
    makeRoom(cache, 10, bytes);
    assert.deepEqual(
      keptTexts(cache).map(({ folder }) => folder),
      [folders[0], folders[2]],
    );
    const cleared = clearTexts(cache);
    assert.deepEqual([cleared.texts, cleared.inUse, keptTexts(cache)], [2, 0, []]);
  });

  it('counts and removes nothing that is not its own', async (t) => {
    const { cache, read } = bench(t, rows('abc'));
    const { cache: own } = await read();
    const others = [join(cache, 'folder'), join(cache, '0123456789abcdef0123456789abcdef')] as const;
    await mkdir(others[0]);
    writeFileSync(others[1], 'a file');
    assert.deepEqual(
      keptTexts(cache).map(({ folder }) => folder),
      [own],
    );
    assert.equal(clearTexts(cache).texts, 1);
    assert.deepEqual(
      readdirSync(cache)
        .sort()
        .map((name) => join(cache, name)),
      others.toSorted(),
    );
  });

  it('leaves a tenth of the disk, whatever may be kept and is removed', async (t) => {
    const { cache, read } = bench(t, rows('abc', 'def'));
    for (const kept of [0, 1]) {
      await (kept === 1 ? read() : mkdir(cache, { recursive: true }));
      const { bavail, bsize } = statfsSync(cache);
      const share = makeRoom(cache, Infinity, Infinity) / (bavail * bsize);
      // Others write to the disk meanwhile.
      assert.ok(Math.abs(share - 0.9) < 0.05, `${share} with ${kept} texts`);
    }
  });
});

describe('hashes of documents', () => {
  it('are told apart as by a set', () => {
    const random = seededRandom(3);
    const [set, known] = [new HashSet(), new Set<string>()];
    // Few enough that many come again; spread over the first word, as hashes are, or all of them would want the same slots.
    const below = (limit: number): number => Math.floor(random() * limit);
    for (let index = 0; index < 20_000; index++) {
      const hash = Uint32Array.of(below(2000) * 2_147_483, below(4), below(4), below(4));
      assert.equal(set.add(hash), !known.has(String(hash)) && known.add(String(hash)) instanceof Set);
    }
  });
});

it('ids of more than 16 bits are stored in 32', (t) => {
  const folder = temporaryFolder(t);
  const request = { key: 'k', files: [], tokenizer: 't', width: 4 as const };
  const store = TokenStore.forWriting(folder, request);
  const writer = new StoreWriter(store, { dedup: false });
  const tokenizer = new BlockTokenizer({
    ...{ folder, limits: { vocabSize: 200_000 }, framing: { documentStart: 'auto', documentEnd: 'auto' } },
    ...{ chat: { kind: 'plain' }, hashed: false, keepShort: false },
  });
  const block = { kind: 'rows', rows: [{ tokens: [199_999, 7, 70_000] }], firstRow: 1, position: 1 } as const;
  writer.add(tokenizer.tokenize(block, 'x'), { file: 0, row: 1, bytes: 1 }, false);
  writer.commit(true);
  assert.deepEqual([...store.rowTokens(0, 2)], [199_999, 7]);
  assert.deepEqual([...store.rowTokens(1, 3)], [7, 70_000]);
  assert.equal(statSync(join(folder, STORE_FILES.rowTokens)).size, 12);
});

function digest(folder: string): string {
  return readdirSync(folder)
    .sort()
    .map((name) => `${name} ${readFileSync(join(folder, name)).toString('base64')}`)
    .join('\n');
}
