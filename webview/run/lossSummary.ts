import type { EvalPoint, ShownExport, TrainingLoss } from '../../src/shared/webview/run';
import type { RunModel } from './runModel';

/** One quantity of a run in numbers; undefined where it was not measured. */
export interface SummaryRow {
  readonly now: number | undefined;
  readonly start: number | undefined;
  readonly best: { readonly step: number; readonly value: number } | undefined;
}

export interface LossSummary {
  /** As means over steps; undefined before the first step. */
  readonly trainingLoss: TrainingLoss | undefined;
  readonly domainLoss: SummaryRow;
  readonly generalLoss: SummaryRow;
  readonly learningRate: number | undefined;
  readonly tokensPerSecond: number | undefined;
  readonly gradNorm: number | undefined;
  /** The model that was exported last, with the losses of its files. */
  readonly exported: ShownExport | undefined;
}

export type LossName = 'domainLoss' | 'generalLoss';

/** The numbers that matter of a run: now, at its start, and at their best. */
export function lossSummaryOf({ summary, curves, evals }: RunModel): LossSummary {
  return {
    trainingLoss: summary?.trainingLoss ?? undefined,
    domainLoss: evaluated(evals, 'domainLoss'),
    generalLoss: evaluated(evals, 'generalLoss'),
    learningRate: curves.learningRate.y.at(-1),
    tokensPerSecond: curves.tokensPerSecond.y.at(-1),
    gradNorm: summary?.gradNorm ?? undefined,
    exported: summary?.exported ?? undefined,
  };
}

function evaluated(evals: readonly EvalPoint[], name: LossName): SummaryRow {
  const measured = evals.flatMap((point) => {
    const value = point[name];
    return value === null ? [] : [{ step: point.step, value }];
  });
  const [first] = measured;
  return {
    now: measured.at(-1)?.value,
    start: first?.value,
    best: measured.reduce((best, point) => (point.value < (best?.value ?? Infinity) ? point : best), first),
  };
}
