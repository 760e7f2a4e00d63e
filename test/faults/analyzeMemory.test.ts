import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { ImportanceFile } from '../../src/shared/method/importance';
import * as v from 'valibot';
import { adeptResult, runAdept } from '../support/command';
import { configOfShape, writeRandomRows, writeShapedModel } from '../support/shapedModel';

const SHAPE = { vocab: 61, hidden: 16, mlp: 24, layers: 4, heads: 2, keyValueHeads: 1, tied: true };

describe('adept analyze --memory', () => {
  const folder = mkdtempSync(join(tmpdir(), 'adept-memory-'));
  const model = writeShapedModel(join(folder, 'model'), SHAPE);
  const probe = writeRandomRows(join(folder, 'probe.jsonl'), {
    sequences: 9,
    seqLen: 12,
    vocab: SHAPE.vocab,
  });

  after(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  const args = (out: string, ...more: readonly (string | number)[]): (string | number)[] => [
    ...[
      'analyze',
      '--model',
      model,
      '--probe',
      probe,
      '--out',
      join(folder, out),
      '--engine',
      'wasm',
      ...more,
    ],
  ];

  it('measures the same, says how many sequences it took at once, and leaves nothing behind', async () => {
    const plain = v.parse(ImportanceFile, await adeptResult(args('plain.json')));
    const budgeted = v.parse(ImportanceFile, await adeptResult(args('budgeted.json', '--memory', 4000)));
    assert.equal(configOfShape(SHAPE).numHiddenLayers, budgeted.layers.length);
    for (const [index, { importance }] of budgeted.layers.entries()) {
      assert.ok(Math.abs(importance - (plain.layers[index]?.importance ?? NaN)) < 1e-5, `layer ${index}`);
    }
    assert.deepEqual(budgeted.units, plain.units);
    assert.equal(plain.probe.layerBatchSize, undefined);
    assert.ok([1, 2, 4, 8].includes(budgeted.probe.layerBatchSize ?? NaN));
    assert.deepEqual(readdirSync(folder).sort(), ['budgeted.json', 'model', 'plain.json', 'probe.jsonl']);
  });

  it('that the model alone exceeds is refused, with what is needed', async () => {
    const { status, stderr } = await runAdept(args('none.json', '--memory', 5));
    assert.equal(status, 2);
    assert.match(
      stderr,
      /--memory 5: \d+ MB are in use once the model's weights are loaded; raise the limit/,
    );
    assert.ok(!existsSync(join(folder, 'none.json')));
  });
});
