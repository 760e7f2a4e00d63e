import { parseEventLine } from '../../src/node/run/eventParser';
import { RunHistory } from '../../src/node/run/runHistory';
import type { NewRunEvent } from '../../src/shared/run/runFolder';

const BEGIN = Date.parse('2026-11-25T08:00:00.000Z');

/** A line of events.ndjson as the trainer writes it, a second after the one before. */
export function eventLine(seq: number, event: NewRunEvent, seconds = seq): string {
  return `${JSON.stringify({ seq, time: new Date(BEGIN + seconds * 1000).toISOString(), ...event })}\n`;
}

export function stepEvent(step: number, loss = 3 - step / 1000): NewRunEvent {
  return {
    type: 'step',
    step,
    loss,
    learningRate: 1e-4,
    tokensPerSecond: 1000 + step,
    gradNorm: 0.5,
    tensors: 12,
  };
}

/** Of a hundred questions so many right; with two numbers, as answers in the model's own words are counted. */
export function scoresEvent(step: number, task: string, right: number, flexible?: number): NewRunEvent {
  const correct =
    flexible === undefined
      ? [{ metric: 'accuracy' as const, count: right }]
      : [
          { metric: 'strictMatch' as const, count: right },
          { metric: 'flexibleExtract' as const, count: flexible },
        ];
  return { type: 'scores', step, task, questions: 100, correct, seconds: 4 };
}

export function evalEvent(step: number, domainLoss: number | null, generalLoss: number | null): NewRunEvent {
  return { type: 'eval', step, domainLoss, generalLoss, seconds: 1 };
}

export function importanceEvent(step: number, layers: readonly number[] = [2, 5]): NewRunEvent {
  const units = layers.flatMap((layer) =>
    ['self_attn.q_proj', 'mlp.down_proj'].map((name, index) => ({
      layer,
      name,
      importance: (layer + index) / 10,
      learningRate: 1e-4 * (1 + index),
    })),
  );
  return { type: 'importance', step, units, source: 'added layers' };
}

/** The lines of a log of these events. */
export function eventLines(events: readonly NewRunEvent[], firstSeq = 0): string {
  return events.map((event, index) => eventLine(firstSeq + index, event)).join('');
}

/** What a log of these events comes to. */
export function recordOf(events: readonly NewRunEvent[]): RunHistory {
  const record = new RunHistory();
  events.forEach((event, seq) => {
    const parsed = parseEventLine(eventLine(seq, event));
    if (!('event' in parsed)) {
      throw new Error(`${JSON.stringify(event)}: ${JSON.stringify(parsed)}`);
    }
    record.add(parsed.event);
  });
  return record;
}
