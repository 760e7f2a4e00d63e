import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as v from 'valibot';
import { ClusterFile } from '../../../src/shared/cluster/clusterFile';
import { planOnCluster } from '../../../src/shared/estimate/cluster/clusterPlan';
import { clusterPrice } from '../../../src/shared/launch/clusterPrice';
import { configOfShape } from '../../support/shapedModel';

const config = configOfShape({
  ...{ vocab: 1000, hidden: 64, mlp: 128, layers: 6, heads: 4, keyValueHeads: 2, tied: true },
});
const model = { known: true, config, inBfloat16: false } as const;
const cluster = v.parse(ClusterFile, { format: 'adept.cluster/1', nodes: 1, gpusPerNode: 4, gpu: 'A100' });
const found = { found: true, cluster } as const;
const settings = { steps: 50, batchSize: 16, seqLen: 128 };

describe("the plan's price on GPUs", () => {
  it("is that of the form's run", () => {
    const price = clusterPrice(model, [2, 4], { settings }, found);
    assert.ok(price?.known);
    assert.equal(price.tokens, 50 * 16 * 128);
    const run = { config, expanded: [2, 4], full: false, seqLen: 128, tokens: 50 * 16 * 128 };
    assert.deepEqual(price.plan, planOnCluster({ ...run, sequencesPerStep: 16 }, cluster));
  });

  it('is not there without a file, marked layers, steps or a model; a broken file is said', () => {
    assert.equal(clusterPrice(model, [2], { settings }, null), undefined);
    assert.equal(clusterPrice(model, [], { settings }, found), undefined);
    assert.equal(clusterPrice(model, [2], { settings: {} }, found), undefined);
    assert.equal(clusterPrice({ known: false, problem: 'gone' }, [2], { settings }, found), undefined);
    const broken = { found: false, problem: 'x.json: wrong.' } as const;
    assert.deepEqual(clusterPrice(model, [], { settings }, broken), {
      known: false,
      problem: 'x.json: wrong.',
    });
  });
});
