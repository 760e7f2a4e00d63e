import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import type { ExportDtype } from '../../../src/shared/config/runConfig';
import { STORED_AS, type FloatType } from '../../../src/shared/model/floatType';
import { parseModelOutline } from '../../../src/shared/model/outline';
import { notableLoss } from '../../../src/shared/run/losses';
import { exportedWeights, withFloatType } from '../../../src/trainer/jobs/model/exportedWeights';
import { TensorStore } from '../../../src/trainer/safetensors/safetensors';
import {
  float32Source,
  writeSafetensors,
  zeroSource,
} from '../../../src/trainer/safetensors/safetensorsWriter';
import { temporaryFolder } from '../../support/temporaryFolder';

const LAYER = 'model.layers.1';

/** What an export holds of a source with these types, of which the second layer was trained. */
function exported(
  t: TestContext,
  types: { readonly matrices: FloatType; readonly norms: FloatType; readonly frozenNorm?: FloatType },
  { dtype = 'auto', declared }: { readonly dtype?: ExportDtype; readonly declared?: FloatType } = {},
): { type: FloatType; dtypes: Record<string, string> } {
  const folder = temporaryFolder(t);
  const { matrices, norms, frozenNorm = norms } = types;
  const [base, delta] = [join(folder, 'base.safetensors'), join(folder, 'delta.safetensors')];
  writeSafetensors(base, [
    zeroSource('model.embed_tokens.weight', STORED_AS[matrices], [4, 2]),
    zeroSource('model.layers.0.mlp.down_proj.weight', STORED_AS[matrices], [2, 2]),
    zeroSource('model.layers.0.input_layernorm.weight', STORED_AS[frozenNorm], [2]),
    zeroSource('model.layers.0.self_attn.rotary_emb.inv_freq', 'F32', [1]),
    zeroSource(`${LAYER}.mlp.down_proj.weight`, STORED_AS[matrices], [2, 2]),
    zeroSource(`${LAYER}.input_layernorm.weight`, STORED_AS[norms], [2]),
  ]);
  writeSafetensors(delta, [
    float32Source(`${LAYER}.mlp.down_proj.weight`, [2, 2], new Float32Array(4)),
    float32Source(`${LAYER}.input_layernorm.weight`, [2], new Float32Array(2)),
  ]);
  const raw = {
    ...{ model_type: 'other', vocab_size: 4, hidden_size: 2, num_hidden_layers: 2 },
    ...(declared === undefined ? {} : { dtype: declared }),
  };
  const stores = { base: TensorStore.openFile(base), delta: TensorStore.openFile(delta) };
  const { type, sources } = exportedWeights({
    ...{ config: parseModelOutline(raw, 'config.json'), ...stores, kept: [0, 1], added: [1], alpha: 1 },
    ...{ dtype, dtypeLabel: '--dtype' },
  });
  stores.base.close();
  stores.delta.close();
  return { type, dtypes: Object.fromEntries(sources.map((source) => [source.name, source.dtype])) };
}

describe('the type of an export', () => {
  it("is each tensor's own in the source, and config.json says it", (t) => {
    const { type, dtypes } = exported(
      t,
      { matrices: 'bfloat16', norms: 'bfloat16' },
      { declared: 'float32' },
    );
    assert.equal(type, 'bfloat16');
    assert.equal(dtypes[`${LAYER}.mlp.down_proj.weight`], 'BF16');
    assert.equal(dtypes['model.layers.0.self_attn.rotary_emb.inv_freq'], 'F32', 'a buffer is no weight');
  });

  it('is said so that loading rounds nothing that was trained, where a source has several', (t) => {
    const matrices = 'bfloat16';
    const trained = exported(t, { matrices, norms: 'float32' }, { declared: 'bfloat16' });
    assert.equal(trained.type, 'float32');
    assert.equal(trained.dtypes[`${LAYER}.mlp.down_proj.weight`], 'BF16');
    assert.equal(trained.dtypes[`${LAYER}.input_layernorm.weight`], 'F32');
    // What is frozen stays as it is, and as the source says of it.
    const frozen = { matrices, norms: 'bfloat16', frozenNorm: 'float32' } as const;
    assert.equal(exported(t, frozen, { declared: 'bfloat16' }).type, 'bfloat16');
    assert.equal(exported(t, frozen).type, 'float32');
    // Neither of the two narrow types holds all of the other.
    assert.equal(exported(t, { matrices, norms: 'float16' }, { declared: 'bfloat16' }).type, 'float32');
  });

  it('is one for all weights where it is asked for', (t) => {
    const { type, dtypes } = exported(t, { matrices: 'bfloat16', norms: 'float32' }, { dtype: 'float16' });
    assert.equal(type, 'float16');
    const { 'model.layers.0.self_attn.rotary_emb.inv_freq': buffer, ...weights } = dtypes;
    assert.deepEqual([...new Set(Object.values(weights))], ['F16']);
    assert.equal(buffer, 'F32');
  });

  it("is written in the source's spelling", () => {
    assert.deepEqual(withFloatType({ a: 1, dtype: 'float32' }, 'bfloat16'), { a: 1, dtype: 'bfloat16' });
    assert.deepEqual(withFloatType({ torch_dtype: null, dtype: 'float16' }, 'bfloat16'), {
      torch_dtype: 'bfloat16',
      dtype: 'bfloat16',
    });
    assert.deepEqual(withFloatType({ a: 1 }, 'float16'), { a: 1, torch_dtype: 'float16' });
    const nested = { dtype: 'float32', text_config: { torch_dtype: 'float32', b: 2 } };
    assert.deepEqual(withFloatType(nested, 'bfloat16'), {
      dtype: 'bfloat16',
      text_config: { torch_dtype: 'bfloat16', b: 2 },
    });
  });
});

describe('what rounding takes of the gain', () => {
  const losses = (before: number, tuned: number, after: number | null): Parameters<typeof notableLoss>[0] => {
    const of = (domainLoss: number | null) => ({ domainLoss, generalLoss: 1 });
    return { before: of(before), tuned: of(tuned), after: of(after) };
  };

  it('is worth a warning above a twentieth', () => {
    assert.equal(notableLoss(losses(2, 1, 1.5)), 0.5);
    assert.equal(notableLoss(losses(2, 1, 1.03125)), undefined);
    assert.equal(notableLoss(losses(2, 1, 1.0625)), 0.0625);
    assert.equal(notableLoss(losses(2, 1, 2.5)), 1.5);
  });

  it('is nothing where nothing was gained, or is not known', () => {
    assert.equal(notableLoss(losses(2, 2, 2.5)), undefined);
    assert.equal(notableLoss(losses(2, 3, 2.5)), undefined);
    assert.equal(notableLoss(losses(2, 1, null)), undefined);
  });
});
