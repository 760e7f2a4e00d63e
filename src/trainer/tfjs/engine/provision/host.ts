import { existsSync, readFileSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { nativeHome } from '../../../../node/engines/nativeHome';
import { run, type Run } from './run';
import type { NativeVariant } from '../../../../node/engines/nativeInstall';
import { packageSources, type PackageSources } from './sources';
import { wheelsOf, type Wheel } from './wheels';

/** The machine that setup works on; tests put another in its place. */
export interface Host {
  readonly platform: NodeJS.Platform;
  readonly arch: string;
  readonly env: NodeJS.ProcessEnv;
  /** Where native engines live, see {@link nativeHome}. */
  readonly home: string;
  readonly run: Run;
  /** Bytes that this user may still write to the file system of `folder`, which exists. */
  freeBytes(folder: string): Promise<number>;
  /** What Linux says of its processors in /proc/cpuinfo; empty elsewhere. */
  cpuInfo(): string;
  /** The version of the GNU C library that Node.js runs on; undefined where it is another library. */
  glibcVersion(): string | undefined;
  sources(): PackageSources;
  /** The files of the wheel route, pinned. */
  wheels(variant: NativeVariant): readonly Wheel[];
}

export function thisHost(): Host {
  return {
    platform: process.platform,
    arch: process.arch,
    env: process.env,
    home: nativeHome(),
    run,
    async freeBytes(folder) {
      const { bavail, bsize } = await statfs(folder);
      return bavail * bsize;
    },
    cpuInfo: () => (existsSync('/proc/cpuinfo') ? readFileSync('/proc/cpuinfo', 'utf8') : ''),
    glibcVersion: reportedGlibc,
    sources: packageSources,
    wheels: wheelsOf,
  };
}

function reportedGlibc(): string | undefined {
  const report: unknown = process.report.getReport();
  const header: unknown =
    typeof report === 'object' && report !== null && 'header' in report ? report.header : {};
  return typeof header === 'object' &&
    header !== null &&
    'glibcVersionRuntime' in header &&
    typeof header.glibcVersionRuntime === 'string'
    ? header.glibcVersionRuntime
    : undefined;
}
