import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { readEvents } from '../../src/node/run/eventWriter';
import { RunFolder } from '../../src/node/run/runFolder';
import { descendantsOf } from '../../src/node/process/descendants';
import { assertAllClose } from '../support/allclose';
import { adeptResult, runAdept } from '../support/command';
import { HANG_MILLISECONDS } from '../support/hang';
import { LOADED_PYTHON, RANKS_ENV } from '../support/loadedPython';
import { projectRoot } from '../support/projectRoot';
import { temporaryFolder } from '../support/temporaryFolder';
import { TORCH_ENV, TORCH_MISSING, TORCH_PYTHON } from '../support/torchPython';

const sample = (name: string): string => join(projectRoot, 'media/sample', name);

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => {
        resolve(port);
      });
    });
  });
}

/** A folder of programs that stand in for those of a cluster: every machine of it is this one. */
function programs(t: TestContext, scripts: Readonly<Record<string, string>>): string {
  const folder = temporaryFolder(t);
  for (const [name, script] of Object.entries(scripts)) {
    writeFileSync(join(folder, name), `#!/bin/bash\n${script}\n`);
    chmodSync(join(folder, name), 0o755);
  }
  return folder;
}

/** A run of four steps on two machines of one process each. @param python of these machines */
async function world(
  t: TestContext,
  python = TORCH_PYTHON,
): Promise<{ folder: string; cluster: string; config: string }> {
  const folder = temporaryFolder(t);
  const [cluster, config] = [join(folder, 'cluster.json'), join(folder, 'x.adept.json')];
  writeFileSync(
    cluster,
    JSON.stringify({
      ...{ format: 'adept.cluster/1', nodes: ['localhost', 'other'], gpusPerNode: 1, python },
      gpu: { name: 'CPU', memoryGB: 8, bfloat16Teraflops: 0.1 },
      ...{ launcher: 'ssh', address: '127.0.0.1', port: await freePort() },
    }),
  );
  writeFileSync(
    config,
    JSON.stringify({
      ...{ model: sample('model'), probe: [sample('general.txt')], domain: [sample('domain.jsonl')] },
      ...{ out: 'run', analyze: { seqLen: 32, maxSequences: 2, mode: 'fast' }, expand: { layers: [6] } },
      tune: {
        ...{ steps: 4, learningRate: 1e-3, seqLen: 32, batchSize: 3, maxProbeSequences: 2 },
        ...{ maxEvalSequences: 2, saveEvery: 2 },
      },
    }),
  );
  return { folder, cluster, config };
}

function lossesOf(run: string): number[] {
  return readEvents(RunFolder.at(run).file('events')).flatMap((event) =>
    event.type === 'step' ? [event.loss] : [],
  );
}

describe('adept launch', { skip: TORCH_MISSING }, () => {
  it(
    'runs on two machines over ssh, as one process does, and leaves none behind',
    { timeout: HANG_MILLISECONDS },
    async (t) => {
      const { folder, cluster, config } = await world(t);
      // Without its options, the name of the machine and the command are left.
      const bin = programs(t, {
        ssh: 'shift 3; echo "$1" >> "$(dirname "$0")/hosts"; shift; exec bash -c "$*"',
      });
      const home = temporaryFolder(t);
      const env = { ...TORCH_ENV, ADEPT_HOME: home, PATH: `${bin}:${process.env.PATH ?? ''}` };
      const out = await adeptResult(['launch', '--cluster', cluster, '--config', config], { env });
      assert.deepEqual([out.status, out.engine], ['done', { ...(out.engine as object), ranks: 2 }]);
      assert.equal(readFileSync(join(bin, 'hosts'), 'utf8'), 'other\n');
      mkdirSync(join(home, 'torch'), { recursive: true });
      const setUp = { format: 'adept.torch/1', python: LOADED_PYTHON };
      writeFileSync(join(home, 'torch', 'torch.json'), JSON.stringify(setUp));
      const alone = ['run', '--config', config, '--engine', 'torch', '--out', join(folder, 'alone')];
      await adeptResult(alone, { env });
      assert.equal(lossesOf(join(folder, 'run')).length, 4);
      assertAllClose(lossesOf(join(folder, 'run')), lossesOf(join(folder, 'alone')), 1e-4, 'losses');
      assert.deepEqual(descendantsOf(process.pid), []);
    },
  );

  it('ends at once where a machine cannot be reached', { timeout: HANG_MILLISECONDS }, async (t) => {
    const { cluster, config } = await world(t, LOADED_PYTHON);
    const bin = programs(t, { ssh: 'echo "connect: no route" >&2; exit 255' });
    const path = `${bin}:${process.env.PATH ?? ''}`;
    const env = { ...TORCH_ENV, ...RANKS_ENV, ADEPT_HOME: temporaryFolder(t), PATH: path };
    const { status, stderr } = await runAdept(['launch', '--cluster', cluster, '--config', config], { env });
    assert.equal(status, 1, stderr);
    assert.match(stderr, /other: connect: no route/);
    assert.match(stderr, /other: what ssh started there ended with exit status 255/);
    assert.deepEqual(descendantsOf(process.pid), []);
  });

  it(
    'writes a batch script that runs as it is, and continues a run',
    { timeout: HANG_MILLISECONDS },
    async (t) => {
      // The script is what this is about: ranks that have loaded PyTorch do.
      const { folder, cluster, config } = await world(t, LOADED_PYTHON);
      const bin = programs(t, {
        scontrol: 'echo 127.0.0.1',
        // The same task on each machine; it ends when all have, badly when one did.
        srun: [
          'shift; SLURM_NODEID=1 "$@" & other=$!',
          'SLURM_NODEID=0 "$@"; first=$?',
          'wait $other && exit $first',
        ].join('\n'),
      });
      const env = {
        ...{ ...TORCH_ENV, ADEPT_HOME: temporaryFolder(t), PATH: `${bin}:${process.env.PATH ?? ''}` },
        SLURM_JOB_NODELIST: 'a[1-2]',
        ...RANKS_ENV,
      };
      const script = join(folder, 'job.sh');
      const write = ['launch', '--cluster', cluster, '--launcher', 'slurm', '--write', script];
      const { script: written } = await adeptResult([...write, '--config', config], { env });
      assert.equal(written, script);
      const { status, stderr } = spawnSync('bash', [script], {
        encoding: 'utf8',
        env: { ...process.env, ...env },
      });
      assert.equal(status, 0, stderr);
      assert.match(stderr, /engine: torch on CPU \(PyTorch .*, 2 processes, each 1 thread\)/);
      const run = join(folder, 'run');
      assert.equal(lossesOf(run).length, 4);
      const { address, ...one } = JSON.parse(readFileSync(cluster, 'utf8')) as Record<string, unknown>;
      assert.equal(address, '127.0.0.1');
      writeFileSync(cluster, JSON.stringify({ ...one, nodes: 1 }));
      const again = await adeptResult(['launch', '--cluster', cluster, '--resume', run], { env });
      assert.deepEqual([again.status, again.steps], ['done', 4]);
      assert.equal(lossesOf(run).length, 4);
    },
  );

  it('says what is missing in the cluster file, and which options do not go together', async (t) => {
    const { folder, cluster, config } = await world(t);
    const file = join(folder, 'other.json');
    const given = { format: 'adept.cluster/1', nodes: 2, gpusPerNode: 1, gpu: 'H100' };
    writeFileSync(file, JSON.stringify(given));
    const refusals: readonly (readonly [readonly string[], RegExp])[] = [
      [['--cluster', file, '--config', config], /other\.json: "address" is missing: name the first machine/],
      [['--cluster', cluster], /--config, --resume: give one of them/],
      [['--cluster', cluster, '--config', config, '--node', '2'], /--node: 2 is no machine of the cluster/],
      [['--cluster', cluster, '--config', config, '--write', 'x'], /--write: writes a Slurm script/],
      [['--config', config], /--cluster: is required/],
    ];
    for (const [options, why] of refusals) {
      const { status, stderr } = await runAdept(['launch', ...options]);
      assert.equal(status, 2, stderr);
      assert.match(stderr, why);
    }
  });
});
