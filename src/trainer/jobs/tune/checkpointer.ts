import { failure } from '../../../shared/common/errors';
import type { CheckpointState, NewRunEvent } from '../../../shared/run/runFolder';
import { setLaterAside } from '../../../node/run/laterResults';
import { meanLoss } from '../../method/loss';
import type { Tuner } from '../../tfjs/tuning/tuner';
import {
  replaceCheckpointState,
  restoreCheckpoint,
  writeCheckpoint,
  type ReadState,
} from '../../checkpoint/checkpoint';
import type { CausalLM } from '../../tfjs/model/causalLM';
import { yieldToEventLoop, type Task } from '../../task';
import { withInitialState } from './initialState';
import { checkpointStateOf, savedProgress, type Progress } from './progress';
import type { RunLease } from '../lease/runLease';
import type { TuneInput } from './tuneInput';

export interface CheckpointerParts {
  readonly lease: RunLease;
  readonly input: TuneInput;
  readonly model: CausalLM;
  readonly tuner: Tuner;
  readonly state: Progress;
  readonly task: Task;
}

/** Keeps a run's progress in its folder: checkpoints that are good, whatever happens. */
export class Checkpointer {
  constructor(private readonly parts: CheckpointerParts) {}

  /**
   * Takes parameters, optimiser and progress back to a checkpoint.
   * @returns where the results of later steps were put, if there were any
   */
  restore(step: number): string | undefined {
    this.load(step);
    // Only now that the checkpoint is known to be good.
    return this.setLaterAside(step);
  }

  /** As {@link restore}, with later results where they are. */
  load(step: number): void {
    const { lease, state, tuner } = this.parts;
    Object.assign(state, savedProgress(restoreCheckpoint(lease.folder, step, tuner)));
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
      this.record(this.checkpointState(), (saved) => replaceCheckpointState(lease.folder, saved));
      return;
    }
    if (evaluatedAt !== step && !(await this.stillComputes())) {
      await this.failOnNaN(step, 'loss on the evaluation text is no number', false);
    }
    this.write((parameter, part) => this.parts.tuner.read(parameter, part));
  }

  /**
   * Saves the state before the step that broke, when it still computes; otherwise the last checkpoint is the good one,
   * and where there is none yet, the untouched start is saved as one, with nothing measured.
   * @param mayCompute false where it is known that the state does not
   */
  async failOnNaN(step: number, what: string, mayCompute = true): Promise<never> {
    const { input, state, lease } = this.parts;
    const { folder } = lease;
    if (state.step > 0 && mayCompute && (await this.stillComputes())) {
      await this.save();
    } else if (folder.checkpoints().length === 0) {
      Object.assign(state, { step: 0, evaluatedAt: -1, loss: null, units: [], unitsMeasuredAt: 0 });
      withInitialState(input.spec.model, (read) => {
        this.write(read);
      });
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

  private checkpointState(): CheckpointState {
    return checkpointStateOf(this.parts.state, this.parts.input.spec.tune);
  }

  private write(read: ReadState): void {
    const { lease, tuner } = this.parts;
    this.record(this.checkpointState(), (saved) =>
      writeCheckpoint(lease.folder, saved, tuner.parameters, read),
    );
  }

  /** `put` writes the checkpoint and says where it lies; its event comes after it, never before. */
  private record(saved: CheckpointState, put: (state: CheckpointState) => string): void {
    const { state, lease } = this.parts;
    const { step, domainLoss, generalLoss, baseLearningRate } = saved;
    lease.log.sync();
    const path = put(saved);
    state.savedAt = step;
    state.savedRate = baseLearningRate;
    const event: NewRunEvent = { type: 'checkpoint', step, path, domainLoss, generalLoss };
    lease.emit(event);
    lease.log.sync();
  }
}
