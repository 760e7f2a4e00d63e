import { existsSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { failure, messageOf } from '../../../../shared/common/errors';
import { nvidiaDevice, type NvidiaDevice } from './gpu';
import { thisHost, type Host } from './host';
import {
  inspectNativeInstall,
  type NativeInstall,
  type NativeRoute,
  type NativeVariant,
} from '../../../../node/engines/nativeInstall';
import { commitInstall, removeLeftovers } from './install';
import { interruptible } from './interrupt';
import { provideKernels } from './kernels';
import { acquireLock } from '../../../../node/files/folderLock';
import { stagePrebuilt } from './prebuilt';
import type { OnProgress } from './progress';
import type { RouteOptions, StagedEngine } from './route';
import { cancelled } from './run';
import { requireSpace } from './space';
import { verifyBinding, type Verification } from './verify';
import { stageWheel, wheelObstacle } from './wheel';

export interface ProvisionOptions {
  /** Undefined: gpu where an NVIDIA device is present and can be used, else cpu. */
  readonly variant?: NativeVariant;
  /** Installs anew even if what is there computes. */
  readonly force?: boolean;
  readonly onProgress: OnProgress;
  readonly signal?: AbortSignal;
}

interface Work {
  readonly host: Host;
  readonly onProgress: OnProgress;
  readonly signal: AbortSignal;
  readonly device: NvidiaDevice | undefined;
}

interface Route {
  readonly name: NativeRoute;
  readonly title: string;
  readonly stage: (host: Host, options: RouteOptions) => Promise<StagedEngine>;
}

const routes: readonly Route[] = [
  { name: 'prebuilt', title: 'prebuilt binding', stage: stagePrebuilt },
  { name: 'wheel', title: 'TensorFlow wheel', stage: stageWheel },
];

/**
 * Provides the native engine: returns the one that is installed if it computes, or else installs one by the first
 * route that ends in an engine seen computing on the device it is for. Nothing is visible until everything is
 * complete; an interrupted setup is cleaned by the next. SIGINT, SIGTERM and SIGHUP stop it as `signal` does.
 */
export async function provisionNativeEngine(
  options: ProvisionOptions,
  host: Host = thisHost(),
): Promise<NativeInstall> {
  return interruptible(options.signal, async (signal) => {
    const { onProgress } = options;
    await makeHome(host.home);
    const release = await acquireLock(host.home, {
      signal,
      onWait: (pid) => {
        onProgress({ step: 'wait', message: `Waiting for another setup (process ${String(pid)}) to end` });
      },
    }).catch((error: unknown) => {
      throw signal.aborted ? cancelled() : error;
    });
    try {
      return await provisionLocked(host, options, signal);
    } finally {
      release();
    }
  });
}

async function makeHome(home: string): Promise<void> {
  try {
    await mkdir(home, { recursive: true });
  } catch (error) {
    throw failure(
      `${home} cannot be created (${messageOf(error)}): set ADEPT_HOME to a folder that you may write to.`,
      error,
    );
  }
}

async function provisionLocked(
  host: Host,
  options: ProvisionOptions,
  signal: AbortSignal,
): Promise<NativeInstall> {
  const { onProgress } = options;
  for (const name of await removeLeftovers(host.home)) {
    onProgress({ step: 'clean', message: `Removed ${join(host.home, name)}, left by an earlier setup` });
  }
  const device = await nvidiaDevice(host, signal);
  if (options.variant === 'gpu' && device === undefined) {
    throw failure(
      'No NVIDIA GPU was found (nvidia-smi lists none): install its driver, or run "adept setup --cpu" for the processor.',
    );
  }
  const work: Work = { host, onProgress, signal, device };
  const existing = options.force === true ? undefined : await usableInstall(work, options.variant);
  if (existing !== undefined) {
    return existing;
  }
  const variant = options.variant ?? (device === undefined ? 'cpu' : 'gpu');
  const what = variant === 'gpu' ? `for the GPU (${device?.name ?? 'NVIDIA'})` : 'for the processor';
  onProgress({ step: 'check', message: `Setting up the native engine ${what} in ${host.home}` });
  try {
    return await installVariant(work, variant);
  } catch (error) {
    if (options.variant !== undefined || variant === 'cpu' || signal.aborted) {
      throw error;
    }
    onProgress({ step: 'check', message: `${messageOf(error)} Continuing with the processor.` });
    return installVariant(work, 'cpu');
  }
}

/** The installed engine if it is what was asked for and still computes. */
async function usableInstall(
  work: Work,
  variant: NativeVariant | undefined,
): Promise<NativeInstall | undefined> {
  const { host, onProgress, signal } = work;
  const { install, problem } = inspectNativeInstall(host.home);
  if (problem !== undefined) {
    onProgress({ step: 'check', message: problem });
  }
  if (install === undefined || (variant !== undefined && install.variant !== variant)) {
    return undefined;
  }
  onProgress({ step: 'verify', message: `Checking the installed engine ${install.folder}` });
  try {
    const { device } = await verifyBinding(host, install.binding, signal);
    if (install.variant === 'gpu' && device === 'CPU' && work.device !== undefined) {
      throw failure('The installed engine computes on the processor, not on the GPU.');
    }
    if (device === 'CPU') {
      await renewKernels(work, install);
    }
    onProgress({
      step: 'install',
      message: `The native engine is installed already and computes on the ${device}`,
    });
    return install;
  } catch (error) {
    if (signal.aborted) {
      throw error;
    }
    onProgress({ step: 'check', message: `${messageOf(error)} Installing it again.` });
    return undefined;
  }
}

/** An engine that another version of this program set up has that one's kernels, or none. */
async function renewKernels(
  { host, onProgress, signal }: Work,
  { folder, binding }: NativeInstall,
): Promise<void> {
  const staging = stagingFolder(host);
  await mkdir(staging, { recursive: true });
  try {
    await provideKernels(host, { folder, binding, temporary: staging, onProgress, signal });
  } finally {
    await rm(staging, { recursive: true, force: true, maxRetries: 3 });
  }
}

function stagingFolder({ home }: Host): string {
  return join(home, `.staging-${String(process.pid)}`);
}

async function installVariant(work: Work, variant: NativeVariant): Promise<NativeInstall> {
  const { host, device } = work;
  // The last route needs the most.
  const last = wheelObstacle(host, variant, device) === undefined ? 'wheel' : 'prebuilt';
  await requireSpace(host, host.home, last, variant);
  const reasons: string[] = [];
  for (const route of routes) {
    try {
      return await installByRoute(work, variant, route);
    } catch (error) {
      if (work.signal.aborted) {
        throw cancelled();
      }
      const reason = `${route.title}: ${messageOf(error).replace(/\.$/, '')}`;
      reasons.push(reason);
      work.onProgress({ step: 'check', message: reason });
    }
  }
  throw failure(
    `The native engine for the ${variant.toUpperCase()} could not be installed (${reasons.join('; ')}); the wasm engine works without it.`,
  );
}

async function installByRoute(work: Work, variant: NativeVariant, route: Route): Promise<NativeInstall> {
  const { host, onProgress, signal, device } = work;
  const staging = stagingFolder(host);
  await mkdir(staging, { recursive: true });
  try {
    const staged = await route.stage(host, { variant, device, staging, onProgress, signal });
    onProgress({ step: 'verify', message: 'Loading the engine and multiplying two matrices' });
    const verified = await verifyBinding(host, join(staged.folder, staged.binding), signal);
    requireDevice(variant, verified);
    // On a GPU the library's own operations compute.
    if (verified.device === 'CPU') {
      const { folder } = staged;
      const temporary = join(staging, 'kernels');
      await mkdir(temporary, { recursive: true });
      await provideKernels(host, {
        ...{ folder, binding: join(folder, staged.binding), temporary, onProgress, signal },
      });
    }
    signal.throwIfAborted();
    const install = await commitInstall(host.home, {
      ...staged,
      route: route.name,
      libtensorflow: verified.libtensorflow,
      variant,
    });
    await removeReplaced(host.home);
    onProgress({
      step: 'install',
      message: `Installed libtensorflow ${install.libtensorflow} in ${install.folder}; it computes on the ${verified.device}`,
      fraction: 1,
    });
    return install;
  } finally {
    await rm(staging, { recursive: true, force: true, maxRetries: 3 });
  }
}

/** A library for GPUs that computes on the processor is no success: TensorFlow falls back without a word. */
function requireDevice(variant: NativeVariant, { device, log, libtensorflow }: Verification): void {
  if (variant === 'gpu' && device === 'CPU') {
    const reason = log
      .split('\n')
      .find((line) => /cuda|dlopen|nvidia/i.test(line) && /fail|cannot|could not|error/i.test(line));
    throw failure(
      `libtensorflow ${libtensorflow} for GPUs loads and computes on the processor${reason === undefined ? '' : `, and its log says "${reason.replace(/^.*\.cc:\d+\] /, '').trim()}"`}`,
    );
  }
}

async function removeReplaced(home: string): Promise<void> {
  await removeLeftovers(home);
  const downloads = join(home, 'downloads');
  if (existsSync(downloads)) {
    await rm(downloads, { recursive: true, force: true });
  }
}
