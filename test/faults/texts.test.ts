import assert from 'node:assert/strict';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it, type TestContext } from 'node:test';
import { gzipSync } from 'node:zlib';
import { adeptResult, runAdept, startAdept, type Argument } from '../support/command';
import { FULL_DISKS } from '../support/fullDisk';
import { assertRefused } from '../support/refusal';
import { sharedCase, sharedData } from '../support/sharedData';
import { temporaryFolder } from '../support/temporaryFolder';
import { checkFault, type Fault } from './refused';
import { readRun } from './runs';
import { makeTunedWorld, write, type TunedWorld } from './world';

const folder = mkdtempSync(join(tmpdir(), 'adept-faults-'));
let world: TunedWorld;
before(async () => {
  world = await makeTunedWorld(folder);
});
after(() => {
  rmSync(folder, { recursive: true, force: true });
});

const CASES = 'texts';
/** Documents, skipped rows and ids, of every file of the shared cases; ids of `plain` where it says so. */
const EXPECTED: Readonly<
  Record<string, readonly [documents: number, skipped: number, tokens: number | 'plain']>
> = {
  'plain.jsonl': [24, 0, 'plain'],
  'members.jsonl.gz': [24, 0, 'plain'],
  'frames.jsonl.zst': [24, 0, 'plain'],
  'window.jsonl.zst': [24, 0, 'plain'],
  'text-none.parquet': [24, 0, 'plain'],
  'text-snappy.parquet': [24, 0, 'plain'],
  'text-zstd.parquet': [24, 0, 'plain'],
  'content.jsonl': [24, 0, 'plain'],
  'text.csv': [24, 0, 'plain'],
  // The same stories, every third to a shard.
  shards: [24, 0, 11_112],
  saved_dataset: [24, 0, 'plain'],
  'nulls.parquet': [19, 5, 7880],
  'messages.jsonl': [24, 0, 11_429],
  'messages.parquet': [24, 0, 11_429],
  'sharegpt.jsonl': [24, 0, 11_693],
  'prompt_completion.jsonl': [24, 0, 11_405],
  'bad_rows.jsonl': [26, 2, 11_129],
  'page.md': [1, 0, 11_171],
};

describe('texts as they are met in use', () => {
  it('are read, every one of them', async (t) => {
    const [model, texts] = [sharedData(t, 'stories260K'), sharedCase(t, CASES)];
    if (model === undefined || texts === undefined) {
      return;
    }
    const prepare = (name: string): Promise<Record<string, unknown>> =>
      adeptResult(['prepare', '--model', model, '--data', join(texts, name)]);
    const ids = ({ cache }: Record<string, unknown>): Buffer =>
      readFileSync(join(String(cache), 'tokens.bin'));
    const plain = await prepare('plain.jsonl');
    for (const [name, [documents, skipped, tokens]] of Object.entries(EXPECTED)) {
      const result = await prepare(name);
      const wanted = tokens === 'plain' ? plain.tokens : tokens;
      assert.deepEqual([result.documents, result.skipped, result.tokens], [documents, skipped, wanted], name);
      if (tokens === 'plain') {
        assert.deepEqual(ids(result), ids(plain), name);
      }
    }
  });

  it('are shown as the model gets them, with what it predicts best', async (t) => {
    const [model, ends] = [sharedData(t, 'stories260K'), sharedCase(t, CASES, 'ends.jsonl')];
    if (model === undefined || ends === undefined) {
      return;
    }
    const preview = await adeptResult([
      ...['preview', '--model', model, '--data', ends, '--documents', 2, '--engine', 'wasm'],
    ]);
    assert.deepEqual([preview.documents, preview.tokens, preview.startTwice], [12, 4006, 12]);
    assert.deepEqual([preview.documentStart, preview.documentEnd], ['<s>', '']);
    const [first] = preview.samples as [{ parts: { kind: string }[]; ids: number[] }];
    assert.deepEqual(first.ids.slice(0, 2), [1, 1]);
    assert.deepEqual(
      first.parts.slice(0, 3).map(({ kind }) => kind),
      ['start', 'special', 'text'],
    );
    const { otherIsBetter, framings } = preview.framing as {
      otherIsBetter: boolean;
      framings: [{ documentStart: string; loss: number }];
    };
    // The text has BOS by itself.
    assert.equal(otherIsBetter, true);
    assert.equal(framings[0].documentStart, 'none');
    assert.ok(framings[0].loss < 1);
  });
});

/** Stories of one letter of the small model's vocabulary. */
const story = (index: number): string =>
  `${JSON.stringify({ text: `${'abcdefgh'.repeat(20)} ${'a'.repeat(index % 90)}` })}\n`;
const stories = (count: number): string => Array.from({ length: count }, (_, index) => story(index)).join('');

/** What every file of a folder holds. */
function contentOf(folder: string): Record<string, string> {
  const names = readdirSync(folder).sort();
  return Object.fromEntries(names.map((name) => [name, readFileSync(join(folder, name)).toString('base64')]));
}

describe('adept prepare', () => {
  it('ends with the same store however often it was killed before', async (t) => {
    const own = temporaryFolder(t);
    const data = write(join(own, 'a.jsonl'), stories(15_000));
    const args = ['prepare', '--model', world.model, '--data', data, '--dedup', 'exact'];
    const env = (name: string): { env: Record<string, string> } => ({
      env: { ADEPT_TEXT_CACHE: join(own, name) },
    });
    const begin = performance.now();
    await adeptResult(args, env('whole'));
    const milliseconds = performance.now() - begin;
    for (const part of [0.45, 0.6, 0.75, 0.9]) {
      const running = startAdept([...args], env('killed'));
      setTimeout(() => running.child.kill('SIGKILL'), milliseconds * part);
      await running.ended;
    }
    const { cache } = await adeptResult(args, env('killed'));
    const [name = ''] = readdirSync(join(own, 'whole')).filter((entry) => !entry.endsWith('.json'));
    assert.equal(cache, join(own, 'killed', name));
    assert.deepEqual(contentOf(join(own, 'killed', name)), contentOf(join(own, 'whole', name)));
  });

  it('shares the work with another process that wants the same', async (t) => {
    const own = temporaryFolder(t);
    const data = write(join(own, 'a.jsonl'), stories(15_000));
    const args = ['prepare', '--model', world.model, '--data', data];
    const options = { env: { ADEPT_TEXT_CACHE: join(own, 'texts') } };
    const results = await Promise.all([adeptResult(args, options), adeptResult(args, options)]);
    assert.deepEqual(results.map(({ fromCache }) => fromCache).sort(), [false, true]);
    assert.equal(results[0].tokens, results[1].tokens);
  });

  for (const { name, skip, says, through } of FULL_DISKS) {
    it(`says that there is no room, ${name}`, { skip }, async (t) => {
      const own = temporaryFolder(t);
      const data = write(join(own, 'a.jsonl'), stories(30_000));
      const [disk, left] = ['disk', 'left'].map((part) => join(own, part)) as [string, string];
      mkdirSync(disk);
      mkdirSync(left);
      const ended = await runAdept(['prepare', '--model', world.model, '--data', data], {
        through: through(disk, 600_000, left),
        env: { ADEPT_TEXT_CACHE: disk },
      });
      assertRefused(ended, ['Text cache', says, 'ADEPT_TEXT_CACHE']);
    });
  }

  it('says that the cache may hold no more', async (t) => {
    const own = temporaryFolder(t);
    const data = write(join(own, 'a.jsonl'), stories(200_000));
    const env = { ADEPT_TEXT_CACHE: join(own, 'texts'), ADEPT_TEXT_CACHE_GB: '0.0001' };
    const ended = await runAdept(['prepare', '--model', world.model, '--data', data], { env });
    assertRefused(ended, ['Text cache', 'ADEPT_TEXT_CACHE_GB']);
  });
});

describe('adept cache', () => {
  it('lists what is stored, and removes it', async (t) => {
    const own = temporaryFolder(t);
    const data = write(join(own, 'a.jsonl'), stories(20));
    const options = { env: { ADEPT_TEXT_CACHE: join(own, 'texts') } };
    const { tokens, cache } = await adeptResult(['prepare', '--model', world.model, '--data', data], options);
    const listed = await adeptResult(['cache'], options);
    const [text] = listed.texts as [Record<string, unknown>];
    assert.deepEqual([text.folder, text.tokens, text.documents, text.complete], [cache, tokens, 20, true]);
    assert.deepEqual(text.files, [data]);
    const cleared = await adeptResult(['cache', '--clear'], options);
    assert.deepEqual([cleared.removed, cleared.bytes], [1, text.bytes]);
    assert.deepEqual((await adeptResult(['cache'], options)).texts, []);
  });
});

/** A chat template that refuses every conversation without a system's turn. */
const REFUSING =
  "{% if messages[0].role != 'system' %}{{ raise_exception('a system turn is needed') }}{% endif %}";

function withTemplate(own: string, template: string): string {
  const model = join(own, 'model');
  cpSync(world.model, model, { recursive: true });
  write(join(model, 'chat_template.jinja'), template);
  return model;
}

const prepare = (data: string, ...more: Argument[]): Argument[] => [
  ...['prepare', '--model', world.model, '--data', data],
  ...more,
];

const FAULTS: readonly Fault[] = [
  {
    title: 'an archive that ends in the middle',
    args: (own) => {
      const file = join(own, 'a.jsonl.gz');
      writeFileSync(file, gzipSync(stories(500)));
      truncateSync(file, 300);
      return prepare(file);
    },
    says: ['--data', 'a.jsonl.gz', 'the archive ends in the middle'],
  },
  {
    title: 'a token that the tokenizer does not have',
    args: (own) => prepare(write(join(own, 'a.jsonl'), stories(5)), '--document-end', '<end>'),
    says: ['--document-end <end>', 'tokenizer.json', 'no such token'],
  },
  {
    title: 'a column that the rows do not have',
    args: (own) => prepare(write(join(own, 'a.jsonl'), stories(5)), '--text-column', 'body'),
    says: ['a.jsonl', 'row 1', 'body', 'text'],
  },
  {
    title: 'a column that is no text',
    args: (own) => prepare(write(join(own, 'a.jsonl'), '{"body":7}\n'), '--text-column', 'body'),
    says: ['a.jsonl', 'row 1', 'body'],
  },
  {
    title: 'a chat template that refuses',
    args: (own) => [
      ...['prepare', '--model', withTemplate(own, REFUSING)],
      ...['--data', write(join(own, 'a.jsonl'), '{"messages":[{"role":"user","content":"a"}]}\n')],
    ],
    says: ['a.jsonl', 'row 1', 'a system turn is needed'],
  },
  {
    title: 'a chat template that is none',
    args: (own) => [
      ...['prepare', '--model', withTemplate(own, '{% for %}')],
      ...['--data', write(join(own, 'a.jsonl'), '{"messages":[{"role":"user","content":"a"}]}\n')],
    ],
    says: ['chat_template.jinja'],
  },
  {
    title: 'a glob that nothing fits',
    args: (own) => prepare(join(own, '*.parquet')),
    says: ['--data', '*.parquet', 'no file matches'],
  },
  {
    title: 'a folder of several kinds',
    args: (own) => {
      write(join(own, 'a.jsonl'), stories(2));
      write(join(own, 'b.txt'), 'a');
      return prepare(own);
    },
    says: ['--data', 'several kinds', 'glob'],
  },
  {
    title: 'a packing that there is none of',
    args: (own) => prepare(write(join(own, 'a.jsonl'), stories(2)), '--packing', 'loose'),
    says: ['--packing', 'joined, separate'],
  },
];

describe('a text that cannot be used', () => {
  for (const fault of FAULTS) {
    it(fault.title, (t) => checkFault(t, fault, folder));
  }

  it('a parquet file with a damaged footer', async (t) => {
    const file = sharedCase(t, CASES, 'text-zstd.parquet');
    if (file === undefined) {
      return;
    }
    const broken = readFileSync(file);
    broken.fill(0x41, broken.length - 200, broken.length - 8);
    const own = temporaryFolder(t);
    writeFileSync(join(own, 'a.parquet'), broken);
    assertRefused(await runAdept(prepare(join(own, 'a.parquet'))), [
      'a.parquet',
      'not a complete parquet file',
    ]);
    const named = await runAdept(prepare(file, '--text-column', 'body'));
    assertRefused(named, ['text-zstd.parquet', 'no column "body"', 'text']);
  });
});

describe('a run', () => {
  const tune = (out: string, ...more: Argument[]): Argument[] => [
    ...['tune', '--model', world.expanded, '--probe', world.probe, '--out', out, '--engine', 'wasm'],
    ...['--steps', 2, '--lr', 1e-3, '--batch-size', 2, '--seq-len', 16, ...more],
  ];
  const specOf = (run: string): Record<string, unknown> =>
    JSON.parse(readFileSync(join(run, 'run.json'), 'utf8')) as Record<string, unknown>;
  const lossesOf = (run: string): number[] => readRun(run).steps.map(({ loss }) => loss);
  const logOf = (run: string): string => readFileSync(join(run, 'events.ndjson'), 'utf8');
  const texts = (t: TestContext): string => {
    const own = temporaryFolder(t);
    mkdirSync(join(own, 'shards'));
    for (const shard of ['b', 'a']) {
      write(join(own, 'shards', `${shard}.jsonl`), stories(3));
    }
    return own;
  };

  it('names its files and the tokens around documents, and goes by them when it is resumed', async (t) => {
    const own = texts(t);
    const run = join(own, 'run');
    await adeptResult(
      tune(run, '--domain', join(own, 'shards'), '--document-end', 'z', '--packing', 'separate'),
    );
    const domain = specOf(run).domain as Record<string, unknown>;
    assert.deepEqual(
      domain.files,
      ['a', 'b'].map((name) => join(own, 'shards', `${name}.jsonl`)),
    );
    assert.deepEqual([domain.documentEnd, domain.packing], ['z', 'separate']);
    assert.equal(domain.documentStart, 'none');
    // Of the letters' tokenizer, which has no BOS.
    assert.match(logOf(run), /2 files: 6 documents, \d+ tokens; document start none, document end z/);
    await adeptResult(['resume', run]);
    assert.deepEqual(specOf(run).domain, domain);
  });

  it('of a whole job shows how far the reading of large texts is', async (t) => {
    const own = temporaryFolder(t);
    write(join(own, 'large.jsonl'), stories(150_000));
    const sizes = { seqLen: 16, batchSize: 2 };
    const config = {
      ...{ model: world.model, probe: [world.probe], domain: ['large.jsonl'], out: 'run', engine: 'wasm' },
      ...{ eval: { domain: [world.probe] }, analyze: { ...sizes, mode: 'fast' }, expand: { layers: [0] } },
      tune: { ...sizes, steps: 1, learningRate: 1e-3, maxEvalSequences: 2, maxProbeSequences: 2 },
    };
    const file = write(join(own, 'a.adept.json'), JSON.stringify(config));
    await adeptResult(['run', '--config', file], { env: { ADEPT_TEXT_CACHE: join(own, 'texts') } });
    const log = logOf(join(own, 'run'));
    assert.match(log, /"type":"status","status":"reading"/);
    assert.match(
      log,
      /"stage":"reading".*tokenising large\.jsonl: [\d.]+ of [\d.]+ MB, [\d.]+ MB\/s, \d+ s left/,
    );
  });

  it('of a version that knew no settings of texts goes on with the framing that it had', async (t) => {
    const own = texts(t);
    const run = join(own, 'run');
    const domain = join(own, 'shards', 'a.jsonl');
    await adeptResult(tune(run, '--domain', domain, '--save-every', 1, '--document-start', 'none'));
    const spec = specOf(run);
    // As such a version wrote it: files alone.
    write(
      join(run, 'run.json'),
      JSON.stringify({ ...spec, domain: [domain], probe: [world.probe], eval: {} }),
    );
    const losses = lossesOf(run);
    assert.equal(losses.length, 2);
    await adeptResult(['resume', run, '--checkpoint', 1, '--discard-later']);
    assert.deepEqual(specOf(run).domain, [domain]);
    // The letters' tokenizer frames nothing, so that its framing is what was chosen: the same step has the same loss.
    assert.deepEqual(lossesOf(run).at(-1), losses[1]);
  });
});
