import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { AnswerStream, type SaidPart } from '../../../src/trainer/jobs/generate/answerStream';

/** A stream whose tokens are numbers of texts, and its clock. */
function streamOf(texts: readonly string[]): {
  readonly stream: AnswerStream;
  readonly parts: SaidPart[];
  readonly after: (milliseconds: number) => void;
} {
  const parts: SaidPart[] = [];
  let now = 0;
  const stream = new AnswerStream({
    promptTokens: 5,
    textOf: (ids) => texts[ids.length] ?? '',
    tell: (part) => parts.push(part),
    now: () => now,
  });
  return { stream, parts, after: (milliseconds) => (now += milliseconds) };
}

const said = (parts: readonly SaidPart[]): string =>
  parts.reduce((text, part) => text.slice(0, part.from) + part.text, '');

describe('an answer as it comes', () => {
  it('is told in parts, not too often, with nothing that is no letter yet', () => {
    const { stream, parts, after } = streamOf(['', 'Gr', 'Gr\uFFFD', 'Grü', 'Grün']);
    after(200);
    stream.add([1]);
    assert.deepEqual(
      parts.map(({ from, text }) => [from, text]),
      [[0, 'Gr']],
    );
    after(60);
    stream.add([1, 2]);
    assert.equal(parts.length, 1, 'half a letter was told');
    after(10);
    stream.add([1, 2, 3]);
    assert.equal(parts.length, 1, 'it was told too often');
    after(50);
    stream.add([1, 2, 3, 4]);
    assert.deepEqual(
      parts.map(({ from, text }) => [from, text]),
      [
        [0, 'Gr'],
        [2, 'ün'],
      ],
    );
    assert.deepEqual(stream.end('length'), {
      ...{ text: 'Grün', end: 'length' },
      cost: { promptTokens: 5, promptSeconds: 0.2, tokens: 4, tokenSeconds: 0.04 },
    });
    assert.equal(said(parts), 'Grün');
  });

  it('takes back what turned out to be no part of it, and keeps half a letter at its end', () => {
    const { stream, parts, after } = streamOf(['', 'yes\n', 'yes', 'yes\uFFFD']);
    stream.add([1]);
    after(60);
    stream.add([1, 2]);
    assert.deepEqual(
      parts.map(({ from, text }) => [from, text]),
      [
        [0, 'yes\n'],
        [3, ''],
      ],
    );
    stream.add([1, 2, 3]);
    assert.equal(stream.end('stopped').text, 'yes\uFFFD');
    assert.equal(said(parts), 'yes\uFFFD');
  });

  it('costs nothing for tokens that never came', () => {
    const { stream, after } = streamOf(['']);
    after(300);
    assert.deepEqual(stream.end('stopped').cost, {
      ...{ promptTokens: 5, promptSeconds: 0.3, tokens: 0, tokenSeconds: null },
    });
  });
});
