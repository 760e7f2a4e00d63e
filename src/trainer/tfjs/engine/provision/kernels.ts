import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { readdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { failure, messageOf } from '../../../../shared/common/errors';
import { compile, compilerFlags } from './compile';
import type { Host } from './host';
import type { OnProgress } from './progress';
import type { PackageSources } from './sources';
import { findCompiler } from './tools';
import { verifyKernels } from './verify';

// Vectors of eight floats and fused multiply-add: every x86-64 processor since 2013 (Haswell, Zen) has them.
const NEEDED = ['avx2', 'fma'];

const FLAGS = ['-O3', '-fno-math-errno', '-pthread', ...NEEDED.map((name) => `-m${name}`)];

/** What the processor lacks for the kernels, or undefined; `cpuinfo` as Linux gives it in /proc/cpuinfo. */
export function missingInstructions(cpuinfo: string): string | undefined {
  const flags = new Set(/^flags\s*:(.*)$/m.exec(cpuinfo)?.[1]?.trim().split(/\s+/) ?? []);
  const missing = NEEDED.filter((name) => !flags.has(name));
  return missing.length === 0 ? undefined : missing.join(' and ');
}

/** The kernels' source files, absolute, in a fixed order. */
export function kernelSources({ kernels }: Pick<PackageSources, 'kernels'>): readonly string[] {
  return readdirSync(kernels)
    .filter((name) => /\.(cc|h)$/.test(name))
    .sort()
    .map((name) => join(kernels, name));
}

/**
 * The file of the compiled kernels, beside the binding. Its name carries a hash of their sources and flags: an engine
 * never loads what another version of this program compiled.
 */
export function kernelsName(sources: Pick<PackageSources, 'kernels'>): string {
  const hash = createHash('sha256').update([...compilerFlags, ...FLAGS].join(' '));
  for (const path of kernelSources(sources)) {
    hash.update(readFileSync(path));
  }
  return `adept_kernels-${hash.digest('hex').slice(0, 12)}.node`;
}

/** An engine that is complete but for its kernels. */
export interface KernelRequest {
  readonly folder: string;
  /** The path of tfjs_binding.node; the kernels go beside it. */
  readonly binding: string;
  /** Exists, and is removed afterwards. */
  readonly temporary: string;
  readonly onProgress: OnProgress;
  readonly signal?: AbortSignal;
}

/**
 * Compiles this version's kernels for an engine that has none, and sees them compute. Without them the engine computes
 * the same, slower: what is in their way is said, and no error.
 */
export async function provideKernels(host: Host, request: KernelRequest): Promise<void> {
  const { binding, onProgress, signal } = request;
  const path = join(dirname(binding), kernelsName(host.sources()));
  if (existsSync(path)) {
    return;
  }
  try {
    const staged = await compileKernels(host, request);
    await verifyKernels(host, binding, staged, signal);
    await removeKernels(dirname(binding));
    await rename(staged, path);
  } catch (error) {
    if (signal?.aborted === true) {
      throw error;
    }
    const message = `Continuing without fused kernels, slower: ${messageOf(error)}`;
    onProgress({ step: 'compile', message });
  }
}

/** Kernels of other versions that stay: the extension and the command share an engine, and may be of different versions. */
const OTHERS_KEPT = 3;

/** Removes what other versions of this program compiled, save the latest. */
async function removeKernels(folder: string): Promise<void> {
  const names = (await readdir(folder)).filter((name) => /^adept_kernels-[0-9a-f]+\.node$/.test(name));
  const aged = await Promise.all(
    names.map(async (name) => ({ path: join(folder, name), time: (await stat(join(folder, name))).mtimeMs })),
  );
  for (const { path } of aged.sort((a, b) => b.time - a.time).slice(OTHERS_KEPT)) {
    await rm(path, { force: true });
  }
}

/** Where libtensorflow lies in an engine of the wheel route, and in one of the prebuilt route. */
const LIBRARY_FOLDERS = ['tensorflow', join('deps', 'lib')];
const LIBRARY = 'libtensorflow_framework.so.2';

async function compileKernels(host: Host, request: KernelRequest): Promise<string> {
  const { folder, binding, temporary, onProgress, signal } = request;
  if (host.platform !== 'linux' || host.arch !== 'x64') {
    throw failure(`they exist for Linux x64, and this is ${host.platform} ${host.arch}`);
  }
  const missing = missingInstructions(host.cpuInfo());
  if (missing !== undefined) {
    throw failure(`the processor lacks ${missing}`);
  }
  const library = LIBRARY_FOLDERS.map((name) => join(folder, name)).find((candidate) =>
    existsSync(join(candidate, LIBRARY)),
  );
  if (library === undefined) {
    throw failure(`${folder} holds no ${LIBRARY}`);
  }
  const compiler = await findCompiler(host, temporary, signal);
  if (compiler === undefined) {
    throw failure('there is no C++17 compiler ("apt install g++", "dnf install gcc-c++")');
  }
  onProgress({ step: 'compile', message: `Compiling the fused kernels with ${compiler}` });
  const sources = host.sources();
  const staged = join(temporary, 'adept_kernels.node');
  await compile(host, { compiler, folder: temporary, temporary, signal }, [
    ...FLAGS,
    `-I${sources.napiHeaders}`,
    ...kernelSources(sources).filter((path) => path.endsWith('.cc')),
    ...['-o', staged, join(library, LIBRARY)],
    `-Wl,-rpath,$ORIGIN/${relative(dirname(binding), library)}`,
  ]);
  return staged;
}
