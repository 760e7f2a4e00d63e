import type { RunEvent } from '../shared/runFolder';
import { nats, type Output } from './output';

/** Puts a run's events on stderr as people read them; steps are left to the progress line. */
export function logEvent(output: Output, event: RunEvent): void {
  switch (event.type) {
    case 'status':
      output.log(`${event.status}${event.step === undefined ? '' : ` at step ${event.step}`}`);
      break;
    case 'eval':
      output.log(
        `step ${event.step}: domain loss ${nats(event.domainLoss)}, general loss ${nats(event.generalLoss)}`,
      );
      break;
    case 'importance':
      output.log(`step ${event.step}: learning rates refreshed from the ${event.source}`);
      break;
    case 'checkpoint':
      output.log(`step ${event.step}: checkpoint saved`);
      break;
    case 'log':
      output.log(event.message);
      break;
    case 'done':
      output.log(`done at step ${event.step}`);
      break;
    case 'progress':
    case 'step':
    case 'error':
      // Steps move the progress line; an error is what the command itself ends with.
      break;
  }
}
