import type { StudyFile, StudyRun } from './study';

/** Mean and spread over seeds. */
export interface Spread {
  readonly mean: number;
  readonly lowest: number;
  readonly highest: number;
}

/** The ends of a spread as they are written; undefined where they are the same. */
export function writtenRange(
  { lowest, highest }: Spread,
  show: (value: number) => string,
): readonly [low: string, high: string] | undefined {
  const [low, high] = [show(lowest), show(highest)];
  return low === high ? undefined : [low, high];
}

/** What an arm came to. */
export interface ArmSummary {
  /** An arm's or a variant's name. */
  readonly arm: string;
  readonly seeds: number;
  /** Nats by which domain loss fell, and general loss rose. */
  readonly domainGain: Spread;
  readonly generalRise: Spread;
  /** Of the share of right answers, where questions were asked. */
  readonly accuracyRise: Spread | undefined;
  /** Share of the positions of general text whose likeliest token changed. */
  readonly tokensChanged: Spread | undefined;
  readonly trainingSeconds: Spread;
  readonly trainableShare: number;
  /** Beside full continual pretraining, over the seeds that both ran with: each mean divided by its. */
  readonly ofFull: OfFull | undefined;
}

export interface OfFull {
  readonly seeds: number;
  readonly domainGain: number;
  readonly generalRise: number;
  readonly trainingSeconds: number;
}

type Summarized = Pick<StudyFile, 'arms' | 'seeds' | 'runs'> & Partial<Pick<StudyFile, 'variants'>>;

/** Every arm that has a run with one of the study's seeds. */
export function summarize({ arms, seeds, runs, variants = {} }: Summarized): ArmSummary[] {
  const runsOf = (arm: string): StudyRun[] =>
    runs.filter(
      (run) =>
        run.arm === arm && seeds.includes(run.seed) && (variants[arm]?.seeds?.includes(run.seed) ?? true),
    );
  return arms.flatMap((arm) => {
    const own = runsOf(arm);
    const reports = own.map(({ report }) => report);
    const [first] = reports;
    if (first === undefined) {
      return [];
    }
    const accuracy = changes(reports, 'accuracy');
    const changed = reports.flatMap(({ tokenShift }) => tokenShift?.general.changed ?? []);
    return [
      {
        arm,
        seeds: reports.length,
        domainGain: spreadOf(changes(reports, 'domainLoss').map((value) => -value)),
        generalRise: spreadOf(changes(reports, 'generalLoss')),
        accuracyRise: accuracy.length > 0 ? spreadOf(accuracy) : undefined,
        tokensChanged: changed.length > 0 ? spreadOf(changed) : undefined,
        trainingSeconds: spreadOf(reports.map(({ trainingSeconds }) => trainingSeconds)),
        trainableShare: first.parameters.trained / first.parameters.after,
        ofFull: besideFull(own, runsOf('full')),
      },
    ];
  });
}

type Report = StudyRun['report'];

/** By how much each report's value rose. */
function changes(reports: readonly Report[], of: 'domainLoss' | 'generalLoss' | 'accuracy'): number[] {
  return reports.flatMap(({ before, after }) => {
    const [was, is] = [before[of], after[of]];
    return was === null || is === null ? [] : [is - was];
  });
}

function besideFull(own: readonly StudyRun[], full: readonly StudyRun[]): OfFull | undefined {
  const both = (runs: readonly StudyRun[], others: readonly StudyRun[]): Report[] =>
    runs.filter(({ seed }) => others.some((other) => other.seed === seed)).map(({ report }) => report);
  const [ours, theirs] = [both(own, full), both(full, own)];
  if (ours.length === 0) {
    return undefined;
  }
  const share = (of: (reports: readonly Report[]) => number[]): number =>
    spreadOf(of(ours)).mean / spreadOf(of(theirs)).mean;
  return {
    seeds: ours.length,
    domainGain: share((reports) => changes(reports, 'domainLoss')),
    generalRise: share((reports) => changes(reports, 'generalLoss')),
    trainingSeconds: share((reports) => reports.map(({ trainingSeconds }) => trainingSeconds)),
  };
}

function spreadOf(values: readonly number[]): Spread {
  return {
    mean: values.reduce((sum, value) => sum + value, 0) / values.length,
    lowest: Math.min(...values),
    highest: Math.max(...values),
  };
}
