import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { firstRates, ratePreview } from '../../../src/shared/launch/ratePreview';
import { importanceFile } from '../../support/importanceFile';
import { tuneSettings } from '../../support/settings';

/** Units of layer 0 lie between 0 and 1, those of layer 2 between 2 and 3, those of layer 1 far away. */
const importance = importanceFile([1, 1, 1], (layer, index) => (layer === 1 ? 100 : layer + index / 8));
const ratesOf = (
  ...given: Parameters<typeof firstRates>
): { layer: number; source: number; learningRate: number }[] => {
  const preview = firstRates(...given);
  assert.ok(preview.known);
  return preview.rates.map(({ layer, source, learningRate }) => ({ layer, source, learningRate }));
};

describe('the preview of learning rates', () => {
  it('gives each copy, in its place above its source, the rates of the source among those chosen', () => {
    const rates = ratesOf(importance, [2, 0, 2], tuneSettings({ learningRate: 0.25 }));
    // 9 units of llama a layer. Importance from 0 to 3: 2·(1 − importance / 3) of the base.
    const expected = [0, 2].flatMap((source, below) =>
      Array.from({ length: 9 }, (_, index) => ({
        layer: source + below + 1,
        source,
        learningRate: 2 * (1 - (source + index / 8) / 3) * 0.25,
      })),
    );
    assert.deepEqual(rates, expected);
  });

  it('says why it knows nothing', () => {
    const settings = { steps: 5, learningRate: 0.25 };
    const why = (...given: Parameters<typeof ratePreview>): string => {
      const preview = ratePreview(...given);
      return preview.known ? `known, of ${preview.baseLearningRate}` : preview.why;
    };
    assert.equal(why(importance, [], { settings }), 'no layers');
    assert.equal(why(importance, [0], { settings: { steps: 5 } }), 'settings');
    assert.equal(why({ ...importance, unitDefinition: 'paper' }, [0], { settings }), 'measured again');
    // Equal rates need no importance.
    const equal = { settings: { ...settings, unitRates: 'equal' } };
    assert.equal(why({ ...importance, unitDefinition: 'paper' }, [0], equal), 'known, of 0.25');
    assert.equal(why(importance, [0], { settings }), 'known, of 0.25');
  });
});
