import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import type { ImportanceFile } from '../../src/shared/method/importance';
import { sharedData } from '../support/sharedData';
import { temporaryFolder } from '../support/temporaryFolder';
import { asLists } from '../support/tokenRows';
import { analyzed, checkImportance } from './analyzed';
import { ENGINES } from './engines';
import { reference } from './reference';
import { idsOf, load } from '../support/corpora';

const SEQUENCES = 32;
const FEW = 8;
const LENGTH = 256;
const BATCH_SIZE = 4;
const VOCABULARY = 512;
const BOS = 1;

// Measured with transformers in float32 on these 32 sequences.
const BASE_LOSS = 1.3836;
const LAYERS = [3.0057, 1.2995, 0.7783, 0.8804, 0.9058];
const NATS = 0.002;

interface Stories {
  readonly model: string;
  readonly file: string;
  readonly sequences: readonly Int32Array[];
}

/** The pretrained model and the first packed sequences of its own kind of text, as the trainer reads them. */
async function stories(t: TestContext, maxSequences: number): Promise<Stories | undefined> {
  const model = sharedData(t, 'stories260K');
  const file = sharedData(t, 'tinystories', 'stories.jsonl');
  if (model === undefined || file === undefined) {
    return undefined;
  }
  const request = { paths: [file], folder: model, seqLen: LENGTH, vocabSize: VOCABULARY };
  const { sequences } = await load({ ...request, maxSequences });
  return { model, file, sequences: idsOf(sequences) };
}

function checkMeasured({ baseLoss, layers }: ImportanceFile): void {
  assert.ok(Math.abs(baseLoss - BASE_LOSS) <= NATS, `base loss ${baseLoss}, measured ${BASE_LOSS}`);
  assert.equal(layers.length, LAYERS.length);
  for (const [index, importance] of LAYERS.entries()) {
    const ours = layers[index]?.importance ?? NaN;
    assert.ok(Math.abs(ours - importance) <= NATS, `layer ${index}: ${ours}, measured ${importance}`);
  }
}

describe('stories260K, a real pretrained model', () => {
  it('stories are tokenised and packed as by the reference tokenizer', async (t) => {
    const given = await stories(t, SEQUENCES);
    if (given === undefined) {
      return;
    }
    const { model, file, sequences } = given;
    const expected = await reference(
      'pack',
      { tokenizer: join(model, 'tokenizer.json'), file, bos: BOS, seqLen: LENGTH, maxSequences: SEQUENCES },
      'stories-pack',
    );
    const tokens = Int32Array.from(sequences.flatMap((sequence) => [...sequence]));
    assert.equal(tokens.length, SEQUENCES * LENGTH);
    assert.equal(expected.tokens, SEQUENCES * LENGTH);
    assert.deepEqual([...tokens.subarray(0, expected.first.length)], expected.first);
    const hash = createHash('sha256').update(new Uint8Array(tokens.buffer)).digest('hex');
    assert.equal(hash, expected.sha256);
  });

  for (const engine of ENGINES) {
    // A sequence takes wasm a second: PyTorch's values of a few say as much of it as what was measured of all.
    const count = engine.name === 'wasm' ? FEW : SEQUENCES;
    it(
      `importance of layers and units on ${count} sequences of 256 tokens, ${engine.name}`,
      { skip: engine.skip },
      async (t) => {
        const given = await stories(t, count);
        if (given === undefined) {
          return;
        }
        const { model, file, sequences } = given;
        const result = await analyzed(join(temporaryFolder(t), 'importance.json'), [
          ...['--model', model, '--probe', file, '--seq-len', LENGTH, '--max-sequences', count],
          ...['--batch-size', BATCH_SIZE, '--engine', engine.name],
        ]);
        assert.equal(result.probe.tokens, count * LENGTH);
        if (count === SEQUENCES) {
          checkMeasured(result);
        }
        const request = { model, sequences: asLists(sequences), batchSize: BATCH_SIZE };
        checkImportance(
          t,
          result,
          await reference(
            'importance',
            request,
            `importance-stories260K${count === SEQUENCES ? '' : `-${count}`}`,
          ),
          'released',
        );
      },
    );
  }
});
