import { existsSync, readdirSync } from 'node:fs';
import { chmod, copyFile, cp, mkdir, rm, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { failure } from '../../../../shared/common/errors';
import { treeBytes, watchSize } from './folderSize';
import type { NvidiaDevice } from './gpu';
import type { Host } from './host';
import type { NativeVariant } from '../../../../node/engines/nativeInstall';
import { bytesText } from './progress';
import { reasonOf, type RunResult } from './run';
import type { RouteOptions, StagedEngine } from './route';

// An unreachable host may swallow packets for minutes; a working download grows all the time.
const stallLimitMs = 20_000;

/** Why the package's prebuilt libraries (libtensorflow 2.9.1, for GPUs CUDA 11.2) do not serve this machine, or undefined. */
export async function prebuiltObstacle(
  host: Host,
  variant: NativeVariant,
  device: NvidiaDevice | undefined,
  signal?: AbortSignal,
): Promise<string | undefined> {
  if (host.arch !== 'x64' || (host.platform !== 'linux' && host.platform !== 'win32')) {
    return `no binding is published for ${host.platform} ${host.arch}`;
  }
  if (host.platform === 'linux' && host.glibcVersion() === undefined) {
    return 'it needs the GNU C library and this system has another';
  }
  if (variant === 'cpu') {
    return undefined;
  }
  if (device?.computeCapability !== undefined && device.computeCapability >= 9) {
    return `it is built for CUDA 11.2, which does not know this GPU (${device.name ?? 'NVIDIA'}, compute capability ${device.computeCapability.toFixed(1)})`;
  }
  if (host.platform === 'linux' && !(await hasCuda11(host, signal))) {
    return 'it needs CUDA 11.2 and cuDNN 8.1 installed on the system, and they are not';
  }
  return undefined;
}

async function hasCuda11(host: Host, signal: AbortSignal | undefined): Promise<boolean> {
  const wanted = ['libcudart.so.11.0', 'libcudnn.so.8'];
  const { stdout } = await host.run('/sbin/ldconfig', ['-p'], { signal, timeoutMs: 20_000 });
  const folders = (host.env.LD_LIBRARY_PATH ?? '').split(':').filter((folder) => folder !== '');
  return wanted.every(
    (name) => stdout.includes(name) || folders.some((folder) => existsSync(join(folder, name))),
  );
}

/** Runs the package's own install script on a copy of the package; node_modules stays as it is. */
export async function stagePrebuilt(host: Host, options: RouteOptions): Promise<StagedEngine> {
  const { variant, device, staging, onProgress, signal } = options;
  const obstacle = await prebuiltObstacle(host, variant, device, signal);
  if (obstacle !== undefined) {
    throw failure(`it does not support this machine, ${obstacle}`);
  }
  const folder = join(staging, 'prebuilt');
  const commands = join(staging, 'commands');
  await copyPackage(host, folder);
  await writeCommands(host, commands);
  onProgress({ step: 'prebuilt', message: 'Trying the prebuilt binding and libtensorflow 2.9.1' });
  await runInstallScript(host, options, folder, commands);
  const binding = findBinding(folder);
  if (binding === undefined) {
    throw failure('the install script of @tensorflow/tfjs-node-gpu succeeded but left no binding');
  }
  await copyLibrary(host, folder, binding);
  for (const name of ['scripts', 'package.json', join('deps', 'include')]) {
    await rm(join(folder, name), { recursive: true, force: true });
  }
  return { folder, binding };
}

async function copyPackage(host: Host, folder: string): Promise<void> {
  const { package: source } = host.sources();
  await mkdir(folder, { recursive: true });
  await copyFile(join(source, 'package.json'), join(folder, 'package.json'));
  await cp(join(source, 'scripts'), join(folder, 'scripts'), { recursive: true });
}

/**
 * The install script calls `node` and `node-pre-gyp` by name. These stand in front of the PATH: the same Node.js that
 * runs this, and node-pre-gyp without its fallback to a compilation that would look for headers and node-gyp.
 */
async function writeCommands(host: Host, folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  const real = join(host.sources().modules, '@mapbox', 'node-pre-gyp', 'lib', 'main.js');
  const wrapper = join(folder, 'node-pre-gyp.cjs');
  const source = [
    "process.argv = process.argv.filter((argument) => argument !== '--fallback-to-build');",
    `process.argv[1] = ${JSON.stringify(real)};`,
    `require(${JSON.stringify(real)});`,
  ];
  await writeFile(wrapper, `${source.join('\n')}\n`);
  for (const [name, script] of [
    ['node', undefined],
    ['node-pre-gyp', wrapper],
  ] as const) {
    const words = [process.execPath, ...(script === undefined ? [] : [script])];
    if (host.platform === 'win32') {
      await writeFile(join(folder, `${name}.cmd`), `@${words.map((word) => `"${word}"`).join(' ')} %*\r\n`);
    } else {
      const path = join(folder, name);
      const quoted = words.map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(' ');
      await writeFile(path, `#!/bin/sh\nexec ${quoted} "$@"\n`);
      await chmod(path, 0o755);
    }
  }
}

async function runInstallScript(
  host: Host,
  { variant, onProgress, signal }: RouteOptions,
  folder: string,
  commands: string,
): Promise<void> {
  const stalled = new AbortController();
  let seen = { bytes: 0, at: Date.now() };
  const stop = watchSize(
    () => treeBytes(folder),
    (bytes) => {
      if (bytes > seen.bytes) {
        seen = { bytes, at: Date.now() };
        onProgress({
          step: 'prebuilt',
          message: `Fetching libtensorflow 2.9.1, ${bytesText(bytes)} unpacked so far`,
        });
      } else if (Date.now() - seen.at > stallLimitMs) {
        stalled.abort();
      }
    },
  );
  let result: RunResult;
  try {
    result = await host.run(process.execPath, [join('scripts', 'install.js'), variant, 'download'], {
      cwd: folder,
      env: {
        NODE_PATH: host.sources().modules,
        PATH: `${commands}${delimiter}${host.env.PATH ?? ''}`,
      },
      signal: AbortSignal.any([signal, stalled.signal]),
    });
  } catch (error) {
    if (stalled.signal.aborted && !signal.aborted) {
      throw failure(`the server sent no data for ${String(stallLimitMs / 1000)} s`, error);
    }
    throw error;
  } finally {
    stop();
  }
  if (result.status !== 0) {
    throw failure(`its download failed, ${reasonOf(result)}`);
  }
}

function findBinding(folder: string): string | undefined {
  const library = join(folder, 'lib');
  if (!existsSync(library)) {
    return undefined;
  }
  return readdirSync(library)
    .map((name) => join('lib', name, 'tfjs_binding.node'))
    .find((path) => existsSync(join(folder, path)));
}

/** The script puts Windows's library beside a binding of the newest N-API, where none is. */
async function copyLibrary(host: Host, folder: string, binding: string): Promise<void> {
  if (host.platform !== 'win32') {
    return;
  }
  const beside = join(folder, binding, '..', 'tensorflow.dll');
  const downloaded = join(folder, 'deps', 'lib', 'tensorflow.dll');
  if (!existsSync(beside) && existsSync(downloaded)) {
    await copyFile(downloaded, beside);
  }
}
