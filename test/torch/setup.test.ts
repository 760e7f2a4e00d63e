import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { adeptResult, runAdept } from '../support/command';
import { fakePython } from '../support/fakeRank0';
import { projectRoot } from '../support/projectRoot';
import { temporaryFolder } from '../support/temporaryFolder';
import { TORCH_ENV, TORCH_MISSING, TORCH_PYTHON } from '../support/torch';

const sample = (name: string): string => join(projectRoot, 'media/sample', name);

describe('adept setup --torch', { skip: TORCH_MISSING }, () => {
  it('says what the Python has, and the engine torch then computes what wasm does', async (t) => {
    const env = { ...TORCH_ENV, ADEPT_HOME: temporaryFolder(t), VIRTUAL_ENV: '', CONDA_PREFIX: '' };
    const data = [
      ...['eval', '--model', sample('model'), '--data', sample('general-eval.txt')],
      ...['--seq-len', 32, '--max-sequences', 6, '--batch-size', 3],
    ];
    const before = await runAdept([...data, '--engine', 'torch'], { env });
    assert.deepEqual([before.status, before.stdout], [1, '']);
    assert.match(before.stderr, /PyTorch is not set up: run "adept setup --torch"/);
    const setup = await adeptResult(['setup', '--torch', '--python', TORCH_PYTHON], { env });
    assert.deepEqual([setup.interpreter, setup.engine, setup.ranks], [TORCH_PYTHON, 'torch', 1]);
    assert.match(
      JSON.stringify(setup.versions),
      /"torch":"\d+\.\d+.*"transformers":"\d+.*"safetensors":"\d+/,
    );
    const options = ['--engine', 'torch', '--dtype', 'float32'];
    const { loss } = await adeptResult([...data, ...options], { env });
    const { loss: expected } = await adeptResult([...data, '--engine', 'wasm']);
    assert.ok(Math.abs(Number(loss) / Number(expected) - 1) < 1e-4, `${String(loss)}, ${String(expected)}`);
  });
});

describe('options of the engine torch', () => {
  it('start as many processes under torchrun as were asked for', async (t) => {
    const python = fakePython(t, {
      start: ({ hello }) => {
        hello({ description: { device: process.argv.slice(2).join(' '), ranks: 3 } });
      },
    });
    const home = temporaryFolder(t);
    mkdirSync(join(home, 'torch'));
    writeFileSync(join(home, 'torch', 'torch.json'), JSON.stringify({ format: 'adept.torch/1', python }));
    const options = ['engine', '--engine', 'torch', '--ranks', 3];
    const { device, ranks } = await adeptResult(options, { env: { ADEPT_HOME: home } });
    assert.equal(ranks, 3);
    assert.equal(device, '-m torch.distributed.run --standalone --nproc-per-node 3 -m adept_torch');
  });

  const wrong = [
    [['--ranks', 2], /--ranks: only the engine torch has it, and auto is to compute: add --engine torch\./],
    [
      ['--dtype', 'bfloat16', '--engine', 'wasm'],
      /--dtype: only the engine torch has it, and wasm is to compute/,
    ],
    [['--ranks', 0, '--engine', 'torch'], /--ranks: 0 is not usable: give a whole number of at least 1\./],
  ] as const;
  for (const [options, why] of wrong) {
    it(`${options.join(' ')}: one sentence`, async () => {
      const { status, stdout, stderr } = await runAdept(['engine', ...options]);
      assert.deepEqual([status, stdout], [2, '']);
      assert.match(stderr, why);
    });
  }

  it('are of setup only together', async () => {
    for (const [options, why] of [
      [['--python', '/python'], /--python: .* give --torch as well/],
      [['--torch', '--gpu'], /--gpu: is of the native engine/],
    ] as const) {
      const { status, stderr } = await runAdept(['setup', ...options]);
      assert.equal(status, 2);
      assert.match(stderr, why);
    }
  });
});
