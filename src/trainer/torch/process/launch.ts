import { failure } from '../../../shared/common/errors';

/** How the ranks are started. */
export interface Launch {
  readonly python: string;
  /** The folder that holds the package adept_torch. */
  readonly packages: string;
  readonly ranks: number;
  /** Added to this process's environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** How long a call may run without any sign of life. */
  readonly silenceMilliseconds?: number;
  /** How long a process may be stopped while all start. */
  readonly stoppedMilliseconds?: number;
}

/** Arguments of Python: one process, or torchrun with one for each rank. */
export function pythonArguments(ranks: number): string[] {
  const torchrun = ['-m', 'torch.distributed.run', '--standalone', '--nproc-per-node', String(ranks)];
  return [...(ranks > 1 ? torchrun : []), '-m', 'adept_torch'];
}

/** @param socket where rank 0 finds this process @param token that both show */
export function environmentOf(
  { packages, env }: Launch,
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
