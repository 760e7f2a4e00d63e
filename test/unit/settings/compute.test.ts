import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { writeTorchCompute } from '../../../src/node/job/runConfigEdit';
import { engineText, isSetUp, type EngineState } from '../../../src/shared/engines/engineState';
import { computeHere, defaultCompute, readCompute } from '../../../src/shared/launch/computeForm';
import { ENGLISH } from '../../../src/shared/common/localizer';
import { temporaryFolder } from '../../support/temporaryFolder';

const NOTHING: EngineState = { auto: 'wasm', native: null, torch: null };
const FACTS = {
  ...{ python: '3.12.1', versions: { torch: '2.9.0' }, device: 'NVIDIA H200', gpus: 2, cuda: '12.8' },
  ...{ metal: false, bfloat16: true },
};

describe('what an engine is on a machine', () => {
  const texts = (state: EngineState): string[] =>
    (['auto', 'native', 'torch'] as const).map((engine) => engineText(engine, state, ENGLISH));

  it('is said with version and device, or that it is not set up', () => {
    assert.deepEqual(texts(NOTHING), [
      'now Embedded: WebAssembly on one thread, for small models',
      'not set up',
      'not set up',
    ]);
    const native = { libtensorflow: '2.21.0', variant: 'gpu' } as const;
    const torch = { interpreter: '/python', gpus: 2, facts: FACTS };
    assert.deepEqual(texts({ auto: 'torch', native, torch }), [
      'now PyTorch: PyTorch 2.9.0 on 2 × NVIDIA H200',
      'libtensorflow 2.21.0 on an NVIDIA GPU',
      'PyTorch 2.9.0 on 2 × NVIDIA H200',
    ]);
    // ADEPT_DEVICE keeps the GPUs from it.
    assert.equal(texts({ ...NOTHING, torch: { ...torch, gpus: 0 } })[2], 'PyTorch 2.9.0 on the processor');
    assert.equal(texts({ ...NOTHING, torch: { ...torch, facts: null } })[2], 'set up by an earlier version');
    assert.deepEqual(
      (['auto', 'wasm', 'native', 'torch'] as const).map((engine) => isSetUp(engine, NOTHING)),
      [true, true, false, false],
    );
  });
});

describe('what computes, as the form says it', () => {
  it('leaves out what is at its default, and what no engine but torch has', () => {
    const read = (changes: object): unknown => readCompute({ ...defaultCompute(), ...changes }, ENGLISH);
    assert.deepEqual(read({}), { compute: { engine: 'auto' }, problems: [] });
    const two = { engine: 'torch', ranks: ' 2 ', dtype: 'float32' };
    assert.deepEqual(read(two), { compute: { engine: 'torch', ranks: 2, dtype: 'float32' }, problems: [] });
    assert.deepEqual(read({ ...two, engine: 'wasm', ranks: 'x' }), {
      ...{ compute: { engine: 'wasm' }, problems: [] },
    });
    assert.deepEqual(read({ engine: 'torch', ranks: '1.5', dtype: 'half' }), {
      compute: { engine: 'torch' },
      problems: [
        ['ranks', 'Give a whole number of at least 1.'],
        ['dtype', 'Give one of auto, float32, bfloat16.'],
      ],
    });
    const auto = { engine: 'auto', ranks: 2 } as const;
    assert.deepEqual(computeHere(auto, NOTHING), { engine: 'auto' });
    assert.deepEqual(computeHere(auto, { ...NOTHING, auto: 'torch' }), auto);
  });
});

describe('ranks written into a *.adept.json', () => {
  it('leave comments and other lines as they are, and nothing is said of what is automatic', (t) => {
    const file = join(temporaryFolder(t), 'a.adept.json');
    const text = '{\n  // why\n  "model": "m", // small\n  "engine": "wasm",\n  "tune": { "steps": 1 },\n}\n';
    writeFileSync(file, text);
    writeTorchCompute(file, { ranks: 4, dtype: 'bfloat16' });
    const written = readFileSync(file, 'utf8');
    assert.equal(
      written.replace(/,?\s*"ranks": 4,\s*"dtype": "bfloat16"/, ''),
      text.replace('"wasm"', '"torch"'),
      written,
    );
    writeTorchCompute(file, { ranks: 2, dtype: 'auto' });
    assert.match(readFileSync(file, 'utf8'), /"ranks": 2/);
    assert.doesNotMatch(readFileSync(file, 'utf8'), /dtype/);
  });
});
