import { runEventText } from '../../shared/run/runEventText';
import type { RunEvent } from '../../shared/run/runFolder';
import type { RunHooks } from '../../trainer/jobs/lease/runLease';
import type { Output } from './output';

/** What a run of this command tells: its events, logged. */
export function loggedHooks(output: Output): RunHooks {
  return {
    task: output.task,
    onEvent: (event) => {
      logEvent(output, event);
    },
  };
}

/** Puts a run's events on stderr as people read them; steps are left to the progress line. */
export function logEvent(output: Output, event: RunEvent): void {
  // An error is what the command itself ends with.
  const text = event.type === 'error' ? undefined : runEventText(event);
  if (text !== undefined) {
    output.log(text);
  }
}
