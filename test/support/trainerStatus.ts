import type { TrainerStatus } from '../../src/shared/run/protocol';

/** What a trainer in the middle of its steps answers. */
export const TRAINER_STATUS: TrainerStatus = {
  protocol: 1,
  pid: 4711,
  phase: 'tuning',
  step: 3,
  steps: 9,
  loss: 2.5,
  baseLearningRate: 0.001,
};
