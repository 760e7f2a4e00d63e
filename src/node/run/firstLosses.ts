import type { TextLosses } from '../../shared/run/losses';
import { readEvents } from './eventWriter';
import type { RunFolder } from './runFolder';

/** What the evaluation at step 0 found, by whichever trainer. */
export function firstLosses(run: RunFolder): TextLosses {
  const first = readEvents(run.file('events')).find((event) => event.type === 'eval' && event.step === 0);
  return first?.type === 'eval'
    ? { domainLoss: first.domainLoss, generalLoss: first.generalLoss }
    : { domainLoss: null, generalLoss: null };
}
