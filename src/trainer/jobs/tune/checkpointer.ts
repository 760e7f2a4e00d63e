import { failure } from '../../../shared/common/errors';
import type { CheckpointState, NewRunEvent } from '../../../shared/run/runFolder';
import { setLaterAside } from '../../../node/run/laterResults';
import { meanLoss } from '../../method/loss';
import { replaceCheckpointState, restoreCheckpoint, writeCheckpoint } from '../../checkpoint/checkpoint';
import { writeUntrained } from '../../checkpoint/trainedFiles';
import { yieldToEventLoop } from '../../task';
import { checkpointStateOf, savedProgress, type Progress } from './progress';
import type { SessionParts } from './sessionParts';

/** Keeps a run's progress in its folder: checkpoints that are good, whatever happens. */
export class Checkpointer {
  constructor(private readonly parts: SessionParts) {}

  /**
   * Takes parameters, optimiser and progress back to a checkpoint.
   * @returns where the results of later steps were put, if there were any
   */
  async restore(step: number): Promise<string | undefined> {
    await this.load(step);
    // Only now that the checkpoint is known to be good.
    return this.setLaterAside(step);
  }

  /** As {@link restore}, with later results where they are. */
  async load(step: number): Promise<void> {
    const { lease, state, model } = this.parts;
    const saved = await restoreCheckpoint(lease.folder, step, model, { moments: true });
    Object.assign(state, savedProgress(saved));
  }

  /** @returns where the results of later steps were put, if there were any */
  setLaterAside(step: number): string | undefined {
    return setLaterAside(this.parts.lease.folder, step);
  }

  /** Writes a checkpoint of this step, unless there is one. @throws where the state computes no numbers any more */
  async save(): Promise<void> {
    const { state, task, lease } = this.parts;
    const { step, savedAt, savedRate, baseLearningRate, evaluatedAt } = state;
    if (savedAt === step && savedRate === baseLearningRate) {
      return;
    }
    await yieldToEventLoop(task);
    if (savedAt === step) {
      await this.record(state, (saved) => replaceCheckpointState(lease.folder, saved));
      return;
    }
    if (evaluatedAt !== step && !(await this.stillComputes())) {
      await this.failOnNaN(step, 'loss on the evaluation text is no number', false);
    }
    await this.record(state, (saved) =>
      writeCheckpoint(lease.folder, saved, (folder) => this.parts.model.saveTrained(folder)),
    );
  }

  /**
   * Saves the state before the step that broke, when it still computes; otherwise the last checkpoint is the good one,
   * and where there is none yet, the untouched start is saved as one, with nothing measured.
   * @param mayCompute false where it is known that the state does not
   */
  async failOnNaN(step: number, what: string, mayCompute = true): Promise<never> {
    const { state, lease } = this.parts;
    const { folder } = lease;
    if (state.step > 0 && mayCompute && (await this.stillComputes())) {
      await this.save();
    } else if (folder.checkpoints().length === 0) {
      await this.saveUntouched();
    }
    throw failure(
      `${folder.path}: at step ${step} the ${what}: lower the learning rate (it is ${state.baseLearningRate}) and start again, or resume from the checkpoint at step ${state.savedAt}, the last good one.`,
    );
  }

  private async stillComputes(): Promise<boolean> {
    const { input, model, task } = this.parts;
    const { domainEval, generalEval } = input.corpora;
    const evaluated = [domainEval, generalEval].flatMap(([first]) => first ?? []);
    return Number.isFinite(await meanLoss(model, evaluated, task));
  }

  /** The run before its first step. */
  private async saveUntouched(): Promise<void> {
    const { input, model, state, lease } = this.parts;
    const untouched = { step: 0, evaluatedAt: -1, loss: null, units: [], unitsMeasuredAt: 0 };
    await this.record({ ...state, ...untouched }, (saved) =>
      writeCheckpoint(lease.folder, saved, (folder) => {
        writeUntrained(folder, model.trained, input.spec.model);
      }),
    );
    Object.assign(state, untouched);
  }

  /** `put` writes the checkpoint and says where it lies; its event comes after it, never before. */
  private async record(
    progress: Progress,
    put: (state: CheckpointState) => string | Promise<string>,
  ): Promise<void> {
    const { state, lease, input } = this.parts;
    const saved = checkpointStateOf(progress, input.spec.tune);
    const { step, domainLoss, generalLoss, baseLearningRate } = saved;
    lease.log.sync();
    const path = await put(saved);
    state.savedAt = step;
    state.savedRate = baseLearningRate;
    const event: NewRunEvent = { type: 'checkpoint', step, path, domainLoss, generalLoss };
    lease.emit(event);
    lease.log.sync();
  }
}
