import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { failure } from '../../../../shared/common/errors';
import type { Host } from './host';
import { reasonOf } from './run';
import { guardName, guardSource } from './stderrGuard';

export interface CompileOptions {
  readonly compiler: string;
  /** Holds the headers in `tensorflow/include` and the libraries in `tensorflow/`; the binding goes to `binding/`. */
  readonly folder: string;
  /** Exists, and is removed with the staging folder. */
  readonly temporary: string;
  readonly signal?: AbortSignal;
}

export const compiledBinding = join('binding', 'tfjs_binding.node');

/** Of every compilation. */
export const compilerFlags = ['-std=c++17', '-O2', '-fPIC', '-shared', '-DNAPI_VERSION=8'];

/**
 * Compiles the package's binding against the libraries of the TensorFlow wheel; only Node-API headers are needed.
 * The libraries are found relative to the binding, so that the folder can be moved.
 */
export async function compileBinding(host: Host, options: CompileOptions): Promise<void> {
  const { folder } = options;
  const { package: packageFolder, napiHeaders } = host.sources();
  const library = join(folder, 'tensorflow');
  await mkdir(join(folder, 'binding'), { recursive: true });
  await compile(host, options, [
    ...[`-I${napiHeaders}`, `-I${join(library, 'include')}`],
    ...['tfjs_backend.cc', 'tfjs_binding.cc'].map((name) => join(packageFolder, 'binding', name)),
    ...['-o', join(folder, compiledBinding)],
    ...['libtensorflow_cc.so.2', 'libtensorflow_framework.so.2'].map((name) => join(library, name)),
    '-Wl,-rpath,$ORIGIN/../tensorflow',
  ]);
  const guard = join(folder, 'binding', 'stderr_guard.cc');
  await writeFile(guard, guardSource);
  await compile(host, options, [`-I${napiHeaders}`, guard, '-o', join(folder, 'binding', guardName)]);
  await rm(guard);
}

/** Runs the compiler; `args` follow the flags. */
export async function compile(host: Host, options: CompileOptions, args: readonly string[]): Promise<void> {
  const { compiler, folder, temporary, signal } = options;
  const result = await host.run(compiler, [...compilerFlags, ...args], {
    cwd: folder,
    env: { TMPDIR: temporary },
    signal,
  });
  if (result.status !== 0) {
    throw failure(
      `${compiler} could not compile a part of the native engine (${reasonOf(result)}): install a current g++ or clang++ and run "adept setup" again`,
    );
  }
}
