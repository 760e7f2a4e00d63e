import { PROTOCOL_VERSION, type TrainerStatus } from '../../../shared/run/protocol';
import type { TuneSettings } from '../../../shared/settings/tuneSettings';
import type { ResumePoint } from '../../../node/run/laterResults';
import type { RunFolder } from '../../../node/run/runFolder';
import type { Executor } from '../../executor/executor';
import type { OpenRequest } from '../../executor/requests';
import { withModel } from '../../executor/withModel';
import { checkResumePoint } from './resumePoint';
import { RunLease, type RunHooks } from '../lease/runLease';
import { openToTune, type TuneInput } from './tuneInput';
import { TuneSession, type TuneOutcome } from './tuneSession';

/** The status of a run that has not come to its first step. */
export function preparing({ steps, learningRate }: TuneSettings): TrainerStatus {
  return {
    protocol: PROTOCOL_VERSION,
    pid: process.pid,
    phase: 'preparing',
    step: 0,
    steps,
    loss: null,
    baseLearningRate: learningRate,
  };
}

/**
 * Tunes the model of a run folder from its last checkpoint (or `from`), or from the start, to its last step.
 * @throws AdeptError (input) when another trainer works on the run, or what it goes on from is damaged, and then nothing
 * is touched; (failure) when the loss is no number, after the last
 * good state is saved.
 */
export async function tuneRun(
  folder: RunFolder,
  input: TuneInput,
  executor: Executor,
  hooks: RunHooks,
  from?: ResumePoint,
): Promise<TuneOutcome> {
  checkResumePoint(folder, input.spec, from);
  const status = preparing(input.spec.tune);
  return RunLease.hold({ folder, engine: executor.description, hooks, status }, (lease) =>
    tuneAt(lease, input, executor, from),
  );
}

/** As {@link tuneRun}, by a trainer that holds the run already. */
export async function tuneAt(
  lease: RunLease,
  input: TuneInput,
  executor: Executor,
  from?: ResumePoint,
): Promise<TuneOutcome> {
  return withModel(executor, openRequest(input, lease), lease.task, async (model) => {
    const { dtype, reason } = model.storage;
    lease.emit({ type: 'log', level: 'info', message: `Frozen matrices are stored in ${dtype}: ${reason}.` });
    const session = new TuneSession({ lease, input, model, from });
    lease.answerWith(() => session.status);
    return session.run();
  });
}

/** What enters the lowest trained layer is kept. */
function openRequest(input: TuneInput, lease: RunLease): OpenRequest {
  return {
    ...openToTune(input),
    cache: {
      folder: lease.folder.path,
      megabytes: input.spec.tune.keepStates,
      onProblem: (message) => {
        lease.emit({ type: 'log', level: 'warn', message });
      },
    },
  };
}
