import type { TFJSBinding } from '@tensorflow/tfjs-node-gpu/dist/tfjs_binding';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { availableParallelism, cpus } from 'node:os';
import { failure, messageOf } from '../../../shared/common/errors';
import type { NativeInstall } from '../../../node/engines/nativeInstall';
import { loadQuietly } from './provision/stderrGuard';

export type { TFJSBinding };

const bindingFunctions = [
  'createTensor',
  'deleteTensor',
  'tensorDataSync',
  'executeOp',
  'getNumOfTensors',
  'isUsingGpuDevice',
] as const;

// A native module can be loaded into a process once.
const loaded = new Map<string, TFJSBinding>();

/**
 * Loads an installed binding and libtensorflow with it (0.8 s, 370 MB).
 * @throws AdeptError (failure) that says what is missing and what to do.
 */
export function loadNativeBinding(install: Pick<NativeInstall, 'binding'>): TFJSBinding {
  const { binding: path } = install;
  const present = loaded.get(path);
  if (present !== undefined) {
    return present;
  }
  supplyRemovedUtilities();
  // libtensorflow reads it at its start. Its errors come as exceptions; fatal ones are logged at any level.
  process.env.TF_CPP_MIN_LOG_LEVEL ??= '3';
  // libtensorflow multiplies with oneDNN of its own accord only where a processor has AVX-512; with AVX2 alone that is up
  // to three times as fast too (measured at [341, 576]·[49152, 576]ᵀ, the vocabulary's projection).
  process.env.TF_ENABLE_ONEDNN_OPTS ??= '1';
  // Otherwise it takes all of a GPU's memory at once, also from others who compute there.
  process.env.TF_FORCE_GPU_ALLOW_GROWTH ??= 'true';
  const addon: { exports: unknown } = { exports: {} };
  try {
    loadQuietly(path, () => {
      process.dlopen(addon, path);
    });
  } catch (error) {
    throw failure(
      `The native engine ${path} cannot be loaded: ${loadReason(messageOf(error))}; run "adept setup" again, or give --engine wasm.`,
      error,
    );
  }
  if (!isBinding(addon.exports)) {
    throw failure(
      `The native engine ${path} is not the binding of @tensorflow/tfjs-node-gpu: run "adept setup" again, or give --engine wasm.`,
    );
  }
  loaded.set(path, addon.exports);
  return addon.exports;
}

/** What tfjs-node calls and Node.js 23 removed. */
function supplyRemovedUtilities(): void {
  const util: unknown = createRequire(__filename)('node:util');
  if (typeof util !== 'object' || util === null) {
    return;
  }
  const supplied = {
    isNullOrUndefined: (value: unknown) => value === null || value === undefined,
    isArray: (value: unknown) => Array.isArray(value),
  };
  for (const [name, value] of Object.entries(supplied)) {
    if (!(name in util)) {
      Object.defineProperty(util, name, { value, writable: true, configurable: true });
    }
  }
}

function isBinding(exports: unknown): exports is TFJSBinding {
  if (typeof exports !== 'object' || exports === null) {
    return false;
  }
  const known = new Map<string, unknown>(bindingFunctions.map((name) => [name, Reflect.get(exports, name)]));
  return (
    [...known.values()].every((value) => typeof value === 'function') &&
    typeof Reflect.get(exports, 'TF_Version') === 'string'
  );
}

/** What the dynamic linker said, in words. */
export function loadReason(message: string): string {
  const line = message.split('\n')[0] ?? message;
  const missing = /(\S+): cannot open shared object file/.exec(line)?.[1];
  if (missing !== undefined) {
    return `the library ${missing} is missing`;
  }
  const symbols = /version [`'](GLIBC(?:XX)?)_([\d.]+)' not found/.exec(line);
  if (symbols !== null) {
    const [, family, version] = symbols;
    return `it needs ${family === 'GLIBC' ? 'the GNU C library' : 'the GNU C++ library with symbols'} ${version ?? ''} or newer, and this system's is older`;
  }
  return line;
}

export interface NativeDescription {
  /** For example "libtensorflow 2.21.0". */
  readonly library: string;
  /** The device that really computes, whatever was asked for or installed. */
  readonly device: 'CPU' | 'GPU';
  readonly deviceName?: string;
  readonly threads: number;
}

/** What computes: asked of the loaded binding, not of the installation's file. */
export function describeNative(_install: NativeInstall, binding: TFJSBinding): NativeDescription {
  const device = binding.isUsingGpuDevice() ? 'GPU' : 'CPU';
  const deviceName = device === 'GPU' ? gpuName() : cpus()[0]?.model.trim();
  return {
    library: `libtensorflow ${binding.TF_Version}`,
    device,
    ...(deviceName === undefined || deviceName === '' ? {} : { deviceName }),
    threads: threadCount(),
  };
}

/** Threads of one operation: TF_NUM_INTRAOP_THREADS, or the processors that this process may run on. */
export function threadCount(env: NodeJS.ProcessEnv = process.env, status: string = ownStatus()): number {
  const asked = Number(env.TF_NUM_INTRAOP_THREADS);
  if (Number.isInteger(asked) && asked > 0) {
    return asked;
  }
  // libtensorflow counts the affinity mask, where Node.js may also count the quota of a container.
  const ranges = /^Cpus_allowed_list:\s*([\d,-]+)$/m.exec(status)?.[1]?.split(',') ?? [];
  const allowed = ranges.reduce((sum, range) => {
    const [first = 0, last = first] = range.split('-').map(Number);
    return sum + last - first + 1;
  }, 0);
  return allowed > 0 ? allowed : availableParallelism();
}

function ownStatus(): string {
  try {
    return readFileSync('/proc/self/status', 'utf8');
  } catch {
    return '';
  }
}

/** The GPU's name where it is beyond doubt: all devices of the machine have the same. */
function gpuName(): string | undefined {
  try {
    const output = execFileSync('nvidia-smi', ['--query-gpu=name', '--format=csv,noheader'], {
      encoding: 'utf8',
      timeout: 5_000,
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const names = new Set(output.split('\n').map((line) => line.trim()));
    names.delete('');
    return names.size === 1 ? [...names][0] : undefined;
  } catch {
    return undefined;
  }
}
