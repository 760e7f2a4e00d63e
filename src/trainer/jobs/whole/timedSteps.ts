import type { FrozenDtype } from '../../../shared/settings/sharedSettings';
import type { Executor, Model } from '../../executor/executor';
import { withModel } from '../../executor/withModel';
import { ADAMW } from '../../method/tensorRates';
import { yieldToEventLoop, type Task } from '../../task';
import { batchesOfStep, openToTune, type TuneInput } from '../tune/tuneInput';

/** Steps that are timed, after one that also warms up. */
const TIMED = 2;

export interface TimedSteps {
  /** Of the faster one: what else a machine does only makes a step longer. */
  readonly secondsPerStep: number;
  /** What computes took at most, bytes, all processes together. */
  readonly memoryBytes: number;
  /** How the matrices of frozen layers lay in memory. */
  readonly frozen: FrozenDtype;
}

/**
 * Takes the first steps of a run, on the model that it would tune and with what would compute. Nothing is kept of them, and
 * nothing is written.
 * @throws Cancelled when the task was cancelled, between two steps
 */
export function timeSteps(input: TuneInput, executor: Executor, task: Task): Promise<TimedSteps> {
  return withModel(executor, openToTune(input), task, async (model) => {
    await takeStep(model, input, 0, task);
    let fastest = Infinity;
    for (let step = 1; step <= TIMED; step += 1) {
      fastest = Math.min(fastest, await takeStep(model, input, step, task));
    }
    const { peak } = await model.memory();
    return {
      secondsPerStep: fastest / 1000,
      memoryBytes: peak,
      frozen: model.storage.dtype,
    };
  });
}

/** @param step from 0 @returns what it took, milliseconds */
async function takeStep(model: Model, input: TuneInput, step: number, task: Task): Promise<number> {
  const { learningRate, maxGradNorm, weightDecay } = input.spec.tune;
  task.report(step / (TIMED + 1), `timing step ${step + 1} of ${TIMED + 1}`);
  await yieldToEventLoop(task);
  const begin = performance.now();
  await model.step({
    ...{ batches: batchesOfStep(input, step), step: step + 1, clipAt: maxGradNorm, weightDecay },
    ...{ rates: new Float64Array(model.trained.length).fill(learningRate), frozen: [], reuse: false },
    ...ADAMW,
  });
  return performance.now() - begin;
}
