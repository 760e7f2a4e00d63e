import { closeSync, fstatSync, openSync } from 'node:fs';
import { linesFromEnd } from '../files/lineFile';
import { parseEventLine } from './eventParser';

/** What the model of a run was asked at a step. */
export interface AskedAt {
  readonly answered: boolean;
  /** Tasks that were scored. */
  readonly tasks: ReadonlySet<string>;
}

/** What the log of a run that goes on from a step has of what was asked at it, before any later step. @param log events.ndjson */
export function askedAt(log: string, step: number): AskedAt {
  const tasks = new Set<string>();
  let answered = false;
  const handle = openSync(log, 'r');
  try {
    for (const { text } of linesFromEnd(handle, fstatSync(handle).size, Infinity)) {
      const parsed = parseEventLine(text);
      const event = 'event' in parsed ? parsed.event : undefined;
      if (event?.type === 'answers' && event.step === step) {
        answered = true;
      } else if (event?.type === 'scores' && event.step === step) {
        tasks.add(event.task);
      } else if (event?.type === 'step' && event.step <= step) {
        break;
      }
    }
  } finally {
    closeSync(handle);
  }
  return { answered, tasks };
}
