interface Mark {
  readonly step: number;
  readonly time: string;
  /** Seconds up to here that were no steps. */
  readonly excluded: number;
}

/** The latest marks that count: at least so many, at most twice as many. */
const MARKS = 64;

/**
 * How fast a run goes, from the times of its latest steps. Marks further apart in steps than one are as good; what interrupts
 * the steps (a pause, an evaluation that takes hours) is to be told by `interrupt`.
 */
export class StepClock {
  private marks: Mark[] = [];
  private excluded = 0;

  mark(step: number, time: string): void {
    const last = this.marks.at(-1);
    if (last !== undefined && step <= last.step) {
      this.marks = [];
    }
    this.marks.push({ step, time, excluded: this.excluded });
    if (this.marks.length >= 2 * MARKS) {
      this.marks = this.marks.slice(-MARKS);
    }
  }

  interrupt(): void {
    this.marks = [];
  }

  /** Something other than steps took so long. */
  exclude(seconds: number): void {
    this.excluded += seconds;
  }

  /** Steps per second; undefined before there are two marks. */
  get stepsPerSecond(): number | undefined {
    const [first] = this.marks;
    const last = this.marks.at(-1);
    if (first === undefined || last === undefined) {
      return undefined;
    }
    const seconds =
      (Date.parse(last.time) - Date.parse(first.time)) / 1000 - (last.excluded - first.excluded);
    return seconds > 0 ? (last.step - first.step) / seconds : undefined;
  }
}
