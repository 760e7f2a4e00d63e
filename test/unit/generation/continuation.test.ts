import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { readModelOutline } from '../../../src/node/model/modelConfig';
import type { NextWanted, RowReading } from '../../../src/trainer/executor/requests';
import type { NextTokens } from '../../../src/trainer/executor/results';
import { continuePrompts, type ContinuationSettings } from '../../../src/trainer/generation/continuation';
import { onlyToken } from '../../../src/trainer/executor/onlyToken';
import { Cancelled, SILENT_TASK } from '../../../src/trainer/task';
import { projectRoot } from '../../support/projectRoot';
import { writeShapedModel } from '../../support/shapedModel';
import { temporaryFolder } from '../../support/temporaryFolder';

const outline = readModelOutline(join(projectRoot, 'media/sample/model'));

/** Counts on from the last token of each row, and remembers what it was asked. */
class CountingModel {
  readonly asked: string[] = [];
  readonly readsAhead: number = 1;
  private last: number[] = [];

  constructor(
    readonly config = outline,
    private readonly logitsOf: (token: number) => Float32Array = () => new Float32Array(),
  ) {}

  prefill(prompts: readonly Int32Array[], wanted: NextWanted): Promise<NextTokens> {
    this.asked.push(`prefill ${prompts.map(({ length }) => length).join(',')}`);
    this.last = prompts.map((prompt) => prompt.at(-1) ?? NaN);
    return Promise.resolve(this.next(wanted));
  }

  decode(readings: readonly RowReading[], wanted: NextWanted): Promise<NextTokens> {
    this.last = readings.map(onlyToken);
    this.asked.push(`decode ${this.last.join(',')} in ${readings.map(({ row }) => row).join(',')}`);
    return Promise.resolve(this.next(wanted));
  }

  endDecoding(): Promise<void> {
    this.asked.push('end');
    return Promise.resolve();
  }

  private next(wanted: NextWanted): NextTokens {
    const top = Int32Array.from(this.last, (token) => token + 1);
    const logits = this.last.map((token) => this.logitsOf(token));
    return wanted === 'top' ? { top } : { top, logits: Float32Array.from(logits.flatMap((row) => [...row])) };
  }
}

const GREEDY: ContinuationSettings = {
  ...{ maxTokens: 4, temperature: 0, topP: 1, seed: 0 },
  stopTokens: new Set([22]),
};

function prompts(...rows: readonly (readonly number[])[]): { ids: Int32Array; number: number }[] {
  return rows.map((ids, number) => ({ ids: Int32Array.from(ids), number }));
}

describe('continuing prompts', () => {
  it('ends rows by token, by text and by length, and reads on in the others alone', async () => {
    const model = new CountingModel();
    const answers = await continuePrompts(
      model,
      prompts([1, 10], [20], [30]),
      GREEDY,
      SILENT_TASK,
      (row, ids) => row === 2 && ids.length === 3,
    );
    assert.deepEqual(answers, [
      { ids: [11, 12, 13, 14], finish: 'length' },
      { ids: [21], finish: 'stop' },
      { ids: [31, 32, 33], finish: 'stop' },
    ]);
    assert.deepEqual(model.asked, [
      'prefill 2,1,1',
      'decode 11,21,31 in 0,1,2',
      'decode 12,32 in 0,2',
      'decode 13 in 0',
      'end',
    ]);
  });

  it('ends where the context does', async () => {
    const model = new CountingModel({ ...outline, maxPositionEmbeddings: 5 });
    const [answer] = await continuePrompts(
      model,
      prompts([1, 2, 3, 4]),
      { ...GREEDY, maxTokens: 9 },
      SILENT_TASK,
    );
    assert.deepEqual(answer, { ids: [5, 6], finish: 'context' });
  });

  it('draws for a prompt what it draws for it alone, and otherwise with another seed', async () => {
    const logitsOf = (): Float32Array => new Float32Array(50);
    const settings = { ...GREEDY, maxTokens: 12, temperature: 1, stopTokens: new Set<number>() };
    const both = prompts([1], [2]);
    const drawn = async (some: typeof both, seed: number): Promise<(readonly number[])[]> =>
      (
        await continuePrompts(new CountingModel(outline, logitsOf), some, { ...settings, seed }, SILENT_TASK)
      ).map(({ ids }) => ids);
    const [first, second] = await drawn(both, 5);
    assert.deepEqual(await drawn(both.slice(1), 5), [second]);
    assert.notDeepEqual(first, second);
    assert.notDeepEqual((await drawn(both, 9))[0], first);
    assert.equal(first?.length, 12);
  });

  it('frees what is kept when it is cancelled or fails, and says why it ended', async () => {
    const model = new CountingModel();
    const signal = AbortSignal.abort();
    await assert.rejects(
      continuePrompts(model, prompts([1]), GREEDY, { ...SILENT_TASK, signal }),
      (error) => error instanceof Cancelled,
    );
    assert.deepEqual(model.asked, ['prefill 1', 'end']);
    const failing = new CountingModel();
    failing.decode = () => Promise.reject(new Error('gone'));
    failing.endDecoding = () => Promise.reject(new Error('gone as well'));
    await assert.rejects(continuePrompts(failing, prompts([1]), GREEDY, SILENT_TASK), { message: 'gone' });
  });
});

/** What follows is the sum of the last two tokens, modulo 7: it repeats itself after 16. Reads ahead, and refuses what cannot be. */
class CirclingModel {
  passes = 0;
  private rows: number[][] = [];

  constructor(
    readonly readsAhead: number,
    readonly config = outline,
  ) {}

  prefill(prompts: readonly Int32Array[], wanted: NextWanted): Promise<NextTokens> {
    this.rows = prompts.map((prompt) => [...prompt]);
    return Promise.resolve(nextOf(this.rows, wanted));
  }

  decode(readings: readonly RowReading[], wanted: NextWanted): Promise<NextTokens> {
    this.passes += 1;
    const tokens = readings.reduce((sum, reading) => sum + reading.tokens.length, 0);
    assert.ok(tokens <= Math.max(this.readsAhead, readings.length), `${tokens} tokens`);
    const read: number[][] = [];
    this.rows = readings.map(({ row, tokens: more, forget }) => {
      const before = this.rows[row] ?? [];
      const kept = before.slice(0, before.length - forget);
      read.push(...more.map((_, at) => [...kept, ...more.slice(0, at + 1)]));
      return [...kept, ...more];
    });
    return Promise.resolve(nextOf(read, wanted));
  }

  endDecoding(): Promise<void> {
    return Promise.resolve();
  }
}

function nextOf(rows: readonly (readonly number[])[], wanted: NextWanted): NextTokens {
  const logits = rows.map((row) => {
    const [a = 0, b = 1] = row.slice(-2);
    const values = new Float32Array(CIRCLING_TOKENS);
    values[(a + b) % CIRCLING_TOKENS] = 4;
    return values;
  });
  const top = Int32Array.from(logits, (values) => values.indexOf(4));
  return wanted === 'top' ? { top } : { top, logits: Float32Array.from(logits.flatMap((row) => [...row])) };
}

const CIRCLING_TOKENS = 7;

describe('reading ahead', () => {
  const begins = prompts([1, 2, 3], [5], [0, 6, 2, 4], [3, 3]);
  for (const [name, settings] of [
    ['the likeliest tokens', { temperature: 0 }],
    ['drawn tokens', { temperature: 0.8 }],
  ] as const) {
    it(`chooses ${name} that are chosen one at a time, in fewer passes`, async () => {
      const answers = async (model: CirclingModel): Promise<unknown> => {
        const said: string[] = [];
        const found = await continuePrompts(
          model,
          begins,
          { ...GREEDY, ...settings, maxTokens: 90, stopTokens: new Set() },
          SILENT_TASK,
          (row, ids) => {
            said.push(`${row}: ${ids.join(' ')}`);
            // Ends in the middle of a circle.
            return row === 2 && ids.length === 31;
          },
        );
        return [found, said.sort()];
      };
      const [single, ahead] = [new CirclingModel(1), new CirclingModel(16)];
      assert.deepEqual(await answers(ahead), await answers(single));
      assert.equal(single.passes, 89);
      assert.ok(ahead.passes < single.passes * 0.75, `${ahead.passes} passes`);
    });
  }

  it('reads a single token of a row where rotations go by the length', async (t) => {
    const shape = { vocab: 97, hidden: 16, mlp: 16, layers: 1, heads: 2, keyValueHeads: 1, tied: true };
    for (const [type, passes] of [
      ['linear', 'fewer'],
      ['dynamic', 'all'],
    ] as const) {
      const more = { rope_scaling: { type, factor: 2 }, max_position_embeddings: 256 };
      const model = new CirclingModel(
        16,
        readModelOutline(writeShapedModel(temporaryFolder(t), { ...shape, more })),
      );
      await continuePrompts(model, begins, { ...GREEDY, maxTokens: 90, stopTokens: new Set() }, SILENT_TASK);
      assert.equal(model.passes === 89 ? 'all' : 'fewer', passes, type);
    }
  });

  it('ends at the context and at a token that ends, not behind them', async () => {
    const found = async (readsAhead: number, positions: number, stop: number): Promise<unknown> => {
      const settings = { ...GREEDY, maxTokens: 400, stopTokens: new Set([stop]) };
      const model = new CirclingModel(readsAhead, { ...outline, maxPositionEmbeddings: positions });
      return continuePrompts(model, begins, settings, SILENT_TASK);
    };
    for (const [positions, stop] of [
      [40, -1],
      [41, -1],
      [43, -1],
      [99, 6],
    ] as const) {
      assert.deepEqual(await found(16, positions, stop), await found(1, positions, stop));
    }
  });
});
