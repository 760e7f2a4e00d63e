import { failure } from '../../../../shared/common/errors';
import type { Host } from './host';
import type { NativeRoute, NativeVariant } from '../../../../node/engines/nativeInstall';
import { bytesText } from './progress';

// Peaks while installing (measured for the wheels: 1.1 and 9.1 GB), with a margin.
const neededBytes: Record<NativeRoute, Record<NativeVariant, number>> = {
  wheel: { cpu: 1.5e9, gpu: 12e9 },
  prebuilt: { cpu: 1e9, gpu: 3e9 },
};

/** Fails before anything is downloaded when the route cannot fit into the file system of `folder`. */
export async function requireSpace(
  host: Host,
  folder: string,
  route: NativeRoute,
  variant: NativeVariant,
): Promise<void> {
  const needed = neededBytes[route][variant];
  const free = await host.freeBytes(folder);
  if (free < needed) {
    throw failure(
      `${folder} has ${bytesText(free)} (${String(free)} bytes) free and installing the native engine (${variant}) needs ${bytesText(needed)} (${String(needed)} bytes): free some space, or set ADEPT_HOME to a folder on a larger disk.`,
    );
  }
}
