import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { describe, it } from 'node:test';
import * as v from 'valibot';
import { ClusterFile } from '../../../src/shared/cluster/clusterFile';
import { batchScript, commandOn, quoted } from '../../../src/shared/cluster/launchCommands';
import { pythonArguments } from '../../../src/trainer/torch/process/launch';

const cluster = v.parse(ClusterFile, {
  ...{ format: 'adept.cluster/1', nodes: ['a1', 'a2', 'a3'], gpusPerNode: 4, gpu: 'H100' },
  slurm: ['--partition=gpu', '--time=04:00:00'],
});
const command = {
  program: ['/opt/node', '/opt/adept/cli.cjs'],
  options: ['--cluster', "/data/it's here/c.json", '--config', '/data/x.adept.json'],
  address: 'a1',
};

describe('what starts a run on machines', () => {
  it('is a command whose words a shell takes as they are', () => {
    const line = commandOn(command, '2');
    const said = execFileSync('sh', ['-c', `printf '%s\\n' ${line.replace('/opt/node', '')}`]);
    assert.deepEqual(said.toString().trim().split('\n'), [
      ...['/opt/adept/cli.cjs', 'launch', '--cluster', "/data/it's here/c.json"],
      ...['--config', '/data/x.adept.json', '--address', 'a1', '--node', '2'],
    ]);
    assert.equal(quoted('$(rm x)'), "'$(rm x)'");
  });

  it('is a batch script with one task on every machine', () => {
    const lines = batchScript(cluster, command).split('\n');
    assert.deepEqual(lines.slice(0, 7), [
      ...['#!/bin/bash', '#SBATCH --job-name=adept', '#SBATCH --nodes=3', '#SBATCH --ntasks-per-node=1'],
      ...['#SBATCH --gpus-per-node=4', '#SBATCH --partition=gpu', '#SBATCH --time=04:00:00'],
    ]);
    assert.match(lines.at(-2) ?? '', /^srun --kill-on-bad-exit=1 bash -c '.*' "\$address"$/);
  });

  it('is torchrun with the machine and where they meet', () => {
    const machines = { count: 3, address: 'a1', port: 29400 };
    assert.deepEqual(pythonArguments({ ranks: 12, machines }, 2), [
      ...['-m', 'torch.distributed.run', '--nnodes', '3', '--node-rank', '2', '--master-addr', 'a1'],
      ...['--master-port', '29400', '--nproc-per-node', '4', '-m', 'adept_torch'],
    ]);
    assert.deepEqual(pythonArguments({ ranks: 1 }), ['-m', 'adept_torch']);
    assert.deepEqual(pythonArguments({ ranks: 2 }).slice(2, 5), ['--standalone', '--nproc-per-node', '2']);
  });
});
