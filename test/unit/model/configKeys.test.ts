import assert from 'node:assert/strict';
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { parseModelConfig } from '../../../src/shared/model/config';
import { ignoredKeys } from '../../../src/shared/model/configKeys';
import { closing, unchanging, withModel } from '../../../src/trainer/executor/withModel';
import { openExecutor } from '../../../src/trainer/openExecutor';
import { expectInputError } from '../../support/expectInputError';
import { projectRoot } from '../../support/projectRoot';
import { temporaryFolder } from '../../support/temporaryFolder';

const SAMPLE = join(projectRoot, 'media/sample/model');
const CONFIG = JSON.parse(readFileSync(join(SAMPLE, 'config.json'), 'utf8')) as Record<string, unknown>;

function parsed(change: Readonly<Record<string, unknown>>): ReturnType<typeof parseModelConfig> {
  return parseModelConfig({ ...CONFIG, ...change }, 'config.json');
}

describe('a key of config.json', () => {
  it('that transformers reads for every family is refused by name where it changes what is computed', () => {
    for (const value of [false, null, 0]) {
      expectInputError(() => parsed({ is_causal: value }), '"is_causal"', JSON.stringify(value));
    }
    expectInputError(() => parsed({ text_config: { hidden_size: 8 } }), '"text_config"');
    expectInputError(() => parsed({ quantization_config: { bits: 4 } }), '"quantization_config"');
    for (const change of [{ is_causal: true }, { text_config: null }, { quantization_config: null }]) {
      assert.equal(parsed(change).family, CONFIG.model_type);
    }
  });

  it('of a rotation is refused where these families cannot have it', () => {
    const part = { rope_type: 'yarn', factor: 4, partial_rotary_factor: 0.5 };
    expectInputError(() => parsed({ rope_scaling: part }), '"rope_scaling.partial_rotary_factor"', '0.5');
    expectInputError(() => parsed({ rope_scaling: { type: 'yarn' } }), '"rope_scaling.factor"', 'missing');
  });

  it('is ignored by the families whose class never reads it, and by no other', () => {
    const raw = { mlp_bias: false, sliding_window: 4, max_window_layers: 2, num_experts: 0, use_cache: true };
    assert.deepEqual(ignoredKeys('llama', raw), ['sliding_window', 'max_window_layers', 'num_experts']);
    assert.deepEqual(ignoredKeys('mistral', raw), ['mlp_bias', 'max_window_layers', 'num_experts']);
    assert.deepEqual(ignoredKeys('qwen3', raw), ['mlp_bias', 'num_experts']);
  });

  it('that is ignored is named in the log', async (t) => {
    const folder = temporaryFolder(t);
    cpSync(SAMPLE, folder, { recursive: true });
    writeFileSync(join(folder, 'config.json'), JSON.stringify({ ...CONFIG, num_experts: 0, norm_eps: 0.5 }));
    const lines: string[] = [];
    const task = { report: () => undefined, log: (line: string) => lines.push(line) };
    await closing(await openExecutor({ engine: 'wasm' }), (executor) =>
      withModel(executor, unchanging(folder), task, () => undefined),
    );
    const named = lines.filter((line) => line.startsWith(join(folder, 'config.json')));
    assert.equal(named.length, 1);
    assert.match(named[0] ?? '', /"num_experts", "norm_eps" are not read by a \w+ model/);
  });
});
