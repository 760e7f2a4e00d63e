import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { readModelOutline } from '../../../src/node/model/modelConfig';
import type { NextWanted } from '../../../src/trainer/executor/requests';
import type { NextTokens } from '../../../src/trainer/executor/results';
import { continuePrompts, type ContinuationSettings } from '../../../src/trainer/generation/continuation';
import { Cancelled, SILENT_TASK } from '../../../src/trainer/task';
import { projectRoot } from '../../support/projectRoot';

const outline = readModelOutline(join(projectRoot, 'media/sample/model'));

/** Counts on from the last token of each row, and remembers what it was asked. */
class CountingModel {
  readonly asked: string[] = [];
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

  decode(tokens: Int32Array, rows: Int32Array, wanted: NextWanted): Promise<NextTokens> {
    this.asked.push(`decode ${tokens.join(',')} in ${rows.join(',')}`);
    this.last = [...tokens];
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
