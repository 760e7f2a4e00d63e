import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { sum } from '../../../src/shared/common/sum';
import { longestDocument, makeBatch } from '../../../src/trainer/data/sequences/batch';
import {
  groupDocuments,
  separateDocuments,
  startOfEach,
  type Document,
} from '../../../src/trainer/tfjs/model/documents';
import { seededRandom } from '../../../src/shared/common/random';

function oneAfterTheOther(lengths: readonly number[]): Document[] {
  return lengths.map((length, index) => ({ first: sum(lengths.slice(0, index)), length }));
}

/** Scores that are computed, over those within documents. */
function overhead(documents: readonly Document[]): number {
  const computed = groupDocuments(documents).map(({ documents: { length: n }, length }) => n * length ** 2);
  return sum(computed) / sum(documents.map(({ length }) => length ** 2));
}

describe('documents of a batch', () => {
  const rows = [Int32Array.from({ length: 6 }), Int32Array.from({ length: 4 })];
  const batch = makeBatch(rows, [Int32Array.of(0, 2, 5), Int32Array.of(0, 1)]);

  it('lie between the positions at which they begin, and padding belongs to none', () => {
    const documents = separateDocuments(batch) ?? [];
    assert.deepEqual(documents, [
      { first: 0, length: 2 },
      { first: 2, length: 3 },
      { first: 5, length: 1 },
      { first: 6, length: 1 },
      { first: 7, length: 3 },
    ]);
    assert.deepEqual([...startOfEach(batch, documents)], [0, 0, 2, 2, 2, 5, 0, 1, 1, 1, 4, 5]);
  });

  it('are the rows where there is one to a row, or nothing is said', () => {
    assert.equal(separateDocuments(makeBatch(rows)), undefined);
    assert.equal(separateDocuments(makeBatch(rows, [Int32Array.of(0), Int32Array.of(0)])), undefined);
  });
});

describe('the longest document of a batch', () => {
  const rows = [Int32Array.from({ length: 10 }), Int32Array.from({ length: 7 })];

  it('is a whole row, padding included, where documents are not apart', () => {
    assert.equal(longestDocument(makeBatch(rows)), 10);
    assert.equal(longestDocument(makeBatch(rows, [Int32Array.of(0), Int32Array.of(0, 6)])), 10);
  });

  it('is among those of all rows, the last with what its row is filled up with', () => {
    assert.equal(longestDocument(makeBatch(rows, [Int32Array.of(0, 4), Int32Array.of(0, 3)])), 7);
    assert.equal(longestDocument(makeBatch(rows, [Int32Array.of(0, 4, 8), Int32Array.of(0, 3, 5)])), 5);
  });
});

describe('groups of documents', () => {
  it('have every document once, none longer than its group', () => {
    const random = seededRandom(1);
    const documents = oneAfterTheOther(Array.from({ length: 50 }, () => 1 + Math.floor(random() * 300)));
    const groups = groupDocuments(documents);
    assert.deepEqual(
      groups.flatMap((group) => group.documents).sort((a, b) => a.first - b.first),
      documents,
    );
    assert.ok(groups.every((group) => group.documents.every(({ length }) => length <= group.length)));
  });

  it('are one where all are alike, and few where all are short', () => {
    assert.equal(groupDocuments(oneAfterTheOther(Array.from({ length: 16 }, () => 64))).length, 1);
    assert.equal(groupDocuments(oneAfterTheOther([1, 2, 3, 4, 5, 6, 7, 8])).length, 1);
  });

  it('compute little more than the scores within documents, where these are many', () => {
    const random = seededRandom(2);
    const drawn = oneAfterTheOther(Array.from({ length: 200 }, () => 20 + Math.floor(random() * 400)));
    assert.ok(overhead(drawn) < 1.15, `${overhead(drawn)}`);
    const beside = oneAfterTheOther([2000, ...Array.from({ length: 30 }, () => 64)]);
    assert.equal(overhead(beside), 1);
  });
});
