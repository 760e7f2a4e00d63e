import type { StudyFile } from './study';

/** Mean and spread over seeds. */
export interface Spread {
  readonly mean: number;
  readonly lowest: number;
  readonly highest: number;
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
}

/** Every arm that has a run with one of the study's seeds. */
export function summarize({ arms, seeds, runs }: Pick<StudyFile, 'arms' | 'seeds' | 'runs'>): ArmSummary[] {
  return arms.flatMap((arm) => {
    const reports = runs
      .filter((run) => run.arm === arm && seeds.includes(run.seed))
      .map(({ report }) => report);
    const [first] = reports;
    if (first === undefined) {
      return [];
    }
    const change = (of: 'domainLoss' | 'generalLoss' | 'accuracy'): number[] =>
      reports.flatMap(({ before, after }) => {
        const [was, is] = [before[of], after[of]];
        return was === null || is === null ? [] : [is - was];
      });
    const accuracy = change('accuracy');
    const changed = reports.flatMap(({ tokenShift }) => tokenShift?.general.changed ?? []);
    return [
      {
        arm,
        seeds: reports.length,
        domainGain: spreadOf(change('domainLoss').map((value) => -value)),
        generalRise: spreadOf(change('generalLoss')),
        accuracyRise: accuracy.length > 0 ? spreadOf(accuracy) : undefined,
        tokensChanged: changed.length > 0 ? spreadOf(changed) : undefined,
        trainingSeconds: spreadOf(reports.map(({ trainingSeconds }) => trainingSeconds)),
        trainableShare: first.parameters.trained / first.parameters.after,
      },
    ];
  });
}

function spreadOf(values: readonly number[]): Spread {
  return {
    mean: values.reduce((sum, value) => sum + value, 0) / values.length,
    lowest: Math.min(...values),
    highest: Math.max(...values),
  };
}
