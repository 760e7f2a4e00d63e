import { spawnSync } from 'node:child_process';
import { tmpdir } from 'node:os';

/** A way to let a command run out of space below one folder. */
export interface FullDisk {
  readonly name: string;
  /** Why it cannot be had on this machine; node:test prints it. */
  readonly skip: string | false;
  /** What an error says of it. */
  readonly says: string;
  /**
   * What runs a command so that below `disk`, an empty folder, there is room for so many bytes.
   * @param after an empty folder, where everything that then lies on the disk is found after the command
   */
  readonly through: (disk: string, bytes: number, after: string) => readonly string[];
}

const SMALL_DISK = `
  disk=$1 bytes=$2 after=$3; shift 3
  mount -t tmpfs -o size=$bytes adept-test "$disk" || exit 99
  "$@"; status=$?
  cp -a "$disk/." "$after"; exit $status`;

const SMALL_FILES = `
  disk=$1 bytes=$2 after=$3; shift 3
  (ulimit -f $((bytes / 512)) && exec "$@"); status=$?
  cp -a "$disk/." "$after"; exit $status`;

const UNSHARE = [['unshare', '--mount'] as const, ['unshare', '--mount', '--map-root-user'] as const].find(
  ([program, ...options]) =>
    spawnSync(program, [...options, 'mount', '-t', 'tmpfs', 'adept-test', tmpdir()]).status === 0,
);

/** A small file system that only the command sees, and, where none can be mounted, a limit to the size of every file. */
export const FULL_DISKS: readonly FullDisk[] = [
  {
    name: 'on a full disk',
    skip: UNSHARE === undefined && 'no file system can be mounted here (unshare --mount is not permitted)',
    says: 'no space left',
    through: (disk, bytes, after) => [
      ...(UNSHARE ?? []),
      ...['sh', '-c', SMALL_DISK, 'sh', disk, String(bytes), after],
    ],
  },
  {
    name: 'where files are limited in size',
    skip: process.platform === 'win32' && 'Windows has no ulimit',
    says: 'file too large',
    through: (disk, bytes, after) => ['sh', '-c', SMALL_FILES, 'sh', disk, String(bytes), after],
  },
];
