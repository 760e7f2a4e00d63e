import { setTimeout } from 'node:timers/promises';
import { failure } from '../../../shared/common/errors';
import type { KnownProcess } from '../../../node/process/descendants';
import { rankOf, stoppedOf } from './processTree';

const LOOKS = 5;

/**
 * Looks for a process that was stopped while all start: the others would wait for it, and nobody looks at their pulse yet.
 * Never resolves, and rejects when the start is over, too.
 * @param when it is over, and how long a process may be stopped, ms: whoever stops one for a moment may continue it
 * @throws AdeptError (failure) naming it
 */
export async function stoppedBefore(
  processes: () => readonly KnownProcess[],
  { over, longest }: { readonly over: AbortSignal; readonly longest: number },
): Promise<never> {
  let since = new Map<number, number>();
  for (;;) {
    // Ends the looking; by then nobody waits for what comes of it.
    await setTimeout(longest / LOOKS, undefined, { ref: false, signal: over });
    const now = performance.now();
    since = new Map(stoppedOf(processes()).map(({ pid }) => [pid, since.get(pid) ?? now]));
    for (const [pid, begin] of since) {
      if (now - begin >= longest) {
        const rank = rankOf(pid);
        const who = rank === undefined ? 'A process' : `Rank ${rank}`;
        throw failure(
          `${who} of the torch executor was stopped while it started, and all processes were ended: start again.`,
        );
      }
    }
  }
}
