import type { CheckpointState } from '../../../shared/run/runFolder';
import type { UnitRate } from '../../../shared/method/unitRate';
import type { TuneSettings } from '../../../shared/settings/tuneSettings';

/** What changes as a run goes on, beside parameters and optimiser. */
export interface Progress {
  step: number;
  loss: number | null;
  domainLoss: number | null;
  generalLoss: number | null;
  evaluatedAt: number;
  baseLearningRate: number;
  units: readonly UnitRate[];
  unitsMeasuredAt: number;
  savedAt: number;
  /** The base learning rate that the checkpoint of `savedAt` holds. */
  savedRate: number;
  /** No response is left against what the evaluation of this step showed. */
  gaveUp: boolean;
}

/** Nothing trained, measured or saved yet. */
export function initialProgress({ learningRate }: TuneSettings): Progress {
  return {
    step: 0,
    loss: null,
    domainLoss: null,
    generalLoss: null,
    evaluatedAt: -1,
    baseLearningRate: learningRate,
    units: [],
    unitsMeasuredAt: 0,
    savedAt: -1,
    savedRate: learningRate,
    gaveUp: false,
  };
}

/** Where a checkpoint left off. */
export function savedProgress(saved: CheckpointState): Progress {
  const { step, loss, domainLoss, generalLoss, baseLearningRate, units, unitsMeasuredAt } = saved;
  const evaluatedAt = domainLoss === null ? -1 : step;
  return {
    ...{ step, loss, domainLoss, generalLoss, evaluatedAt, baseLearningRate, units, unitsMeasuredAt },
    savedAt: step,
    savedRate: baseLearningRate,
    gaveUp: saved.gaveUp ?? false,
  };
}

/** What a checkpoint says of the progress; the losses only where they are those of this step. */
export function checkpointStateOf(
  progress: Progress,
  { batchSize, gradAccum }: TuneSettings,
): CheckpointState {
  const { step, evaluatedAt, loss, domainLoss, generalLoss, gaveUp } = progress;
  const { baseLearningRate, units, unitsMeasuredAt } = progress;
  return {
    format: 'adept.checkpoint/1',
    step,
    createdAt: new Date().toISOString(),
    sequencesSeen: step * batchSize * gradAccum,
    baseLearningRate,
    units: [...units],
    unitsMeasuredAt,
    loss,
    domainLoss: evaluatedAt === step ? domainLoss : null,
    generalLoss: evaluatedAt === step ? generalLoss : null,
    ...(gaveUp ? { gaveUp } : {}),
  };
}
