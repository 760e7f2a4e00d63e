import { existsSync, mkdirSync, rmSync, statfsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { activePython } from '../../../node/engines/pythonPath';
import { acquireLock } from '../../../node/files/folderLock';
import { failure, messageOf } from '../../../shared/common/errors';
import { requirePlatform } from '../process/launch';
import { inspectPython, REQUIREMENTS, type UsablePython } from './inspect';
import { readTorchInstall, torchHome } from '../../../node/engines/torchInstall';
import { rememberPython } from './remembered';
import { runPython, stopped } from './runPython';

/** What PyTorch, the libraries that come with it and pip's downloads take at most. */
const DISK_BYTES = 8e9;

export interface TorchSetup {
  /** The interpreter to use; an active virtual environment's or one of its own when left out. */
  readonly python?: string | undefined;
  /** Whether an environment of its own is wanted, whatever else there is. */
  readonly own?: boolean | undefined;
  readonly onProgress: (message: string) => void;
  readonly signal: AbortSignal;
}

/**
 * Provides an interpreter for the torch executor and remembers it: one of its own where that is asked for, the given one, else that of an active virtual
 * environment, else the one that was used before, else that of an environment that it makes.
 * @throws AdeptError (failure) when the one that was chosen lacks something, with the line that installs it
 */
export async function provisionTorch(setup: TorchSetup): Promise<UsablePython> {
  requirePlatform();
  const usable = setup.own === true ? await ownEnvironment(setup) : await foundPython(setup);
  rememberPython(usable);
  return usable;
}

async function foundPython(setup: TorchSetup): Promise<UsablePython> {
  const chosen = setup.python === undefined ? activePython(process.env) : resolve(setup.python);
  return chosen === undefined
    ? ((await usedBefore(setup)) ?? (await ownEnvironment(setup)))
    : await inspectPython(chosen, setup.signal);
}

async function usedBefore({ onProgress, signal }: TorchSetup): Promise<UsablePython | undefined> {
  try {
    const install = readTorchInstall();
    return install === undefined ? undefined : await inspectPython(install.interpreter, signal);
  } catch (error) {
    if (signal.aborted) {
      throw error;
    }
    onProgress(`What was used before cannot be used any more: ${messageOf(error)}`);
    return undefined;
  }
}

/** Of the folder that is made whole or not at all: an interpreter counts once it was seen to have everything. */
async function ownEnvironment({ onProgress, signal }: TorchSetup): Promise<UsablePython> {
  const home = torchHome();
  mkdirSync(home, { recursive: true });
  const release = await acquireLock(home, {
    signal,
    onWait: (pid) => {
      onProgress(`Waiting for another setup (process ${pid}) to end`);
    },
  }).catch((error: unknown) => {
    throw signal.aborted ? stopped() : error;
  });
  try {
    return await makeEnvironment(join(home, 'environment'), { onProgress, signal });
  } finally {
    release();
  }
}

async function makeEnvironment(
  folder: string,
  { onProgress, signal }: Pick<TorchSetup, 'onProgress' | 'signal'>,
): Promise<UsablePython> {
  const python = join(folder, 'bin', 'python');
  if (existsSync(python)) {
    // Perhaps another setup has just made it.
    const found = await inspectPython(python, signal).catch(() => undefined);
    if (found !== undefined) {
      return found;
    }
  }
  requireSpace(folder);
  rmSync(folder, { recursive: true, force: true });
  try {
    onProgress(`Making a Python environment in ${folder}`);
    await step('python3', ['-m', 'venv', folder], signal, (line) => {
      onProgress(line);
    });
    onProgress(`Installing ${REQUIREMENTS.join(', ')} with pip`);
    await step(python, ['-m', 'pip', 'install', ...REQUIREMENTS], signal, (line) => {
      if (/^(Collecting|Downloading|Installing|Successfully)/.test(line.trim())) {
        onProgress(line.trim().slice(0, 200));
      }
    });
    return await inspectPython(python, signal);
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    throw error;
  }
}

async function step(
  program: string,
  args: readonly string[],
  signal: AbortSignal,
  onLine: (line: string) => void,
): Promise<void> {
  const { status, lines, lastError } = await runPython(program, args, { signal, onLine });
  if (status !== 0) {
    throw failure(
      `${program} ${args.slice(0, 3).join(' ')} failed (${lastError || (lines.at(-1) ?? String(status))}): choose a Python that has PyTorch, or install python3 with its venv module (Debian, Ubuntu: "apt install python3-venv").`,
    );
  }
}

function requireSpace(folder: string): void {
  const { bavail, bsize } = statfsSync(join(folder, '..'));
  if (bavail * bsize < DISK_BYTES) {
    throw failure(
      `PyTorch needs up to ${DISK_BYTES / 1e9} GB in ${folder}, and ${((bavail * bsize) / 1e9).toFixed(1)} GB are free: set ADEPT_HOME to a folder on a larger disk, or choose a Python that has PyTorch.`,
    );
  }
}
