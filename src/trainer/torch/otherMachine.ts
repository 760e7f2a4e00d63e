import { spawn } from 'node:child_process';
import { failure } from '../../shared/common/errors';
import type { Machines } from '../executor/executorChoice';
import { requirePython } from './interpreter/remembered';
import { environmentOf, pythonArguments, requirePlatform } from './process/launch';
import { packagesFolder } from './torchExecutor';

export interface OtherMachine {
  /** Which of the machines this is, from 1. */
  readonly node: number;
  /** Of all machines together. */
  readonly ranks: number;
  readonly machines: Machines;
  readonly python?: string | undefined;
  readonly signal: AbortSignal;
}

/**
 * Runs this machine's ranks of a run whose trainer is on another, until they end, which they do with it.
 * @throws AdeptError (failure) when they did not end well
 */
export async function runRanksHere({
  node,
  ranks,
  machines,
  python = requirePython(),
  signal,
}: OtherMachine): Promise<void> {
  requirePlatform();
  const child = spawn(python, pythonArguments({ ranks, machines }, node), {
    env: environmentOf({ packages: packagesFolder() }, { socket: '', token: '' }),
    stdio: 'inherit',
  });
  const end = (): void => {
    // torchrun ends its ranks.
    child.kill('SIGTERM');
  };
  signal.addEventListener('abort', end, { once: true });
  const ended = await new Promise<string | undefined>((resolve) => {
    child.once('error', (error) => {
      resolve(error.message);
    });
    child.once('exit', (status, killedBy) => {
      resolve(
        status === 0
          ? undefined
          : `they ended ${killedBy === null ? `with exit status ${String(status)}` : `by ${killedBy}`}`,
      );
    });
  });
  if (ended !== undefined) {
    throw failure(
      `The ranks of machine ${node} could not go on with ${python}: ${ended}. The run's own log says why; it can be resumed.`,
    );
  }
}
