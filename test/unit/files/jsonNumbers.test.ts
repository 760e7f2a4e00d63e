import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { jsonWithNumbersOf } from '../../../src/shared/common/jsonNumbers';

describe('JSON made from another JSON text', () => {
  it('has the numbers of that text as they were, by key, and new ones as JavaScript writes them', () => {
    const source =
      '{"cap": 30.0, "eps": 1e-05, "same": 30, "text": "a \\"cap\\": 30.0", "of": {"factors": [1.0, 2.5, 1]}, "big": 1e6}';
    const value = JSON.parse(source) as Record<string, unknown>;
    const made = jsonWithNumbersOf(source, { ...value, of: { factors: [1, 1, 2.5] }, layers: 6, big: 7 });
    assert.equal(
      made.replace(/\s+/g, ' '),
      '{ "cap": 30.0, "eps": 1e-05, "same": 30, "text": "a \\"cap\\": 30.0", "of": { "factors": [ 1.0, 1.0, 2.5 ] }, "big": 7, "layers": 6 }',
    );
    assert.deepEqual(JSON.parse(jsonWithNumbersOf(source, value)), value);
  });
});
