import type { RunEvent } from './runFolder';
import type { LogLevel } from './runFolder';
import { scoresOf, scoreText } from './scores';

/** Nats to four decimals, or a dash for what was not measured. */
export function nats(value: number | null): string {
  return value === null ? '–' : value.toFixed(4);
}

/** A run's event as people read it in a log; undefined for what is not for it, such as steps, of which there are too many. */
export function runEventText(event: RunEvent): string | undefined {
  switch (event.type) {
    case 'status': {
      const step = event.step === undefined ? '' : ` at step ${event.step}`;
      return `${event.status}${step}${event.message === undefined ? '' : `: ${event.message}`}`;
    }
    case 'eval':
      return `step ${event.step}: domain loss ${nats(event.domainLoss)}, general loss ${nats(event.generalLoss)}`;
    case 'importance':
      // What changed the rates without measuring has a line of its own.
      return event.why === undefined
        ? `step ${event.step}: learning rates refreshed from the ${event.source}`
        : undefined;
    case 'answers':
      return `step ${event.step}: ${event.answers.length} prompts answered`;
    case 'scores':
      return `step ${event.step}: ${scoresOf(event).map(scoreText).join(', ')}`;
    case 'checkpoint':
      return `step ${event.step}: checkpoint saved`;
    case 'log':
    case 'error':
      return event.message;
    case 'done':
      return `done at step ${event.step}${event.message === undefined ? '' : `: ${event.message}`}`;
    case 'progress':
    case 'resources':
    case 'step':
      return undefined;
  }
}

/** The level that an event has in a log. */
export function runEventLevel(event: RunEvent): LogLevel {
  return event.type === 'error' ? 'error' : event.type === 'log' ? event.level : 'info';
}
