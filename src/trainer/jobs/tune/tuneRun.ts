import { changeText } from '../../../shared/run/settingsChange';
import { PROTOCOL_VERSION, type TrainerStatus } from '../../../shared/run/protocol';
import type { TuneSettings } from '../../../shared/settings/tuneSettings';
import { changeSettings, type ChangedRun } from '../../../node/run/changeSettings';
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

/** How a run goes on. */
export interface Continuation {
  /** From this checkpoint; from the last when left out. */
  readonly from?: ResumePoint | undefined;
  /** With other settings; as before when left out. */
  readonly changed?: ChangedRun | undefined;
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
  { from, changed }: Continuation = {},
): Promise<TuneOutcome> {
  checkResumePoint(folder, input.spec, from);
  const status = preparing(input.spec.tune);
  return RunLease.hold({ folder, engine: executor.description, hooks, status }, (lease) => {
    if (changed === undefined) {
      return tuneAt(lease, input, executor, from);
    }
    goOnWith(lease, changed);
    const { tune, changes } = folder.readSpec();
    return tuneAt(lease, { ...input, spec: { ...input.spec, tune, changes } }, executor, from);
  });
}

/** Gives a run that is resumed other settings, and says so in its log. */
export function goOnWith(lease: RunLease, changed: ChangedRun): void {
  const changes = changeSettings(lease.folder, changed);
  if (changes.length > 0) {
    const message = `settings changed: ${changes.map(changeText).join(', ')}`;
    lease.emit({ type: 'log', level: 'info', message });
  }
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
