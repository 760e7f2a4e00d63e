import { readFileSync } from 'node:fs';

/**
 * Peak resident memory of this process so far, bytes. On Linux from the process's own memory: what getrusage says there
 * also counts the process that started this one, as it was at that moment.
 */
export function peakMemory(): number {
  return linuxPeak() ?? process.resourceUsage().maxRSS * 1024;
}

function linuxPeak(): number | undefined {
  if (process.platform !== 'linux') {
    return undefined;
  }
  try {
    const [, kibibytes] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8')) ?? [];
    return kibibytes === undefined ? undefined : Number(kibibytes) * 1024;
  } catch {
    // No /proc here: the caller has another source.
    return undefined;
  }
}
