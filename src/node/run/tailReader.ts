import { closeSync, fstatSync } from 'node:fs';
import type { RunEvent } from '../../shared/run/runFolder';
import { type Line, LineFollower, linesFromEnd, openExisting } from '../files/lineFile';
import { eventOfLine } from './eventParser';

/** How far back the first look at a log goes: some twenty thousand steps. */
const END_BYTES = 4 * 1024 * 1024;
/** Where the evaluation before the first step lies: after the importance of some thousands of units. */
const BEGIN_BYTES = 1024 * 1024;

type EventOf<T extends RunEvent['type']> = Extract<RunEvent, { type: T }>;

/** The last event of each kind, of which the first look finds those that say where a run is. */
export type LastEvents = { readonly [T in RunEvent['type']]?: EventOf<T> } & {
  readonly any?: RunEvent;
  /** The evaluation with the lowest domain loss among those read. */
  readonly best?: EventOf<'eval'>;
};

/**
 * Keeps up with a run's events.ndjson without reading the whole of it: the first look goes from its end backwards, every
 * later one takes in what came since.
 */
export class TailReader {
  private follower: LineFollower | undefined;
  private lastEvents: LastEvents = {};
  private beforeTuning: EventOf<'eval'> | undefined;
  private beginSearched = false;

  constructor(private readonly file: string) {}

  get last(): LastEvents {
    return this.lastEvents;
  }

  /** The evaluation before the first step. */
  get before(): EventOf<'eval'> | undefined {
    return this.beforeTuning;
  }

  /**
   * Takes in what the log says now.
   * @returns the events that came since the last call; none the first time
   * @throws AdeptError (input) naming the file and the byte at which something lies that is no event.
   */
  update(): readonly RunEvent[] {
    try {
      const events = this.follower === undefined ? this.readEnd() : this.readNew(this.follower);
      this.findBefore();
      return events;
    } catch (error) {
      // The next look begins anew: what is wrong may lie where nothing depends on it, or be gone.
      this.follower = undefined;
      this.lastEvents = {};
      throw error;
    }
  }

  private readEnd(): readonly RunEvent[] {
    const handle = openExisting(this.file);
    if (handle === undefined) {
      return [];
    }
    try {
      const { size } = fstatSync(handle);
      let end: number | undefined;
      for (const line of linesFromEnd(handle, size, END_BYTES)) {
        end ??= line.offset + Buffer.byteLength(line.text) + 1;
        this.addEarlier(line);
        const { step, eval: evaluation, status } = this.lastEvents;
        if (step && evaluation && status) {
          break;
        }
      }
      this.follower = new LineFollower(this.file, end ?? 0);
    } finally {
      closeSync(handle);
    }
    return [];
  }

  private readNew(follower: LineFollower): readonly RunEvent[] {
    const before = follower.offset;
    const lines = follower.read();
    if (follower.offset < before) {
      // Another run took the folder.
      this.lastEvents = {};
      this.beforeTuning = undefined;
      this.beginSearched = false;
    }
    const events = lines.flatMap((line) => this.eventOf(line) ?? []);
    for (const event of events) {
      this.lastEvents = {
        ...this.lastEvents,
        any: event,
        [event.type]: event,
        ...this.betterThanBest(event),
      };
    }
    return events;
  }

  private addEarlier(line: Line): void {
    const event = this.eventOf(line);
    if (event !== undefined) {
      this.lastEvents = {
        any: event,
        [event.type]: event,
        ...this.lastEvents,
        ...this.betterThanBest(event),
      };
    }
  }

  private eventOf({ text, offset }: Line): RunEvent | undefined {
    return eventOfLine(text, `${this.file}, the line at byte ${offset}`);
  }

  private betterThanBest(event: RunEvent): LastEvents {
    return event.type === 'eval' && hasLowerLoss(event, this.lastEvents.best) ? { best: event } : {};
  }

  /** Looks for the evaluation before the first step, until it is there or the log has grown past where it would be. */
  private findBefore(): void {
    if (this.beforeTuning !== undefined || this.beginSearched) {
      return;
    }
    const handle = openExisting(this.file);
    if (handle === undefined) {
      return;
    }
    try {
      const size = Math.min(fstatSync(handle).size, BEGIN_BYTES);
      this.beginSearched = size === BEGIN_BYTES;
      for (const line of linesFromEnd(handle, size, size)) {
        if (line.text.includes('"eval"')) {
          const event = this.eventOf(line);
          this.beforeTuning = event?.type === 'eval' && event.step === 0 ? event : this.beforeTuning;
        }
      }
    } finally {
      closeSync(handle);
    }
  }
}

/** Whether the domain loss is lower than the other's; one that was not measured is not. */
export function hasLowerLoss(
  losses: { readonly domainLoss: number | null },
  other: { readonly domainLoss: number | null } | null | undefined,
): boolean {
  return losses.domainLoss !== null && losses.domainLoss < (other?.domainLoss ?? Infinity);
}
