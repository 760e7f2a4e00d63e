import { PROTOCOL_VERSION, type TrainerStatus } from '../../../shared/run/protocol';
import type { TuneSettings } from '../../../shared/settings/tuneSettings';
import type { ResumePoint } from '../../../node/run/laterResults';
import type { RunFolder } from '../../../node/run/runFolder';
import type { Engine } from '../../tfjs/engine/engine';
import { CausalLM } from '../../tfjs/model/causalLM';
import type { StorageRequest } from '../../tfjs/model/frozenStorage';
import { checkResumePoint } from './resumePoint';
import { RunLease, type RunHooks } from '../lease/runLease';
import type { TuneInput } from './tuneInput';
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
  engine: Engine,
  hooks: RunHooks,
  from?: ResumePoint,
): Promise<TuneOutcome> {
  checkResumePoint(folder, input.spec, from);
  const status = preparing(input.spec.tune);
  return RunLease.hold({ folder, engine: engine.describe(), hooks, status }, (lease) =>
    tuneAt(lease, input, engine, from),
  );
}

/** As {@link tuneRun}, by a trainer that holds the run already. */
export async function tuneAt(
  lease: RunLease,
  input: TuneInput,
  engine: Engine,
  from?: ResumePoint,
): Promise<TuneOutcome> {
  const model = CausalLM.load(
    engine,
    input.spec.model,
    (layer, layers) => {
      lease.task.report(0, `loading layer ${layer + 1} of ${layers}`);
    },
    storageOf(input),
  );
  const { dtype, reason } = model.storage;
  lease.emit({ type: 'log', level: 'info', message: `Frozen matrices are stored in ${dtype}: ${reason}.` });
  try {
    const session = new TuneSession({ lease, input, model, from });
    lease.answerWith(() => session.status);
    try {
      return await session.run();
    } finally {
      session.close();
    }
  } finally {
    model.dispose();
  }
}

/** What is trained stays in float32. */
function storageOf({ spec: { tune }, manifest }: TuneInput): StorageRequest {
  const trained = new Set(manifest?.added.map(({ layer }) => layer));
  return {
    choice: tune.frozenWeights,
    rows: tune.batchSize * tune.seqLen,
    frozen: (layer) => !tune.full && !trained.has(layer),
  };
}
