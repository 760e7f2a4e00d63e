import { failure } from '../../../../shared/common/errors';
import type { Host } from './host';
import { reasonOf } from './run';

// Python is here already for pip; its zip module checks the CRC of each member and keeps names inside the target.
const script = `
import os, sys, zipfile
archive, target, *prefixes = sys.argv[1:]
with zipfile.ZipFile(archive) as wheel:
    for member in wheel.infolist():
        if not member.is_dir() and member.filename.startswith(tuple(prefixes)):
            path = wheel.extract(member, target)
            if member.external_attr >> 16 & 0o111:
                os.chmod(path, 0o755)
`;

export interface UnpackOptions {
  readonly python: string;
  readonly archive: string;
  readonly target: string;
  /** Only members whose names begin with one of these. */
  readonly prefixes: readonly string[];
  readonly signal?: AbortSignal;
}

export async function unpackWheel(host: Host, options: UnpackOptions): Promise<void> {
  const { python, archive, target, prefixes, signal } = options;
  const result = await host.run(python, ['-c', script, archive, target, ...prefixes], { signal });
  if (result.status !== 0) {
    throw failure(
      `${archive} could not be unpacked into ${target} (${reasonOf(result)}): run "adept setup" again.`,
    );
  }
}
