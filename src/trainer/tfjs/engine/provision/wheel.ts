import { existsSync } from 'node:fs';
import { readdir, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { failure } from '../../../../shared/common/errors';
import { compileBinding, compiledBinding } from './compile';
import { downloadWheels } from './download';
import type { NvidiaDevice } from './gpu';
import type { Host } from './host';
import type { NativeVariant } from '../../../../node/engines/nativeInstall';
import type { RouteOptions, StagedEngine } from './route';
import { findWheelTools } from './tools';
import { unpackWheel } from './unpack';
import type { Wheel } from './wheels';

// Headers that the binding includes, directly or not, and the libraries.
const tensorflowMembers = [
  ...['tensorflow/c/', 'tensorflow/core/platform/', 'tsl/platform/', 'xla/tsl/c/'].map(
    (folder) => `tensorflow/include/${folder}`,
  ),
  'tensorflow/libtensorflow_cc.so.2',
  'tensorflow/libtensorflow_framework.so.2',
];

/** Why this machine cannot run the wheel's libraries at all, or undefined. */
export function wheelObstacle(
  host: Host,
  variant: NativeVariant,
  device: NvidiaDevice | undefined,
): string | undefined {
  if (host.platform !== 'linux' || host.arch !== 'x64') {
    return `it exists for Linux x64 and this is ${host.platform} ${host.arch}`;
  }
  const glibc = host.glibcVersion();
  const [major = 0, minor = 0] = (glibc ?? '0.0').split('.').map(Number);
  if (major < 2 || (major === 2 && minor < 27)) {
    return `it needs the GNU C library 2.27 or newer and this system has ${glibc ?? 'another C library'}`;
  }
  if (variant === 'gpu' && device?.driverMajor !== undefined && device.driverMajor < 525) {
    return `CUDA 12 needs the NVIDIA driver 525 or newer and this machine has ${String(device.driverMajor)}`;
  }
  return undefined;
}

/** The TensorFlow wheel of the Python package index with the package's own binding compiled against it. */
export async function stageWheel(host: Host, options: RouteOptions): Promise<StagedEngine> {
  const { variant, device, staging, onProgress, signal } = options;
  const obstacle = wheelObstacle(host, variant, device);
  if (obstacle !== undefined) {
    throw failure(`it does not support this machine, ${obstacle}`);
  }
  onProgress({ step: 'check', message: 'Looking for python3, pip and a C++ compiler' });
  const tools = await findWheelTools(host, staging, signal);

  const wheels = host.wheels(variant);
  const downloads = join(host.home, 'downloads');
  const temporary = join(staging, 'tmp');
  await downloadWheels(host, wheels, { pip: tools.pip, downloads, temporary, onProgress, signal });

  const folder = join(staging, 'engine');
  await unpackAll(host, options, { wheels, downloads, folder, python: tools.python });
  onProgress({ step: 'compile', message: `Compiling the binding with ${tools.compiler}` });
  await compileBinding(host, { compiler: tools.compiler, folder, temporary, signal });
  await rm(join(folder, 'tensorflow', 'include'), { recursive: true, force: true });
  return { folder, binding: compiledBinding };
}

interface Unpacking {
  readonly wheels: readonly Wheel[];
  readonly downloads: string;
  readonly folder: string;
  readonly python: string;
}

async function unpackAll(
  host: Host,
  { onProgress, signal }: RouteOptions,
  { wheels, downloads, folder, python }: Unpacking,
): Promise<void> {
  for (const [index, wheel] of wheels.entries()) {
    onProgress({ step: 'unpack', message: `Unpacking ${wheel.file}`, fraction: index / wheels.length });
    const archive = join(downloads, wheel.file);
    await unpackWheel(host, { python, archive, target: folder, prefixes: members(wheel), signal });
  }
  await exposeSolver(folder);
  if (!existsSync(join(folder, 'tensorflow', 'libtensorflow_cc.so.2'))) {
    throw failure(`the wheels in ${downloads} hold no tensorflow/libtensorflow_cc.so.2`);
  }
}

function members(wheel: Wheel): readonly string[] {
  if (!wheel.project.startsWith('nvidia-')) {
    return tensorflowMembers;
  }
  // The run paths of libtensorflow look for CUDA's libraries in `nvidia/<name>/lib`; cuda_nvcc has tools in bin and nvvm.
  const name = wheel.project
    .replace(/^nvidia-/, '')
    .replace(/-cu12$/, '')
    .replaceAll('-', '_');
  return ['lib', 'bin', 'nvvm'].map((folder) => `nvidia/${name}/${folder}/`);
}

/**
 * libtensorflow_framework opens CUDA's libraries by name, and its run path has every folder but cuSOLVER's (which only
 * libtensorflow_cc's has); without that library no GPU is registered. So the neighbour's folder gets a link to it.
 */
async function exposeSolver(folder: string): Promise<void> {
  const solver = join(folder, 'nvidia', 'cusolver', 'lib');
  const reached = join(folder, 'nvidia', 'cusparse', 'lib');
  if (!existsSync(solver) || !existsSync(reached)) {
    return;
  }
  for (const name of await readdir(solver)) {
    if (/^libcusolver\.so\.\d+$/.test(name)) {
      await symlink(join('..', '..', 'cusolver', 'lib', name), join(reached, name));
    }
  }
}
