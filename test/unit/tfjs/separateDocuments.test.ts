import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import type { TestContext } from 'node:test';
import * as v from 'valibot';
import { makeBatch, rowsOf, type Batch } from '../../../src/trainer/data/sequences/batch';
import { openTokenizer } from '../../../src/trainer/data/tokenizer/tokenizer';
import { sum } from '../../../src/shared/common/sum';
import type { Engine } from '../../../src/trainer/tfjs/engine/engine';
import { CausalLM } from '../../../src/trainer/tfjs/model/causalLM';
import { lossGradients } from '../../../src/trainer/tfjs/model/gradients';
import { eachTensor } from '../../../src/trainer/tfjs/model/weights';
import { onEveryEngine } from '../../support/engines';
import { seededRandom } from '../../../src/shared/common/random';
import { sharedCase, sharedData } from '../../support/sharedData';
import { writeShapedModel, type ModelShape } from '../../support/shapedModel';
import { temporaryFolder } from '../../support/temporaryFolder';

const base = { vocab: 97, hidden: 64, mlp: 100, layers: 2, heads: 4, keyValueHeads: 2, tied: true };
const windowed = (window: number): Partial<ModelShape> => ({
  family: 'mistral',
  more: { sliding_window: window },
});

/** Lengths of the documents of each row. */
type Rows = readonly (readonly number[])[];

const CASES: Readonly<Record<string, { shape: ModelShape; rows: Rows }>> = {
  'grouped queries': { shape: base, rows: [[20, 13, 17], [50]] },
  'unequal rows': { shape: base, rows: [[7], [12, 3, 16], [1, 1]] },
  'sizes that fill no vector': {
    shape: { ...base, hidden: 54, mlp: 61, heads: 3, keyValueHeads: 1 },
    rows: [[1, 30, 18], [48]],
  },
  'head norms, untied': {
    shape: { ...base, family: 'qwen3', tied: false },
    rows: [
      [11, 22],
      [5, 5, 10],
    ],
  },
  biases: { shape: { ...base, family: 'qwen2' }, rows: [[19, 1]] },
  'wide heads, documents over several blocks of queries': {
    shape: { ...base, hidden: 160, heads: 2, keyValueHeads: 2 },
    rows: [[70, 1, 60, 19]],
  },
  'a window shorter than documents': { shape: { ...base, ...windowed(5) }, rows: [[64, 3, 63], [97]] },
  'a window over blocks and documents': { shape: { ...base, ...windowed(70) }, rows: [[110, 40, 50]] },
  'a document as long as its row beside many of 64': {
    shape: { ...base, layers: 1 },
    rows: [[512], Array.from({ length: 8 }, () => 64)],
  },
  'documents longer than a block of composed queries': {
    shape: { ...base, layers: 1 },
    rows: [[600, 30, 30, 500]],
  },
  'the same with a window': { shape: { ...base, layers: 1, ...windowed(300) }, rows: [[600, 30, 30, 500]] },
  'scores with a cap, windows in some layers': {
    shape: { ...base, family: 'gemma2', more: { sliding_window: 5, attn_logit_softcapping: 2 } },
    rows: [[20, 13, 17], [30]],
  },
  'a rotation for each type of layer': {
    shape: {
      ...base,
      family: 'gemma3_text',
      layers: 3,
      more: { sliding_window: 7, sliding_window_pattern: 2 },
    },
    rows: [[20, 13, 17], [30]],
  },
  'queries that grow with their position': {
    shape: {
      ...base,
      family: 'ministral3',
      more: {
        rope_parameters: {
          rope_type: 'yarn',
          factor: 2,
          original_max_position_embeddings: 8,
          llama_4_scaling_beta: 0.5,
        },
      },
    },
    rows: [[20, 13, 17], [30]],
  },
  'neighbours rotated in part of a head': {
    shape: { ...base, family: 'glm4', tied: false },
    rows: [[20, 13, 17], [30]],
  },
  'documents of one token': { shape: base, rows: [Array.from({ length: 9 }, () => 1), [1, 5, 1]] },
};

/** Rows of random documents; side by side, and each document as a row of its own. */
function randomDocuments(rows: Rows, vocab: number): { packed: Batch; apart: Batch } {
  const random = seededRandom(3);
  const documents = rows.map((lengths) =>
    lengths.map((length) => Int32Array.from({ length }, () => Math.floor(random() * vocab))),
  );
  const packed = makeBatch(
    documents.map((row) => Int32Array.from(row.flatMap((tokens) => [...tokens]))),
    rows.map((lengths) => Int32Array.from(lengths, (_, index) => sum(lengths.slice(0, index)))),
  );
  // The first token of the next document is a target, and what comes after it is not there.
  const apart = documents.flatMap((row) =>
    row.map((tokens, index) => Int32Array.of(...tokens, ...(row[index + 1]?.subarray(0, 1) ?? []))),
  );
  return { packed, apart: makeBatch(apart) };
}

/** Losses, and the gradients of every tensor by name; what attention shares for the batch is all that stays. */
function pass(model: CausalLM, batch: Batch): Map<string, Float32Array> {
  const { engine } = model;
  const found = new Map<string, Float32Array>();
  model.context(batch);
  const tensors = engine.tensorCount();
  const losses = lossGradients(model, batch, {
    scale: 1 / 100,
    lowestLayer: 0,
    wants: () => true,
    onLayer: (layer, gradients) => {
      for (const { unit, part, tensor } of eachTensor(gradients)) {
        found.set(`${layer}.${unit}.${part}`, engine.read(tensor));
      }
    },
    onOuter: ({ embedding, norm, projection }) => {
      found.set('embedding', engine.read(embedding));
      found.set('norm', engine.read(norm));
      found.set('projection', projection ? engine.read(projection) : new Float32Array(0));
    },
  });
  found.set('losses', losses);
  found.set('losses alone', model.losses(batch));
  assert.equal(engine.tensorCount(), tensors);
  return found;
}

function assertSame(
  found: ReadonlyMap<string, Float32Array>,
  expected: ReadonlyMap<string, Float32Array>,
  what: string,
): void {
  assert.deepEqual([...found.keys()], [...expected.keys()]);
  for (const [part, values] of expected) {
    const own = found.get(part) ?? new Float32Array(0);
    assert.equal(own.length, values.length, `${what}, ${part}`);
    const largest = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    const difference = values.reduce(
      (most, value, at) => Math.max(most, Math.abs(value - (own[at] ?? NaN))),
      0,
    );
    // What cancels out to nothing but rounding, as queries' gradients where one key is seen, has no relative error.
    assert.ok(
      difference <= 2e-5 * largest + 1e-7 && values.every(Number.isFinite),
      `${what}, ${part}: off by ${difference} of ${largest}`,
    );
  }
}

/** The engine with the kernels that it has, and as if it had none. */
function waysOf(engine: Engine): [string, Engine][] {
  const composed = Object.create(engine, { fused: { value: undefined } }) as Engine;
  return [...(engine.fused ? [['fused', engine] as [string, Engine]] : []), ['composed', composed]];
}

/** Hands the test a model on every way that the engine computes. */
function withModel(
  engine: Engine,
  t: TestContext,
  shape: ModelShape,
  test: (model: CausalLM, way: string) => void,
): void {
  const folder = writeShapedModel(temporaryFolder(t), shape);
  for (const [way, by] of waysOf(engine)) {
    const before = engine.tensorCount();
    const model = CausalLM.load(by, folder);
    test(model, way);
    model.dispose();
    assert.equal(engine.tensorCount(), before, `${way}: everything is freed with the model`);
  }
}

onEveryEngine('documents that do not see each other', (test) => {
  for (const [name, { shape, rows }] of Object.entries(CASES)) {
    test(`have the losses and gradients that they have as rows of their own: ${name}`, (engine, t) => {
      const { packed, apart } = randomDocuments(rows, shape.vocab);
      const ways: Map<string, Float32Array>[] = [];
      withModel(engine, t, shape, (model, way) => {
        const found = pass(model, packed);
        assertSame(found, pass(model, apart), way);
        ways.push(found);
      });
      const [first, ...others] = ways;
      for (const other of others) {
        assertSame(other, first ?? new Map(), 'composed beside fused');
      }
    });
  }

  test('are not what one document of the same tokens computes', (engine, t) => {
    withModel(engine, t, base, (model) => {
      const { packed } = randomDocuments([[20, 13, 17]], base.vocab);
      const [separate, joined] = [
        model.losses(packed),
        model.losses(makeBatch(rowsOf(packed).map(({ ids }) => ids))),
      ];
      const apart = separate.map((loss, at) => Math.abs(loss - (joined[at] ?? NaN)));
      assert.ok(apart.subarray(0, 20).every((difference) => difference < 1e-5));
      assert.ok(apart.subarray(20).every((difference) => difference > 1e-4));
    });
  });

  test('one to a row, are the rows, bit for bit', (engine, t) => {
    withModel(engine, t, base, (model) => {
      const rows = rowsOf(randomDocuments([[33], [20], [2]], base.vocab).packed).map(({ ids }) => ids);
      const none = makeBatch(rows);
      const single = makeBatch(
        rows,
        rows.map(() => Int32Array.of(0)),
      );
      assert.deepEqual(pass(model, single), pass(model, none));
    });
  });

  test('take as many tensors after many batches as after a few', (engine, t) => {
    withModel(engine, t, base, (model) => {
      const counts = Array.from({ length: 8 }, (_, batch) => {
        const rows = [Array.from({ length: batch + 2 }, (_at, index) => 1 + index), [batch + 1, 1]];
        model.losses(randomDocuments([...rows, [3, 77]], base.vocab).packed);
        return engine.tensorCount();
      });
      assert.equal(new Set(counts.slice(4)).size, 1, counts.join(' '));
    });
  });

  test('are refused where they do not fit into their rows', (engine, t) => {
    withModel(engine, t, base, (model) => {
      const rows = [Int32Array.of(1, 2, 3)];
      for (const starts of [[], [1], [0, 2, 2], [0, 3], [0, 2, 1]]) {
        const batch = makeBatch(rows, [Int32Array.from(starts)]);
        assert.throws(() => model.losses(batch), /Documents of row 0, of 3 tokens, cannot begin at/);
      }
      assert.throws(() => model.losses(makeBatch(rows, [])), /A batch of 1 rows has documents of 0/);
    });
  });

  test('have the mean loss that transformers computes with positions and mask of each document', (engine, t) => {
    const folder = sharedData(t, 'stories260K');
    const file = sharedCase(t, 'texts', 'short.jsonl');
    if (folder === undefined || file === undefined) {
      return;
    }
    for (const [way, by] of waysOf(engine)) {
      const model = CausalLM.load(by, folder);
      const { joined, separate } = shortTexts(folder, file, model.config.vocabSize);
      const mean = (batch: Batch): number => {
        const losses = model.losses(batch);
        return sum(losses) / losses.length;
      };
      const found = { joined: mean(joined), separate: mean(separate) };
      t.diagnostic(`${way}: joined ${found.joined.toFixed(6)}, separate ${found.separate.toFixed(6)}`);
      assert.ok(Math.abs(found.joined - 1.566298) < 1e-5, `${way}: joined ${found.joined}`);
      assert.ok(Math.abs(found.separate - 1.570079) < 1e-5, `${way}: separate ${found.separate}`);
      model.dispose();
    }
  });
});

/** The texts in sequences of 128 tokens, one after the other, and the same with the positions at which texts begin. */
function shortTexts(folder: string, file: string, vocabSize: number): { joined: Batch; separate: Batch } {
  const length = 128;
  const tokenizer = openTokenizer(folder, vocabSize);
  const lines = readFileSync(file, 'utf8').trim().split('\n');
  const texts = lines.map((line) => v.parse(v.object({ text: v.string() }), JSON.parse(line)).text);
  const tokens: number[] = [];
  const starts: number[] = [];
  for (const text of texts) {
    starts.push(tokens.length);
    tokens.push(...tokenizer.encodeDocument(text));
  }
  const begins = Array.from({ length: Math.floor(tokens.length / length) }, (_, row) => row * length);
  const rows = begins.map((begin) => Int32Array.from(tokens.slice(begin, begin + length)));
  const documentStarts = begins.map((begin) => {
    const inside = starts.filter((start) => start > begin && start < begin + length);
    return Int32Array.of(0, ...inside.map((start) => start - begin));
  });
  assert.equal(rows.length, 87);
  return { joined: makeBatch(rows), separate: makeBatch(rows, documentStarts) };
}
