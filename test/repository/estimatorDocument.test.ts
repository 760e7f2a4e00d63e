import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import * as v from 'valibot';
import { estimate } from '../../src/shared/estimate/estimate';
import { ENGINE_COSTS } from '../../src/shared/estimate/engineCosts';
import { projectRoot } from '../support/projectRoot';
import { configOfShape } from '../support/shapedModel';

const count = v.pipe(v.number(), v.integer());
const Comparison = v.object({ estimated: v.number(), measured: v.number(), error: v.number() });

/** What `npm run bench:estimator` writes, as far as it is read here. */
const Results = v.object({
  results: v.array(
    v.object({
      what: v.string(),
      engine: v.picklist(['native', 'wasm', 'torch']),
      /** Whether steps were timed, since there was no analysis. */
      timed: v.optional(v.boolean(), false),
      frozenWeights: v.optional(v.picklist(['float32', 'bfloat16']), 'float32'),
      shape: v.object({
        family: v.optional(v.picklist(['llama', 'qwen3'])),
        vocab: count,
        hidden: count,
        mlp: count,
        layers: count,
        heads: count,
        keyValueHeads: count,
        tied: v.boolean(),
      }),
      expanded: v.array(count),
      size: v.object({ batchSize: count, seqLen: count }),
      memory: Comparison,
      seconds: Comparison,
      runs: v.array(
        v.object({
          price: v.object({ memoryBytes: v.number(), secondsPerStep: v.number() }),
          speed: v.optional(v.object({ flopsPerSecond: v.number(), engine: v.picklist(['native', 'wasm']) })),
        }),
      ),
    }),
  ),
});

const document = readFileSync(join(projectRoot, 'docs/estimator.md'), 'utf8');
const { results } = v.parse(
  Results,
  JSON.parse(readFileSync(join(projectRoot, 'bench/results/estimator.json'), 'utf8')),
);

function percent(share: number): string {
  return `${share >= 0 ? '+' : '−'}${Math.abs(share * 100).toFixed(1)}%`;
}

describe('the page about the estimator', () => {
  it('holds measurements of three shapes and every engine, within 15 % of memory and 25 % of time', () => {
    assert.ok(results.filter(({ engine }) => engine === 'native').length >= 3);
    assert.ok(results.some(({ engine }) => engine === 'wasm'));
    assert.ok(results.some(({ engine, timed }) => engine === 'torch' && timed));
    // As large as people bring, with matrices as they are stored, and no analysis.
    assert.ok(
      results.some(
        ({ shape, frozenWeights: frozen, timed }) => timed && frozen === 'bfloat16' && shape.hidden >= 2048,
      ),
    );
    for (const { what, memory, seconds } of results) {
      assert.ok(Math.abs(memory.error) <= 0.15, `${what}: memory ${percent(memory.error)}`);
      assert.ok(Math.abs(seconds.error) <= 0.25, `${what}: time ${percent(seconds.error)}`);
    }
  });

  it('is of the estimator as it is: measure again after it changed (npm run bench:estimator)', () => {
    // Of torch everything is measured.
    for (const { what, shape, expanded, size, engine, frozenWeights: frozen, timed, runs } of results) {
      const tune = { ...size, gradAccum: 1, full: false };
      for (const { price, speed } of engine === 'torch' ? [] : runs) {
        const now = estimate({ config: configOfShape(shape), expanded, tune, engine, frozen, speed });
        assert.equal(now.memoryBytes, price.memoryBytes, what);
        assert.equal(now.secondsPerStep, timed ? undefined : price.secondsPerStep, what);
      }
    }
  });

  it('shows what was measured', () => {
    for (const { what, engine, size, expanded, memory, seconds } of results) {
      const cells = [
        ...[what, engine, `${size.batchSize} × ${size.seqLen}`, expanded.join(', ')],
        ...[memory.estimated, memory.measured].map((bytes) => (bytes / 1e6).toFixed(0)),
        percent(memory.error),
        ...[seconds.estimated.toFixed(3), seconds.measured.toFixed(3), percent(seconds.error)],
      ];
      assert.ok(document.includes(`| ${cells.join(' | ')} |`), cells.join(' | '));
    }
  });

  it('names the constants that are in use', () => {
    const megabytes = (bytes: number): string => `${bytes / 1e6} MB`;
    const { native, wasm } = ENGINE_COSTS;
    assert.ok(
      document.includes(`${megabytes(native.memory.process)} native, ${megabytes(wasm.memory.process)} wasm`),
    );
    for (const { memory } of [native, wasm]) {
      assert.ok(document.includes(`| checkpoint | ${megabytes(memory.checkpointLimit)}:`));
      assert.ok(document.includes(`| spread | ${memory.spread}:`));
    }
  });
});
