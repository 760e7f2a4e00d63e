import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { resolve } from 'node:path';
import { Option, type Command } from 'commander';
import { failure, inputError } from '../../shared/common/errors';
import { ClusterFile, nodesOf } from '../../shared/cluster/clusterFile';
import { batchScript, commandOn, type ClusterCommand } from '../../shared/cluster/launchCommands';
import { TorchDtype } from '../../shared/config/runConfig';
import { writeFileAtomic } from '../../node/files/atomicFile';
import { readClusterFile } from '../../node/cluster/clusterFile';
import type { ExecutorChoice } from '../../trainer/executor/executorChoice';
import { countOf, jsonCommand, requiredText, textOf, withOutput, type RawOptions } from '../common/options';
import type { Output } from '../common/output';
import { resumeRun, startRun } from './run';

const LAUNCHERS = ClusterFile.entries.launcher.wrapped.options;

export function launchCommand(): Command {
  return jsonCommand('launch', 'run on the GPUs of one machine or several, with the engine torch')
    .option('--cluster <FILE>', 'the machines and their GPUs (adept.cluster/1)')
    .option('--config <FILE>', '*.adept.json of a new run')
    .option('--resume <RUNDIR>', 'the run to continue')
    .option('--out <RUNDIR>', 'with --config: run folder, instead of the one in the file')
    .addOption(
      new Option(`--dtype <${TorchDtype.options.join('|')}>`, 'what is computed in (default: auto)').choices(
        TorchDtype.options,
      ),
    )
    .addOption(
      new Option(`--launcher <${LAUNCHERS.join('|')}>`, 'instead of the one in the cluster file').choices(
        LAUNCHERS,
      ),
    )
    .option(
      '--address <HOST>',
      'name or address of the first machine, instead of the one in the cluster file',
    )
    .option('--write <FILE>', 'write the Slurm script instead of submitting it')
    .option('--node <I>', 'be this machine of the cluster, from 0, and start no other', Number)
    .action(
      withOutput(async (output, raw) => {
        const cluster = readClusterFile(requiredText(raw, 'cluster', '--cluster'));
        const node = countOf(raw, 'node', '--node', 0);
        const launcher = LAUNCHERS.find((name) => name === raw.launcher) ?? cluster.launcher;
        if (textOf(raw, 'write') !== undefined && launcher !== 'slurm') {
          throw inputError('--write: writes a Slurm script: give --launcher slurm as well, or leave it out.');
        }
        if (node !== undefined) {
          await beMachine(output, raw, cluster, node);
        } else if (launcher === 'slurm') {
          submit(output, raw, cluster);
        } else {
          await startAll(output, raw, cluster, launcher);
        }
      }),
    );
}

/** What computes: all GPUs of all machines. */
function choiceOf(raw: RawOptions, cluster: ClusterFile): ExecutorChoice & { readonly ranks: number } {
  const count = nodesOf(cluster);
  const address = textOf(raw, 'address') ?? cluster.address ?? firstOf(cluster);
  if (count > 1 && address === undefined) {
    throw inputError(
      `${requiredText(raw, 'cluster', '--cluster')}: "address" is missing: name the first machine, as the others reach it.`,
    );
  }
  return {
    ...{ engine: 'torch', ranks: count * cluster.gpusPerNode, python: cluster.python },
    ...(raw.dtype === undefined ? {} : { dtype: TorchDtype.options.find((name) => name === raw.dtype) }),
    ...(count === 1 || address === undefined ? {} : { machines: { count, address, port: cluster.port } }),
  };
}

function firstOf({ nodes }: ClusterFile): string | undefined {
  return typeof nodes === 'number' ? undefined : nodes[0];
}

async function beMachine(output: Output, raw: RawOptions, cluster: ClusterFile, node: number): Promise<void> {
  if (node >= nodesOf(cluster)) {
    throw inputError(`--node: ${node} is no machine of the cluster, which has 0 to ${nodesOf(cluster) - 1}.`);
  }
  const { ranks, machines, python, ...choice } = choiceOf(raw, cluster);
  if (node === 0 || machines === undefined) {
    await run(output, raw, { ...choice, ranks, machines, python });
    return;
  }
  const { runRanksHere } = await import('../../trainer/torch/otherMachine');
  const abort = new AbortController();
  const end = (): void => {
    abort.abort();
  };
  process.once('SIGINT', end).once('SIGTERM', end);
  await runRanksHere({ node, ranks, machines, python, signal: abort.signal });
  output.result({ node, status: 'ended' }, `the ranks of machine ${node} have ended with the run`);
}

/** The trainer and its ranks on this machine. */
function run(output: Output, raw: RawOptions, choice: ExecutorChoice): Promise<void> {
  const [config, folder] = [textOf(raw, 'config'), textOf(raw, 'resume')];
  if ((config === undefined) === (folder === undefined)) {
    throw inputError(
      '--config, --resume: give one of them: the file of a new run, or the folder of one to continue.',
    );
  }
  if (config === undefined && textOf(raw, 'out') !== undefined) {
    throw inputError('--out: a run that is continued has its folder: leave it out.');
  }
  return config === undefined
    ? resumeRun(output, {}, folder ?? '', choice)
    : startRun(output, { ...raw, engine: 'torch', ranks: choice.ranks }, choice);
}

async function startAll(
  output: Output,
  raw: RawOptions,
  cluster: ClusterFile,
  launcher: 'torchrun' | 'ssh',
): Promise<void> {
  const choice = choiceOf(raw, cluster);
  const others = Array.from({ length: nodesOf(cluster) - 1 }, (_, index) => index + 1);
  const command = clusterCommand(raw, choice);
  if (launcher === 'torchrun') {
    for (const node of others) {
      output.log(`start on machine ${node}: ${commandOn(command, String(node))}`);
    }
    await run(output, raw, choice);
    return;
  }
  const { nodes } = cluster;
  if (typeof nodes === 'number' && others.length > 0) {
    throw inputError(
      `${requiredText(raw, 'cluster', '--cluster')}: "nodes" is a number: with the launcher ssh list the machines by name.`,
    );
  }
  const children = others.map((node) =>
    overSsh(output, typeof nodes === 'number' ? '' : (nodes[node] ?? ''), commandOn(command, String(node))),
  );
  const { machines } = choice;
  const lost = Promise.race(children.map(lostOf));
  // Once all have started, the ranks themselves say which of them is gone.
  lost.catch(() => undefined);
  try {
    await run(output, raw, machines === undefined ? choice : { ...choice, machines: { ...machines, lost } });
  } finally {
    children.forEach((child) => child.kill());
  }
}

function overSsh(output: Output, host: string, command: string): ChildProcess {
  const child = spawn('ssh', ['-o', 'BatchMode=yes', '--', host, command], {
    stdio: ['ignore', 'pipe', 'pipe'],
    // Ctrl+C is for the trainer, which saves what it has before the ranks end.
    detached: true,
  });
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      text
        .split('\n')
        .filter(Boolean)
        .forEach((line) => {
          output.log(`${host}: ${line}`);
        });
    });
  }
  child.on('error', (error) => {
    output.log(`${host}: ssh could not be started (${error.message})`);
  });
  return child;
}

/** Rejects when a machine's part has ended badly. */
function lostOf(child: ChildProcess): Promise<never> {
  const host = child.spawnargs.at(-2) ?? '';
  return new Promise((_, reject) => {
    child.once('error', (error) => {
      reject(
        failure(
          `${host}: ssh could not be started (${error.message}): install it, or use the launcher torchrun.`,
          error,
        ),
      );
    });
    child.once('exit', (status) => {
      if (status !== 0) {
        reject(
          failure(
            `${host}: what ssh started there ended with exit status ${String(status)}; its lines above say why.`,
          ),
        );
      }
    });
  });
}

function submit(output: Output, raw: RawOptions, cluster: ClusterFile): void {
  // The address is known when the job runs.
  const choice = choiceOf({ ...raw, address: textOf(raw, 'address') ?? 'the first machine' }, cluster);
  const script = batchScript(cluster, clusterCommand(raw, choice));
  const file = textOf(raw, 'write');
  if (file !== undefined) {
    writeFileAtomic(file, Buffer.from(script));
    output.result({ script: resolve(file) }, `written: ${resolve(file)}; submit it with: sbatch ${file}`);
    return;
  }
  const { status, stdout, stderr, error } = spawnSync('sbatch', ['--parsable'], {
    input: script,
    encoding: 'utf8',
  });
  if (status !== 0) {
    throw failure(
      `sbatch did not take the job (${error?.message ?? stderr.trim()}): correct "slurm" in ${requiredText(raw, 'cluster', '--cluster')}, or write the script with --write.`,
    );
  }
  const job = stdout.trim().split(';')[0] ?? '';
  output.result({ job }, `submitted as job ${job}`);
}

/** What every machine is told, with absolute paths: they share their disks. */
function clusterCommand(raw: RawOptions, { machines }: ExecutorChoice): ClusterCommand {
  const path = (key: string): string | undefined => {
    const value = textOf(raw, key);
    return value === undefined ? undefined : resolve(value);
  };
  const given = ['cluster', 'config', 'resume', 'out'].flatMap((key) => {
    const value = path(key);
    return value === undefined ? [] : [`--${key}`, value];
  });
  return {
    program: [process.execPath, resolve(process.argv[1] ?? '')],
    options: [...given, ...(typeof raw.dtype === 'string' ? ['--dtype', raw.dtype] : [])],
    address: machines?.address,
  };
}
