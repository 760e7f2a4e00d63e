import assert from 'node:assert/strict';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, describe, it } from 'node:test';
import { idsOf, load } from '../../support/corpora';
import type { DocumentFrame } from '../../../src/trainer/data/tokenizer/documentFrame';
import { type Tokenizer, openTokenizer } from '../../../src/trainer/data/tokenizer/tokenizer';
import golden from '../../parity/golden/tokens.json';
import { sharedData } from '../../support/sharedData';
import { temporaryFolder } from '../../support/temporaryFolder';

/** The small tokenizers of the golden file have at most so many ids. */
const SMALL = 520;

const tokenizers: Readonly<Record<string, object>> = golden.tokenizers;

/** Writes a tokenizer folder; `config` is its tokenizer_config.json. */
function folderWith(t: TestContext, tokenizer: object, config?: object): string {
  const folder = temporaryFolder(t);
  writeFileSync(join(folder, 'tokenizer.json'), JSON.stringify(tokenizer));
  if (config !== undefined) {
    writeFileSync(join(folder, 'tokenizer_config.json'), JSON.stringify(config));
  }
  return folder;
}

describe(`ids of small tokenizers (${golden.madeBy})`, () => {
  for (const { name, base, patch, ids } of golden.cases) {
    it(name, (t) => {
      const original = tokenizers[base] ?? {};
      const model = 'model' in original ? original.model : undefined;
      const changes = 'model' in patch ? { model: Object.assign({}, model, patch.model) } : patch;
      const tokenizer = openTokenizer(folderWith(t, { ...original, ...changes }), SMALL);
      for (const [index, text] of golden.texts.entries()) {
        assert.deepEqual(tokenizer.encode(text), ids[index], JSON.stringify(text));
      }
    });
  }
});

it('what was encoded is decoded as it was, spaces before punctuation included', (t) => {
  const text = "It is , as they say , n't so . Is it ? Yes !";
  const tokenizer = openTokenizer(folderWith(t, golden.tokenizers.bytes), SMALL);
  assert.equal(tokenizer.decode(tokenizer.encode(text)), text);
});

/** Where a real tokenizer of the golden file lies on this machine. */
function realFolder(t: TestContext, name: string): string | undefined {
  if (name !== 'smollm2') {
    return sharedData(t, ...(name === 'qwen3' ? ['tokenizers', 'qwen3'] : [name]));
  }
  const folder = process.env.ADEPT_SMOLLM2 ?? join('.cache', 'models', 'SmolLM2-135M-Instruct');
  if (existsSync(join(folder, 'tokenizer.json'))) {
    return folder;
  }
  t.skip(`${folder} has no tokenizer.json (ADEPT_SMOLLM2 names another folder)`);
  return undefined;
}

/** Chat tokenizers end a turn with `<|im_end|>`; a text ends with `<|endoftext|>`. */
const endOfText = (id: number): DocumentFrame => ({
  ...{ before: [], after: [id], start: '', end: '<|endoftext|>', insteadOf: '<|im_end|>' },
});
const FRAMES: Readonly<Record<string, DocumentFrame>> = {
  stories260K: { before: [1], after: [], start: '<s>', end: '' },
  qwen3: endOfText(151643),
  smollm2: endOfText(0),
};

/** What the reference adds around a text, and the end of text that follows where it adds nothing. */
function documentIds({ frame }: Tokenizer, reference: readonly number[]): number[] {
  return frame.before.length === 0 ? [...reference, ...frame.after] : [...reference];
}

describe('ids of real tokenizers, from transformers', () => {
  for (const real of golden.folders) {
    it(real.name, (t) => {
      const folder = realFolder(t, real.name);
      if (folder === undefined) {
        return;
      }
      const tokenizer = openTokenizer(folder, real.size);
      assert.deepEqual(tokenizer.frame, FRAMES[real.name]);
      assert.deepEqual(
        [tokenizer.bosId ?? null, tokenizer.eosId ?? null, tokenizer.size],
        [real.bosId, real.eosId, real.size],
      );
      for (const [index, text] of golden.texts.entries()) {
        const where = JSON.stringify(text);
        assert.deepEqual(tokenizer.encode(text), real.ids[index], where);
        const reference = real.withSpecialTokens[index] ?? [];
        assert.deepEqual(tokenizer.encodeDocument(text), documentIds(tokenizer, reference), where);
        // The library's byte fallback loses a zero-width no-break space when it decodes, which nothing depends on.
        if (!text.includes('\ufeff')) {
          assert.equal(tokenizer.decode(reference), real.decoded[index], where);
        }
      }
    });
  }

  it('packs the stories of stories260K with BOS before each', async (t) => {
    const [folder, stories] = [sharedData(t, 'stories260K'), sharedData(t, 'tinystories', 'stories.jsonl')];
    if (folder === undefined || stories === undefined) {
      return;
    }
    const { sequences, text } = await load({
      ...{ paths: [stories], folder, seqLen: 256, maxSequences: 32, vocabSize: 512, maxPositions: 512 },
    });
    const ids = idsOf(sequences).flatMap((sequence) => [...sequence]);
    assert.equal(ids.length, 32 * 256);
    assert.ok(ids.filter((id) => id === 1).length <= text.documents);
    assert.equal(ids[0], 1);
    assert.deepEqual(text.frame, { start: '<s>', end: '', single: true });
  });
});

describe('speed', () => {
  it('does not grow faster than the text', (t) => {
    const byteLevel = openTokenizer(folderWith(t, golden.tokenizers.bytes), SMALL);
    const pieces = openTokenizer(folderWith(t, golden.tokenizers.pieces), SMALL);
    const text = golden.texts.join('\n').repeat(60);
    for (const tokenizer of [byteLevel, pieces]) {
      const time = (value: string): number => {
        const start = performance.now();
        tokenizer.encode(value);
        return performance.now() - start;
      };
      time(text);
      const once = time(text);
      const eightTimes = time(text.repeat(8));
      t.diagnostic(
        `${text.length} characters in ${once.toFixed()} ms, 8 times as many in ${eightTimes.toFixed()} ms`,
      );
      // Quadratic would be 64 times; the rest is room for a busy machine.
      assert.ok(eightTimes < 32 * once + 200, `${once} ms, then ${eightTimes} ms`);
    }
  });
});
