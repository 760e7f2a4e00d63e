import type { RunEvent } from '../../shared/run/runFolder';
import { GrowingFile, type Lines } from '../files/growingFile';
import type { ScorePoint } from '../../shared/run/scores';
import { parseEventLine } from './eventParser';
import { ScoreHistory } from './scoreHistory';

type StatusEvent = Extract<RunEvent, { type: 'status' }>;

/** The base learning rate of the steps after `step`. */
export interface RateChange {
  readonly step: number;
  readonly to: number;
}

/** Stages in the order in which a trainer comes to them. */
const STAGES: readonly StatusEvent['status'][] = ['reading', 'analyzing', 'expanding', 'started'];
/** What the lines hold that are looked at; all others are passed over unread. */
const WANTED = ['"type":"status"', '"kind":"baseRate"', '"type":"scores"'] as const;
const NEWLINE = 0x0a;

/** What the whole log of a run says for a table or a comparison of runs; read without its steps, and later only what is new. */
export class RunPast {
  private readonly file: GrowingFile;
  private lastLine = '';
  private stage = -1;
  private idle = 0;
  private rates: RateChange[] = [];
  private scoreHistory = new ScoreHistory();
  private isReading = false;

  /** @param file events.ndjson */
  constructor(file: string) {
    this.file = new GrowingFile(file);
  }

  /** Seconds in which no process worked on the run: from the end of one trainer to the begin of the next. */
  get idleSeconds(): number {
    return this.idle;
  }

  /** The base learning rate that it was changed to last; undefined where it was not. */
  get baseRate(): number | undefined {
    return this.rates.at(-1)?.to;
  }

  /** Every change of the base learning rate that is in force, or was before the next. */
  get rateChanges(): readonly RateChange[] {
    return this.rates;
  }

  get scores(): readonly ScorePoint[] {
    return this.scoreHistory.points;
  }

  /** Reads what is new. @returns whether it says something else now */
  async readOn(): Promise<boolean> {
    if (this.isReading) {
      return false;
    }
    this.isReading = true;
    const before = JSON.stringify([this.idle, this.rates]);
    try {
      if ((await this.file.open()) !== 'same') {
        [this.lastLine, this.stage, this.idle, this.rates] = ['', -1, 0, []];
        this.scoreHistory = new ScoreHistory();
      }
      for (let lines = await this.file.next(); lines !== undefined; lines = await this.file.next()) {
        this.take(lines);
      }
    } finally {
      await this.file.close();
      this.isReading = false;
    }
    return JSON.stringify([this.idle, this.rates]) !== before;
  }

  private take({ bytes, end }: Lines): void {
    const whole = bytes.subarray(0, end);
    const at = WANTED.flatMap((text) => [...positionsOf(whole, text)]).sort((a, b) => a - b);
    let taken = -1;
    for (const position of at) {
      const begin = position === 0 ? 0 : whole.lastIndexOf(NEWLINE, position) + 1;
      if (begin !== taken) {
        taken = begin;
        this.takeLine(whole, begin);
      }
    }
    if (end > 0) {
      this.lastLine = lineBefore(whole, end);
    }
  }

  private takeLine(whole: Buffer, begin: number): void {
    const parsed = parseEventLine(whole.toString('utf8', begin, whole.indexOf(NEWLINE, begin)));
    if (!('event' in parsed)) {
      return;
    }
    const { event } = parsed;
    if (event.type === 'log' && event.about?.kind === 'baseRate') {
      this.rates.push({ step: event.about.step, to: event.about.to });
    } else if (event.type === 'scores') {
      this.scoreHistory.add(event);
    } else if (event.type === 'status') {
      this.takeStatus(event, begin === 0 ? this.lastLine : lineBefore(whole, begin));
    }
  }

  private takeStatus({ status, engine, step, time }: StatusEvent, lineBefore: string): void {
    const stage = STAGES.indexOf(status);
    // What goes back in its stages is another process.
    const isNewTrainer =
      engine !== undefined && (status === 'resumed' || (stage !== -1 && stage <= this.stage));
    if (isNewTrainer) {
      const before = parseEventLine(lineBefore);
      const seconds = 'event' in before ? (Date.parse(time) - Date.parse(before.event.time)) / 1000 : NaN;
      this.idle += seconds > 0 ? seconds : 0;
    }
    if (status === 'resumed' || status === 'started') {
      // What was changed after the checkpoint that it goes on from is not in force any more.
      this.rates = this.rates.filter((rate) => rate.step <= (step ?? 0));
      this.scoreHistory.cutAfter(step ?? 0);
    }
    this.stage = status === 'resumed' ? STAGES.length : stage === -1 ? this.stage : stage;
  }
}

function* positionsOf(bytes: Buffer, text: string): Generator<number> {
  for (let at = bytes.indexOf(text); at !== -1; at = bytes.indexOf(text, at + text.length)) {
    yield at;
  }
}

/** The line that ends before a line's begin. */
function lineBefore(bytes: Buffer, begin: number): string {
  const end = begin - 1;
  return bytes.toString('utf8', end <= 0 ? 0 : bytes.lastIndexOf(NEWLINE, end - 1) + 1, Math.max(0, end));
}
