import { runEventText } from '../../shared/run/runEventText';
import type { RunEvent } from '../../shared/run/runFolder';
import type { Output } from './output';

/** Puts a run's events on stderr as people read them; steps are left to the progress line. */
export function logEvent(output: Output, event: RunEvent): void {
  // An error is what the command itself ends with.
  const text = event.type === 'error' ? undefined : runEventText(event);
  if (text !== undefined) {
    output.log(text);
  }
}
