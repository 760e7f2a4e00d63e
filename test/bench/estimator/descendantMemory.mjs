import { clearInterval, setInterval } from 'node:timers';
import { readFileSync } from 'node:fs';

/**
 * Peak resident memory of the processes below one, as Linux counts it for each. A process that ended keeps its last value.
 * @param {(above: number) => readonly {pid: number}[]} descendantsOf
 * @param {number} above
 * @returns {{bytes: () => number, stop: () => void}}
 */
export function watchDescendants(descendantsOf, above) {
  const peaks = new Map();
  const timer = setInterval(() => {
    for (const { pid } of descendantsOf(above)) {
      peaks.set(pid, Math.max(peakOf(pid), peaks.get(pid) ?? 0));
    }
  }, 100);
  return {
    bytes: () => [...peaks.values()].reduce((sum, peak) => sum + peak, 0),
    stop: () => clearInterval(timer),
  };
}

function peakOf(pid) {
  try {
    const [, kibibytes] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
    return Number(kibibytes ?? 0) * 1024;
  } catch {
    // It ended meanwhile.
    return 0;
  }
}
