import { setImmediate } from 'node:timers/promises';
import { looksLikeStep, parseEventLine } from './eventParser';
import { GrowingFile, type Lines } from '../files/growingFile';
import { RunHistory } from './runHistory';

/** A log up to this size is read at once; a longer one is sampled first. */
const SAMPLE_ABOVE = 8 * 2 ** 20;
/** Steps that a sampling pass reads. */
const SAMPLED_STEPS = 4000;
/** Bytes of a step's line, about. */
const STEP_BYTES = 200;
/** Work goes on no longer than this before others get their turn. */
const SLICE_MILLISECONDS = 8;
const LINES_PER_LOOK_AT_THE_CLOCK = 32;

export interface RunHistoryOptions {
  /** Bytes above which a log is sampled before it is read. */
  readonly sampleAbove?: number;
  /** Steps that a sampling pass reads, about. */
  readonly sampledSteps?: number;
}

/** One way through the log. */
class Pass {
  readonly history = new RunHistory();
  /** Number of the last line that was read, counting from 1. */
  line = 0;
  /** Types of events that only a later version knows; each is told of once. */
  readonly unknownTypes = new Set<string>();

  /** @param stride one step in so many is read; every other event always is */
  constructor(readonly stride = 1) {}
}

/**
 * The history of a run, read from its events.ndjson and kept up to date as that grows. A long log is sampled first: every
 * event that is no step, and one step in many, which is a picture of the whole within a fraction of the time; then it is read
 * completely. Reading never keeps the process for longer than some milliseconds.
 */
export class HistoryReader {
  private readonly log: GrowingFile;
  private shown = new Pass();
  private isClosed = false;
  private readFraction: number | null = null;
  private replaced = 0;
  private known = false;

  constructor(
    private readonly file: string,
    private readonly options: RunHistoryOptions = {},
  ) {
    this.log = new GrowingFile(file);
  }

  /** What is known so far. */
  get history(): RunHistory {
    return this.shown.history;
  }

  /** Changes when `history` became another one: what was taken from the old one says nothing about the new. */
  get generation(): number {
    return this.replaced;
  }

  /** Whether `history` reaches to the end of the log as it was when it was read last; false before the first picture. */
  get isKnown(): boolean {
    return this.known;
  }

  /** How much of the log was read, 0 to 1, while a read is under way; null when all was. */
  get reading(): number | null {
    return this.readFraction;
  }

  /**
   * Reads what is new. Not to be called again before it ended.
   * @param onPicture is told when there is more to show although reading goes on
   * @returns whether anything was new
   * @throws the file system's error when the log exists and cannot be read
   */
  async readOn(onPicture: () => void = () => undefined): Promise<boolean> {
    const opened = await this.log.open();
    try {
      if (opened === 'new') {
        this.show(new Pass());
        this.known = false;
      }
      const { read, size } = this.log.progress;
      if (read > 0 || size <= (this.options.sampleAbove ?? SAMPLE_ABOVE)) {
        const grew = await this.read(this.shown, onPicture);
        this.known = true;
        return grew || opened === 'new';
      }
      await this.samplingPass(size, onPicture);
      return true;
    } finally {
      this.readFraction = null;
      await this.log.close();
    }
  }

  /** Ends a read that is under way as soon as possible. */
  close(): void {
    this.isClosed = true;
  }

  private show(pass: Pass): void {
    this.shown = pass;
    this.replaced += 1;
  }

  /** Reads a long log twice: roughly, which is shown, and completely, which then takes its place. */
  private async samplingPass(size: number, onPicture: () => void): Promise<void> {
    const steps = this.options.sampledSteps ?? SAMPLED_STEPS;
    const rough = new Pass(Math.max(1, Math.floor(size / STEP_BYTES / steps)));
    await this.read(rough, onPicture);
    this.show(rough);
    this.known = true;
    this.log.rewind();
    this.readFraction = 0;
    onPicture();
    const whole = new Pass();
    await this.read(whole, onPicture);
    if (!this.isClosed) {
      this.show(whole);
    }
  }

  /** Reads to the end. @returns whether there was anything */
  private async read(pass: Pass, onPicture: () => void): Promise<boolean> {
    let lines = await this.next();
    const grew = lines !== undefined;
    while (lines !== undefined) {
      await this.addLines(pass, lines);
      const { read, size } = this.log.progress;
      lines = await this.next();
      if (lines !== undefined) {
        this.readFraction = Math.min(1, read / Math.max(1, size));
        this.known = this.known && pass !== this.shown;
        onPicture();
      }
    }
    return grew;
  }

  private async next(): Promise<Lines | undefined> {
    return this.isClosed ? undefined : this.log.next();
  }

  private async addLines(pass: Pass, { bytes, end, tooLong }: Lines): Promise<void> {
    if (tooLong) {
      pass.line += 1;
      this.report(pass, 'this line is too long to be an event');
    }
    let sliceEnd = performance.now() + SLICE_MILLISECONDS;
    let skipped: readonly [begin: number, end: number] | undefined;
    for (let begin = 0; begin < end;) {
      const newline = bytes.indexOf(0x0a, begin);
      pass.line += 1;
      if (pass.line % pass.stride !== 0 && looksLikeStep(bytes, begin)) {
        skipped = [begin, newline];
      } else {
        // The step before another event is read, so that the picture reaches to where the run was then.
        this.addLine(pass, bytes, skipped);
        this.addLine(pass, bytes, [begin, newline]);
        skipped = undefined;
      }
      begin = newline + 1;
      if (pass.line % LINES_PER_LOOK_AT_THE_CLOCK === 0 && performance.now() > sliceEnd) {
        await setImmediate();
        sliceEnd = performance.now() + SLICE_MILLISECONDS;
      }
    }
    this.addLine(pass, bytes, skipped);
  }

  private addLine(pass: Pass, bytes: Buffer, range: readonly [begin: number, end: number] | undefined): void {
    if (range === undefined) {
      return;
    }
    const parsed = parseEventLine(bytes.toString('utf8', ...range));
    if ('event' in parsed) {
      pass.history.add(parsed.event);
    } else if ('problem' in parsed) {
      this.report(pass, parsed.problem);
    } else if (!pass.unknownTypes.has(parsed.unknownType)) {
      pass.unknownTypes.add(parsed.unknownType);
      this.report(pass, laterVersion(parsed.unknownType));
    }
  }

  private report(pass: Pass, message: string): void {
    pass.history.addProblem({ file: this.file, line: pass.line, message });
  }
}

function laterVersion(type: string): string {
  return `this version of ADEPT knows no event "${type}": update ADEPT to see all of the run`;
}
