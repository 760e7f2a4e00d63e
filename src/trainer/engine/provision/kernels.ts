import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import { compile, compilerFlags, type CompileOptions } from './compile';
import type { Host } from './host';
import type { PackageSources } from './sources';

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

/** Compiles the kernels beside the binding of an engine whose libraries lie in `tensorflow/`; returns the file's name. */
export async function compileKernels(host: Host, options: CompileOptions): Promise<string> {
  const { folder } = options;
  const sources = host.sources();
  const name = kernelsName(sources);
  // Written under another name first: an engine that is loading meanwhile must not see half of it.
  const staged = join(folder, 'binding', `.${name}`);
  await compile(host, options, [
    ...FLAGS,
    `-I${sources.napiHeaders}`,
    ...kernelSources(sources).filter((path) => path.endsWith('.cc')),
    ...['-o', staged, join(folder, 'tensorflow', 'libtensorflow_framework.so.2')],
    '-Wl,-rpath,$ORIGIN/../tensorflow',
  ]);
  await rename(staged, join(folder, 'binding', name));
  return name;
}
