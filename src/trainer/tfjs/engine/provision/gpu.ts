import { existsSync, readdirSync } from 'node:fs';
import type { Host } from './host';

/** An NVIDIA device of this machine, as far as it says what it is. */
export interface NvidiaDevice {
  readonly name?: string;
  /** For example 9.0 of a Hopper chip. */
  readonly computeCapability?: number;
  /** Of the kernel driver, for example 550. */
  readonly driverMajor?: number;
}

/** The first NVIDIA device that programs may see, by nvidia-smi or else by the kernel driver's own files. */
export async function nvidiaDevice(host: Host, signal?: AbortSignal): Promise<NvidiaDevice | undefined> {
  // CUDA's own way to hide every device.
  if (/^\s*(-1.*)?$/.test(host.env.CUDA_VISIBLE_DEVICES ?? '0')) {
    return undefined;
  }
  const result = await host.run(
    'nvidia-smi',
    ['--query-gpu=name,compute_cap,driver_version', '--format=csv,noheader'],
    { signal, timeoutMs: 20_000 },
  );
  const first = result.status === 0 ? result.stdout.split('\n')[0]?.trim() : undefined;
  if (first !== undefined && first !== '') {
    return parseDevice(first);
  }
  return host.platform === 'linux' && kernelListsDevice() ? {} : undefined;
}

export function parseDevice(line: string): NvidiaDevice {
  const [name, capability, driver] = line.split(',').map((cell) => cell.trim());
  return {
    name: name === '' ? undefined : name,
    computeCapability: positive(capability),
    driverMajor: positive(driver?.split('.')[0]),
  };
}

function positive(text: string | undefined): number | undefined {
  const value = Number(text);
  return Number.isFinite(value) && value > 0 ? value : undefined;
}

function kernelListsDevice(): boolean {
  const listed = '/proc/driver/nvidia/gpus';
  try {
    return existsSync('/dev/nvidiactl') && readdirSync(listed).length > 0;
  } catch {
    return false;
  }
}
