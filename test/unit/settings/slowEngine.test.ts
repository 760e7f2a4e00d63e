import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import * as v from 'valibot';
import { EMBEDDED_SLOWDOWN, slowEngineText } from '../../../src/shared/engines/slowEngine';
import { ENGLISH } from '../../../src/shared/common/localizer';
import { projectRoot } from '../../support/projectRoot';

const Measured = v.object({
  results: v.array(
    v.object({
      engine: v.string(),
      runs: v.array(v.object({ speed: v.optional(v.object({ flopsPerSecond: v.number() })) })),
    }),
  ),
});

describe('a large model on the embedded engine', () => {
  it('is warned of, with the factor that was measured', () => {
    const file = join(projectRoot, 'bench/results/estimator.json');
    const { results } = v.parse(Measured, JSON.parse(readFileSync(file, 'utf8')));
    const median = (engine: string): number => {
      const speeds = results
        .filter((one) => one.engine === engine)
        .flatMap(({ runs }) => runs.flatMap(({ speed }) => speed?.flopsPerSecond ?? []))
        .sort((a, b) => a - b);
      return speeds[Math.floor(speeds.length / 2)] ?? NaN;
    };
    assert.equal(Math.round(median('native') / median('wasm')), EMBEDDED_SLOWDOWN);
    const said = slowEngineText(135e6, 'auto', { auto: 'wasm' }, ENGLISH);
    assert.match(said ?? '', /about 12 times as slowly as the native one/);
    assert.equal(slowEngineText(135e6, 'wasm', { auto: 'native' }, ENGLISH), said);
  });

  it('is none where another engine computes, the model is small, or nobody knows how large it is', () => {
    assert.equal(slowEngineText(135e6, 'auto', { auto: 'native' }, ENGLISH), undefined);
    assert.equal(slowEngineText(135e6, 'torch', { auto: 'wasm' }, ENGLISH), undefined);
    assert.equal(slowEngineText(40e6, 'wasm', { auto: 'wasm' }, ENGLISH), undefined);
    assert.equal(slowEngineText(undefined, 'wasm', { auto: 'wasm' }, ENGLISH), undefined);
  });
});
