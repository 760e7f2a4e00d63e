import { failure } from '../../../shared/common/errors';
import type { Machines } from '../../executor/executorChoice';

/** How the ranks are started. */
export interface Launch {
  readonly python: string;
  /** The folder that holds the package adept_torch. */
  readonly packages: string;
  readonly ranks: number;
  readonly machines?: Machines | undefined;
  /** Added to this process's environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** How long a call may run without any sign of life. */
  readonly silenceMilliseconds?: number;
  /** How long a process may be stopped while all start. */
  readonly stoppedMilliseconds?: number;
}

/**
 * Arguments of Python: one process, or torchrun with one for each rank of a machine.
 * @param node which of the machines, from 0
 */
export function pythonArguments({ ranks, machines }: Pick<Launch, 'ranks' | 'machines'>, node = 0): string[] {
  const here = String(ranks / (machines?.count ?? 1));
  const meeting =
    machines === undefined
      ? ['--standalone']
      : [
          ...['--nnodes', String(machines.count), '--node-rank', String(node)],
          ...['--master-addr', machines.address, '--master-port', String(machines.port)],
        ];
  const torchrun = ['-m', 'torch.distributed.run', ...meeting, '--nproc-per-node', here];
  return [...(ranks > 1 ? torchrun : []), '-m', 'adept_torch'];
}

/** @param socket where rank 0 finds this process @param token that both show */
export function environmentOf(
  { packages, env }: Pick<Launch, 'packages' | 'env'>,
  { socket, token }: { readonly socket: string; readonly token: string },
): NodeJS.ProcessEnv {
  const before = process.env.PYTHONPATH;
  return {
    ...process.env,
    PYTHONPATH: before === undefined || before === '' ? packages : `${packages}:${before}`,
    // The package may lie in an extension's folder, which is no place for what Python compiles.
    PYTHONDONTWRITEBYTECODE: '1',
    // Weights come from a folder of this machine.
    HF_HUB_OFFLINE: '1',
    ...env,
    ADEPT_EXECUTOR_SOCKET: socket,
    ADEPT_EXECUTOR_TOKEN: token,
  };
}

/** @throws AdeptError (failure) where Python has no sockets of the kind that are used */
export function requirePlatform(): void {
  if (process.platform === 'win32') {
    throw failure('The torch engine needs Linux or macOS: on Windows use the Windows Subsystem for Linux.');
  }
}
