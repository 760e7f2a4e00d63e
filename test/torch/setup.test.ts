import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import type { RunSpec } from '../../src/shared/run/runFolder';
import { isProcessAlive } from '../../src/node/process/processAlive';
import { descendantsOf } from '../../src/node/process/descendants';
import { expandModel } from '../../src/trainer/method/expansion';
import { SILENT_TASK } from '../../src/trainer/task';
import { adeptResult, runAdept, startAdept } from '../support/command';
import { HANG_MILLISECONDS } from '../support/hang';
import { LOADED_PYTHON } from '../support/loadedPython';
import { fakePython } from '../support/fakeRank0';
import { projectRoot } from '../support/projectRoot';
import { temporaryFolder } from '../support/temporaryFolder';
import { TORCH_ENV, TORCH_MISSING, TORCH_PYTHON } from '../support/torchPython';

const sample = (name: string): string => join(projectRoot, 'media/sample', name);

/** Where a fake Python is set up, which says its arguments for a device and ends when a model is opened. */
function homeOf(t: TestContext): string {
  const python = fakePython(t, {
    start: ({ hello }) => {
      const many = process.argv.includes('torch.distributed.run');
      const ranks = many ? Number(process.argv[process.argv.indexOf('--nproc-per-node') + 1]) : 1;
      hello({ description: { device: process.argv.slice(2).join(' '), ranks } });
    },
    onFrame: ({ verb }) => {
      if (verb === 'open') {
        process.exit(3);
      }
    },
  });
  const home = temporaryFolder(t);
  mkdirSync(join(home, 'torch'));
  writeFileSync(join(home, 'torch', 'torch.json'), JSON.stringify({ format: 'adept.torch/1', python }));
  return home;
}

describe('adept setup --torch', { skip: TORCH_MISSING }, () => {
  it(
    'says what the Python has, and the engine torch then computes what wasm does',
    { timeout: HANG_MILLISECONDS },
    async (t) => {
      const env = { ...TORCH_ENV, ADEPT_HOME: temporaryFolder(t), VIRTUAL_ENV: '', CONDA_PREFIX: '' };
      const data = [
        ...['eval', '--model', sample('model'), '--data', sample('general-eval.txt')],
        ...['--seq-len', 32, '--max-sequences', 6, '--batch-size', 3],
      ];
      const before = await runAdept([...data, '--engine', 'torch'], { env });
      assert.deepEqual([before.status, before.stdout], [1, '']);
      assert.match(before.stderr, /PyTorch is not set up: run "adept setup --torch"/);
      const bare = join(temporaryFolder(t), 'python');
      writeFileSync(bare, `#!/bin/sh\nexec ${TORCH_PYTHON} -I -S "$@"\n`, { mode: 0o755 });
      const refused = await runAdept(['setup', '--torch', '--python', bare], { env });
      assert.equal(refused.status, 1);
      assert.match(
        refused.stderr,
        /lacks torch 2\.8 or newer and transformers 5\.0 or newer and safetensors 0\.4 or newer: run .*python -m pip install "torch>=2\.8"/,
      );
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

      // What follows is about what the ranks do once they are there.
      const forks = { format: 'adept.torch/1', python: LOADED_PYTHON };
      writeFileSync(join(env.ADEPT_HOME, 'torch', 'torch.json'), JSON.stringify(forks));

      // Its memory and time are not worked out, but measured.
      const expanded = join(temporaryFolder(t), 'expanded');
      await expandModel({ model: sample('model'), out: expanded, layers: [3] }, SILENT_TASK);
      const planned = await adeptResult(
        [
          ...['tune', '--dry-run', '--model', expanded, '--out', join(expanded, '../run'), ...options],
          ...['--domain', sample('domain-eval.jsonl'), '--probe', sample('general-eval.txt')],
          ...['--steps', 4, '--lr', 1e-3, '--seq-len', 32],
        ],
        { env },
      );
      const { timed, engine, secondsPerStep, seconds, memoryBytes } = planned;
      assert.deepEqual([timed, engine, seconds], [true, 'torch', Number(secondsPerStep) * 4]);
      assert.ok(Number(secondsPerStep) > 0, String(secondsPerStep));
      assert.ok(Number(memoryBytes) > 150e6 && Number(memoryBytes) < 2e9, `${String(memoryBytes)} bytes`);

      // A trainer that is killed takes them with it, in the middle of a call and with nobody left who reads what they say.
      const analysis = ['analyze', '--model', sample('model'), '--probe', sample('general.txt')];
      const out = join(temporaryFolder(t), 'importance.json');
      // Long enough to be killed in the middle of it: progress is shown now and then only.
      const long = ['--seq-len', 32, '--max-sequences', 2000, '--batch-size', 1];
      const { child, ended } = startAdept([...analysis, ...long, '--out', out, '--engine', 'torch'], { env });
      const computes = new Promise<string>((resolve) => {
        child.stderr?.on('data', (text: string) => {
          if (/\d% .*(layer|importance)/.test(text)) {
            resolve('it computes');
          }
        });
      });
      const over = ended.then(({ stderr }) => `it ended before: ${stderr}`);
      assert.equal(await Promise.race([computes, over]), 'it computes');
      const ranks = descendantsOf(child.pid ?? 0);
      assert.ok(ranks.length > 0);
      child.kill('SIGKILL');
      await ended;
      while (ranks.some(({ pid, token }) => isProcessAlive(pid, token))) {
        await setTimeout(50);
      }
    },
  );
});

describe('options of the engine torch', () => {
  it('start as many processes under torchrun as were asked for', async (t) => {
    const env = { ADEPT_HOME: homeOf(t) };
    const { device, ranks } = await adeptResult(['engine', '--engine', 'torch', '--ranks', 3], { env });
    assert.equal(ranks, 3);
    assert.equal(device, '-m torch.distributed.run --standalone --nproc-per-node 3 -m adept_torch');
  });

  it('stand in a configuration as well, and a run goes on with what it was begun with', async (t) => {
    const home = homeOf(t);
    const env = { ADEPT_HOME: home };
    const folder = temporaryFolder(t);
    const write = (changes: object): string => {
      const config = {
        ...{ model: sample('model'), probe: [sample('general-eval.txt')], out: 'run' },
        ...{ domain: [sample('domain-eval.jsonl')], engine: 'torch', ranks: 2, dtype: 'float32' },
        analyze: { seqLen: 32, maxSequences: 2 },
        tune: { steps: 1, learningRate: 1e-3, seqLen: 32, maxProbeSequences: 2, maxEvalSequences: 2 },
      };
      const file = join(folder, 'job.adept.json');
      writeFileSync(file, JSON.stringify({ ...config, ...changes }));
      return file;
    };
    const refusals = [
      [{ ranks: 0 }, [], /job\.adept\.json: "ranks" is not usable/],
      [{ dtype: 'float16' }, [], /job\.adept\.json: "dtype" is not usable/],
      [{ engine: 'wasm' }, [], /job\.adept\.json: "ranks": only the engine torch has it, and wasm is to/],
      [
        { engine: 'auto', ranks: undefined },
        [],
        /json: "dtype": .* and wasm is to .*: set "engine" to "torch"/,
      ],
      [{ engine: 'auto' }, ['--engine', 'wasm'], /json: "ranks": only the engine torch has it/],
    ] as const;
    for (const [changes, options, why] of refusals) {
      const { status, stderr } = await runAdept(['run', '--config', write(changes), ...options], { env });
      assert.equal(status, 2, stderr);
      assert.match(stderr, why);
    }
    const begun = await runAdept(['run', '--config', write({})], { env });
    assert.match(begun.stderr, /engine: torch on .* --nproc-per-node 2 .* \(PyTorch 0, 2 processes/);
    const run = join(folder, 'run');
    const same = await runAdept(['resume', run], { env });
    assert.match(same.stderr, /--nproc-per-node 2 /);
    const more = await runAdept(['resume', run, '--ranks', '3'], { env });
    assert.match(more.stderr, /--nproc-per-node 3 /);
    // Another engine takes over without them; and a run that has come to its steps keeps them, too.
    const { status } = await adeptResult(['resume', run, '--engine', 'wasm'], { env });
    assert.equal(status, 'done');
    const { engine, ranks, dtype } = JSON.parse(readFileSync(join(run, 'run.json'), 'utf8')) as RunSpec;
    assert.deepEqual([engine, ranks, dtype], ['torch', 2, 'float32']);
  });

  it('go with auto where that is torch, since it has a GPU', async (t) => {
    const home = homeOf(t);
    const file = join(home, 'torch', 'torch.json');
    const { python } = JSON.parse(readFileSync(file, 'utf8')) as { python: string };
    const found = {
      python: '3.12.1',
      versions: {},
      device: 'GPU',
      gpus: 2,
      cuda: '12',
      metal: false,
      bfloat16: true,
    };
    writeFileSync(file, JSON.stringify({ format: 'adept.torch/2', python, found }));
    const env = { ADEPT_HOME: home, ADEPT_DEVICE: '' };
    const { engine, ranks } = await adeptResult(['engine', '--ranks', 2], { env });
    assert.deepEqual([engine, ranks], ['torch', 2]);
    const onCpu = await adeptResult(['engine'], { env: { ...env, ADEPT_DEVICE: 'cpu' } });
    assert.equal(onCpu.engine, 'wasm');
  });

  const wrong = [
    [
      ['--ranks', 2],
      /--ranks: only the engine torch has it, and (native|wasm) is to compute: add --engine torch\./,
    ],
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
      [['--own'], /--own: .* give --torch as well/],
      [['--torch', '--own', '--python', '/python'], /--own: .* give one of them/],
    ] as const) {
      const { status, stderr } = await runAdept(['setup', ...options]);
      assert.equal(status, 2);
      assert.match(stderr, why);
    }
  });
});
