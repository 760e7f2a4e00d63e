import { nodesOf, type ClusterFile } from './clusterFile';

/** `adept launch` as the machines of a cluster start it. */
export interface ClusterCommand {
  readonly program: readonly string[];
  readonly options: readonly string[];
  /** Of the first machine. */
  readonly address?: string | undefined;
}

/** A word for a shell, whatever is in it. */
export function quoted(word: string): string {
  return /^[\w./:=@%+,-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

/** What a shell of one machine runs. @param node which one, from 0; or a variable that says so */
export function commandOn({ program, options, address }: ClusterCommand, node: string): string {
  const words = [...program, 'launch', ...options, ...(address === undefined ? [] : ['--address', address])];
  return `${words.map(quoted).join(' ')} --node ${node}`;
}

/** A batch script of Slurm: one task on every machine, of which the first has the trainer. */
export function batchScript(cluster: ClusterFile, { program, options }: ClusterCommand): string {
  const head = [
    ...['--job-name=adept', `--nodes=${nodesOf(cluster)}`, '--ntasks-per-node=1'],
    ...[`--gpus-per-node=${cluster.gpusPerNode}`, ...cluster.slurm],
  ];
  const command = commandOn({ program, options }, '"$SLURM_NODEID" --address "$0"');
  return [
    '#!/bin/bash',
    ...head.map((line) => `#SBATCH ${line}`),
    'set -euo pipefail',
    'address=$(scontrol show hostnames "$SLURM_JOB_NODELIST" | head -n 1)',
    `srun --kill-on-bad-exit=1 bash -c ${quoted(command)} "$address"`,
    '',
  ].join('\n');
}
