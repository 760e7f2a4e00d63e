import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { failure } from '../../../shared/errors';
import type { Host } from './host';
import { reasonOf } from './run';

export interface CompileOptions {
  readonly compiler: string;
  /** The folder that holds `tensorflow/include` and the libraries in `tensorflow/`; the binding goes to `binding/`. */
  readonly folder: string;
  readonly signal?: AbortSignal;
}

export const compiledBinding = join('binding', 'tfjs_binding.node');

/**
 * Compiles the package's binding against the libraries of the TensorFlow wheel; only Node-API headers are needed.
 * The libraries are found relative to the binding, so that the folder can be moved.
 */
export async function compileBinding(host: Host, options: CompileOptions): Promise<void> {
  const { compiler, folder, signal } = options;
  const { package: packageFolder, napiHeaders } = host.sources();
  await mkdir(join(folder, 'binding'), { recursive: true });
  const library = join(folder, 'tensorflow');
  const result = await host.run(
    compiler,
    [
      ...['-std=c++17', '-O2', '-fPIC', '-shared', '-fvisibility=hidden', '-DNAPI_VERSION=8'],
      // Node's own headers come from a package; the binding is told apart by the module name that it registers.
      ...['-DNODE_GYP_MODULE_NAME=tfjs_binding', `-I${napiHeaders}`, `-I${join(library, 'include')}`],
      ...['tfjs_backend.cc', 'tfjs_binding.cc'].map((name) => join(packageFolder, 'binding', name)),
      ...['-o', join(folder, compiledBinding)],
      ...['libtensorflow_cc.so.2', 'libtensorflow_framework.so.2'].map((name) => join(library, name)),
      '-Wl,-rpath,$ORIGIN/../tensorflow',
    ],
    { cwd: folder, env: { TMPDIR: join(folder, 'tmp') }, signal },
  );
  if (result.status !== 0) {
    throw failure(
      `${compiler} could not compile the native engine's binding (${reasonOf(result)}): install a current g++ or clang++ and run "adept setup" again.`,
    );
  }
}
