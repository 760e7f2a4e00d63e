import type { LogSubject } from '../../shared/run/logSubject';
import type { RunEvent } from '../../shared/run/runFolder';
import type { RunMark } from '../../shared/run/runMark';
import type { UnitRate } from '../../shared/method/unitRate';
import { spread, type UnitRates } from './unitHistory';

/** Marks that are shown at most: where there are more, of the refreshes some, and of the others the last. */
const MOST_MARKS = 1000;

type ImportanceEvent = Extract<RunEvent, { type: 'importance' }>;
type RefreshMark = Extract<RunMark, { kind: 'refresh' }>;

/** What happened to a run beside its steps, in the order of the log. */
export class MarkHistory {
  private marks: RunMark[] = [];

  /** By ascending step; what came first at a step is first. */
  get shown(): readonly RunMark[] {
    const marks = this.marks.toSorted((left, right) => left.step - right.step);
    if (marks.length <= MOST_MARKS) {
      return marks;
    }
    const others = marks.filter(({ kind }) => kind !== 'refresh').slice(-MOST_MARKS / 2);
    const refreshes = marks.filter(({ kind }) => kind === 'refresh');
    const kept = new Set([...others, ...spread(refreshes, MOST_MARKS - others.length)]);
    return marks.filter((mark) => kept.has(mark));
  }

  /** @param before the rates in force until then */
  addRefresh({ step, source, units }: ImportanceEvent, before: UnitRates | undefined): void {
    // Measured once more, by a trainer that took the run up before there was a checkpoint.
    this.marks = this.marks.filter((mark) => mark.kind !== 'refresh' || mark.step < step);
    this.marks.push(refreshMark(step, source, units, before));
  }

  /** @param reached the step that the run had come to */
  addResume(step: number, reached: number): void {
    const last = this.marks.at(-1);
    const goesBack = last?.kind === 'remedy' && last.remedy.kind === 'rollBack' && last.step === step;
    if (!goesBack) {
      this.marks.push({ kind: 'resume', step, reached: Math.max(step, reached) });
    }
  }

  addSubject(about: LogSubject): void {
    const last = this.marks.at(-1);
    if (about.kind === 'remedy') {
      const { step: at, because, remedy } = about;
      // Where a run goes back, the step at which it did so is no step of it any more.
      const step = remedy.kind === 'rollBack' ? remedy.back : at;
      this.marks.push({ kind: 'remedy', step, at, because, remedy });
    } else if (!(last?.kind === 'remedy' && last.step === about.step && isTo(last.remedy, about.to))) {
      this.marks.push({ kind: 'rate', step: about.step, from: about.from, to: about.to });
    }
  }

  cutAfter(step: number): void {
    this.marks = this.marks.filter((mark) => mark.step <= step);
  }
}

/** Whether a remedy is what changed the base rate to this. */
function isTo(remedy: Extract<RunMark, { kind: 'remedy' }>['remedy'], rate: number): boolean {
  return (remedy.kind === 'lower' || remedy.kind === 'rollBack') && remedy.to === rate;
}

function refreshMark(
  step: number,
  source: string,
  units: readonly UnitRate[],
  before: UnitRates | undefined,
): RefreshMark {
  const earlier = before === undefined ? [] : [...before.values()];
  const training = units.filter(({ frozen }) => frozen !== true).map(({ learningRate }) => learningRate);
  return {
    kind: 'refresh',
    step,
    source,
    before: earlier.length === 0 ? null : rangeOf(earlier),
    after: rangeOf(training),
    most: before === undefined ? null : mostChanged(units, before),
  };
}

function rangeOf(rates: readonly number[]): RefreshMark['after'] {
  const lowest = rates.reduce((low, rate) => Math.min(low, rate), rates[0] ?? 0);
  return { lowest, highest: rates.reduce((high, rate) => Math.max(high, rate), lowest) };
}

function mostChanged(units: readonly UnitRate[], before: UnitRates): RefreshMark['most'] {
  let most: RefreshMark['most'] = null;
  let largest = 0;
  for (const { layer, name, learningRate: to } of units) {
    const from = before.get(`${layer}.${name}`);
    const change = from === undefined || from <= 0 || to <= 0 ? 0 : Math.abs(Math.log(to / from));
    if (from !== undefined && change > largest) {
      largest = change;
      most = { layer, name, from, to };
    }
  }
  return most;
}
