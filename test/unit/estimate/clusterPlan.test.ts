import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as v from 'valibot';
import { ClusterFile } from '../../../src/shared/cluster/clusterFile';
import { planOnCluster, stepFlops, type ClusterRun } from '../../../src/shared/estimate/cluster/clusterPlan';
import { rankMemory, weightBytes } from '../../../src/shared/estimate/cluster/rankMemory';
import { parameterCount, parametersPerLayer } from '../../../src/shared/model/architecture';
import { configOfShape } from '../../support/shapedModel';

/** 8 layers of 1024, four heads on two: 12.6 million parameters each. */
const config = configOfShape({
  ...{ vocab: 32000, hidden: 1024, mlp: 2816, layers: 8, heads: 8, keyValueHeads: 2, tied: true },
});
const PER_LAYER = parametersPerLayer(config);
const OUTER = parameterCount({ ...config, numHiddenLayers: 0 });
const run: ClusterRun = {
  ...{ config, expanded: [5, 6], full: false, seqLen: 512, tokens: 2 ** 20, sequencesPerStep: 64 },
};
const cluster = (more: object = {}): ClusterFile =>
  v.parse(ClusterFile, {
    ...{ format: 'adept.cluster/1', nodes: 1, gpusPerNode: 4 },
    gpu: { name: 'Small', memoryGB: 24, bfloat16Teraflops: 100, utilization: 0.5 },
    ...more,
  });

describe('a plan on a cluster', () => {
  it('counts what is frozen, trained and sharded of each GPU', () => {
    assert.equal(weightBytes(run, 'none', 1), 2 * OUTER + 8 * PER_LAYER * 2 + 2 * PER_LAYER * 18);
    assert.equal(weightBytes(run, 'trained', 4), 2 * OUTER + 8 * PER_LAYER * 2 + (2 * PER_LAYER * 18) / 4);
    assert.equal(weightBytes(run, 'all', 4), (2 * OUTER + 8 * PER_LAYER * 2 + 2 * PER_LAYER * 18) / 4);
    const full = { ...run, expanded: [], full: true };
    assert.equal(weightBytes(full, 'none', 1), 18 * (OUTER + 8 * PER_LAYER));
    assert.equal(weightBytes(full, 'trained', 4), (18 * (OUTER + 8 * PER_LAYER)) / 4);
  });

  it('keeps activations from the lowest copy up, unless they are computed again', () => {
    const spread = { sharding: 'none', ranks: 1 } as const;
    const kept = rankMemory(run, { ...spread, recompute: false }, 2).activations;
    // Copies lie at 6 and 8 of ten layers.
    assert.equal(kept, 2 * 512 * (14 * 1024 + 4 * 2816) * 4 * 2);
    assert.ok(rankMemory(run, { ...spread, recompute: true }, 2).activations < kept / 2);
  });

  it('counts two operations for each multiply and add, and none below the lowest copy on the way back', () => {
    const attention = 1024 * 512;
    const perToken =
      10 * (PER_LAYER + attention) + 4 * (PER_LAYER + 2 * attention) + 2 * PER_LAYER + 2 * 32000 * 1024;
    assert.equal(stepFlops(run, 1000, false), 2000 * perToken);
    assert.equal(stepFlops(run, 1000, true), 2000 * (perToken + 4 * (PER_LAYER + attention)));
  });

  it('shares sequences out, and takes time for arithmetic and the network', () => {
    const plan = planOnCluster(run, cluster({ pricePerGpuHour: 3 }));
    assert.deepEqual([plan.gpus, plan.sharding, plan.recompute, plan.steps], [4, 'trained', false, 32]);
    assert.equal(plan.batchSize * plan.gradAccum, 64);
    const compute = stepFlops(run, 16 * 512, false) / 50e12;
    assert.equal(plan.secondsPerStep.compute, compute);
    // Two copies gathered twice in bfloat16, their gradients scattered in float32.
    const bytes = 2 * 2 * PER_LAYER * 2 + 2 * PER_LAYER * 4;
    const expected = (plan.gradAccum * bytes * 0.75) / 300e9;
    assert.ok(Math.abs(plan.secondsPerStep.communication / expected - 1) < 1e-12);
    const hours = (32 * (compute + expected)) / 3600;
    assert.ok(Math.abs(plan.hours / hours - 1) < 1e-12);
    assert.ok(Math.abs((plan.cost ?? 0) / (hours * 4 * 3) - 1) < 1e-12);
    assert.equal(plan.limit, 'compute');
  });

  it('has settings that are exactly the sequences of a step, on one GPU and with fewer sequences than GPUs', () => {
    const settings = (sequencesPerStep: number, more: object = {}): unknown[] => {
      const plan = planOnCluster({ ...run, sequencesPerStep }, cluster(more));
      assert.equal(plan.batchSize * plan.gradAccum, sequencesPerStep);
      return [plan.batchSize, plan.gradAccum, plan.microBatch, plan.limit];
    };
    assert.deepEqual(settings(12), [12, 1, 3, 'compute']);
    assert.deepEqual(settings(3), [3, 1, 1, 'sequences of a step']);
    assert.deepEqual(settings(2), [2, 1, 1, 'sequences of a step']);
    assert.deepEqual(settings(7, { gpusPerNode: 1 }), [7, 1, 7, 'compute']);
  });

  it('gathers and scatters embedding and head, tied ones twice, and layers in every pass', () => {
    const full = { ...run, expanded: [], full: true };
    const communication = (sequencesPerStep: number): [number, number] => {
      const { secondsPerStep, gradAccum } = planOnCluster({ ...full, sequencesPerStep }, cluster());
      return [secondsPerStep.communication * 300e9, gradAccum];
    };
    for (const sequences of [4, 2048]) {
      const [bytes, passes] = communication(sequences);
      const layers = 8 * PER_LAYER * (2 * 2 + 4);
      const outer = 2 * 32000 * 1024 * (2 + 4);
      assert.ok(Math.abs(bytes / (passes * (layers + outer) * 0.75) - 1) < 1e-12);
    }
    assert.ok(communication(2048)[1] > 1);
  });

  it('shards everything where what is frozen does not fit, and says so where nothing does', () => {
    const tight = cluster({
      gpu: { name: 'Tiny', memoryGB: 0.4, bfloat16Teraflops: 100 },
    });
    const plan = planOnCluster(run, tight);
    assert.deepEqual(
      [plan.sharding, plan.microBatch, plan.hours, plan.limit],
      ['all', 0, Infinity, 'memory'],
    );
    assert.equal(planOnCluster(run, cluster({ nodes: 32 })).limit, 'sequences of a step');
  });

  it('reads names of machines, and refuses what it does not know', () => {
    assert.equal(planOnCluster(run, cluster({ nodes: ['a', 'b'] })).gpus, 8);
    for (const wrong of [{ gpu: 'RTX' }, { nodes: 0 }, { nodes: [] }, { launcher: 'pbs' }, { gpus: 3 }]) {
      assert.throws(() => cluster(wrong), v.ValiError);
    }
  });
});
