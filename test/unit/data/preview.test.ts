import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { previewText, type Previewed } from '../../../src/trainer/jobs/texts/preview';
import { SILENT_TASK } from '../../../src/trainer/task';
import { configOfShape } from '../../support/shapedModel';
import { temporaryFolder } from '../../support/temporaryFolder';
import { characterTokenizer } from '../../support/tokenizers';

const SHAPE = { vocab: 1000, hidden: 8, mlp: 8, layers: 1, heads: 1, keyValueHeads: 1, tied: true };

/** What is shown of rows in sequences of six tokens, by a model of which each character is a token and BOS is 1. */
async function shown(t: TestContext, ...rows: object[]): Promise<Previewed['preview']> {
  const model = characterTokenizer(t);
  writeFileSync(join(model, 'config.json'), JSON.stringify(configOfShape(SHAPE).raw));
  const file = join(temporaryFolder(t), 'a.jsonl');
  writeFileSync(file, rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
  const request = { model, data: [file], seqLen: 6, documents: 3, field: '--data' };
  const { preview, store } = await previewText(request, SILENT_TASK);
  store.close();
  return preview;
}

describe('the preview of a text', () => {
  it('shows the parts of each document, where sequences end, and special tokens in the text', async (t) => {
    const { samples, ...counted } = await shown(t, { text: 'abc' }, { text: 'defgh' }, { text: 'i<s>j' });
    assert.deepEqual(
      samples.map(({ tokens, parts }) => [tokens, parts.map(({ kind, text }) => `${kind} ${text}`)]),
      [
        [4, ['start <s>', 'text abc']],
        [6, ['start <s>', 'text d', 'border 2', 'text efgh']],
        [4, ['start <s>', 'text i', 'border 3', 'special <s>', 'text j']],
      ],
    );
    assert.deepEqual([counted.documents, counted.tokens, counted.sequences], [3, 14, 2]);
    assert.deepEqual([counted.documentStart, counted.documentEnd], ['<s>', '']);
    assert.deepEqual(counted.lengths.percentiles, { 0: 4, 10: 4, 50: 4, 90: 6, 99: 6, 100: 6 });
  });

  it('shows rows of ids as they are', async (t) => {
    const rows = [
      [5, 6],
      [7, 8, 9],
      [10, 11],
      [12, 13],
    ];
    const { samples, ...counted } = await shown(t, ...rows.map((tokens) => ({ tokens })));
    assert.deepEqual(
      samples,
      rows.slice(0, 3).map((ids) => ({
        ...{ tokens: ids.length, ids },
        parts: [{ kind: 'text', text: ids.join(' ') }],
      })),
    );
    assert.deepEqual([counted.documents, counted.tokens, counted.documentStart], [4, 9, null]);
  });
});
