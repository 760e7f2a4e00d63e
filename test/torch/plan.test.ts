import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as v from 'valibot';
import { stepFlops } from '../../src/shared/estimate/cluster/clusterPlan';
import {
  depthOf,
  TORCH_COSTS,
  weightBytes,
  type RankLoad,
} from '../../src/shared/estimate/cluster/rankMemory';
import { parameterCount, parametersPerLayer } from '../../src/shared/model/architecture';
import { parseModelConfig } from '../../src/shared/model/config';
import { runPython } from '../support/loadedPython';
import { TORCH_MISSING } from '../support/torchPython';

const SCRIPT = `
import json, sys
from adept_torch import head, opening, sharding
from bench.shapes import QWEN3_1_7B, step_flops
frozen, trained, outer = map(int, sys.argv[1:])
print(json.dumps({
    "costs": {"trainedBytes": sharding.TRAINED_BYTES, "share": sharding._SHARE, "keptHidden": opening._KEPT_HIDDEN,
              "keptMlp": opening._KEPT_MLP, "chunkValues": head._CHUNK_VALUES["cuda"]},
    "needed": [sharding.needed_bytes(sizes, kind, 8, 2)
               for sizes in (sharding.Sizes(frozen, trained, outer, False), sharding.Sizes(0, frozen, outer, True))
               for kind in ("none", "trained", "all")],
    "flops": step_flops(QWEN3_1_7B, 1000, 2048, full=False, kept=False),
}))
`;
const Said = v.object({
  costs: v.record(v.string(), v.number()),
  needed: v.array(v.number()),
  flops: v.number(),
});

const config = parseModelConfig(
  {
    ...{ model_type: 'qwen3', vocab_size: 151936, hidden_size: 2048, intermediate_size: 6144 },
    ...{ num_hidden_layers: 28, num_attention_heads: 16, num_key_value_heads: 8, head_dim: 128 },
    ...{ max_position_embeddings: 32768, tie_word_embeddings: true },
  },
  'config.json',
);
const load: RankLoad = { config, expanded: [19, 21, 23, 25], full: false, seqLen: 2048 };

describe('what the planner knows of the torch executor', { skip: TORCH_MISSING }, () => {
  it('is what the executor goes by', () => {
    const { layers, trained } = depthOf(load);
    const perLayer = parametersPerLayer(config);
    const outer = parameterCount({ ...config, numHiddenLayers: 0 });
    const numbers = [(layers - trained) * perLayer, trained * perLayer, outer];
    assert.equal(layers - trained, config.numHiddenLayers);
    const said = v.parse(Said, JSON.parse(runPython(SCRIPT, ...numbers.map(String))));
    assert.deepEqual(said.costs, { ...TORCH_COSTS });
    assert.deepEqual(
      said.needed,
      [load, { ...load, full: true }].flatMap((one) =>
        (['none', 'trained', 'all'] as const).map((sharding) => weightBytes(one, sharding, 8)),
      ),
    );
    // That of the measurement leaves norms out.
    assert.ok(Math.abs(stepFlops(load, 1000, false) / said.flops - 1) < 1e-3);
  });
});
