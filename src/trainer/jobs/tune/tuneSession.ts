import { PROTOCOL_VERSION, type TrainerStatus } from '../../../shared/run/protocol';
import type { TextLosses } from '../../../shared/run/losses';
import type { NewRunEvent } from '../../../shared/run/runFolder';
import type { TuneSettings } from '../../../shared/settings/tuneSettings';
import { evaluationInterval, lateLimit } from '../../../shared/settings/tuneTogether';
import { askedAt, type AskedAt } from '../../../node/run/askedAt';
import type { ResumePoint } from '../../../node/run/laterResults';
import { corpusMessages } from '../../data/corpus/corpus';
import type { Model } from '../../executor/executor';
import { rateGivenSince } from '../../../shared/run/settingsChange';
import { readCheckpointState } from '../../../node/run/checkpointState';
import { scheduleFactor } from '../../method/schedule';
import { ADAMW } from '../../method/tensorRates';
import { yieldToEventLoop, type Task } from '../../task';
import type { RunLease } from '../lease/runLease';
import { overlapTexts, textOverlaps } from '../texts/tuneCorpora';
import { Answering } from './answering';
import { Checkpointer } from './checkpointer';
import { evaluate } from './evaluation';
import { ForgettingMonitor } from './forgettingMonitor';
import { ForgettingResponder } from './forgettingResponder';
import { initialProgress, type Progress } from './progress';
import { RunRates } from './runRates';
import { Scoring } from './scoring';
import type { SessionParts } from './sessionParts';
import { batchesOfStep, type TuneInput } from './tuneInput';

export interface TuneOutcome {
  readonly status: 'done' | 'stopped';
  readonly step: number;
  readonly loss: number | null;
  readonly domainLoss: number | null;
  readonly generalLoss: number | null;
  readonly before: TextLosses;
  /** Why it stopped, where nobody asked for it. */
  readonly because?: string;
}

export interface SessionStart {
  readonly lease: RunLease;
  readonly input: TuneInput;
  readonly model: Model;
  /** The checkpoint to go on from; the last when left out. */
  readonly from?: ResumePoint | undefined;
}

/** One trainer's work on a run: from where the run folder stands to its last step, or until it is stopped. */
export class TuneSession {
  private readonly settings: TuneSettings;
  private readonly parts: SessionParts;
  private readonly state: Progress;
  private readonly task: Task;
  private readonly answering: Answering | undefined;
  private readonly scoring: Scoring | undefined;
  private readonly rates: RunRates;
  private readonly checkpointer: Checkpointer;
  private readonly forgetting: ForgettingMonitor;
  private readonly responder: ForgettingResponder;
  /** Whether steps see sequences again, so that it pays to keep hidden states. */
  private readonly comesAgain: boolean;
  private readonly from: ResumePoint | undefined;
  private phase: TrainerStatus['phase'] = 'preparing';

  constructor({ lease, input, model, from }: SessionStart) {
    const { tune } = input.spec;
    this.settings = tune;
    this.from = from;
    this.task = lease.task;
    this.state = initialProgress(tune);
    this.comesAgain = input.corpora.training.repeats(tune.steps * tune.batchSize * tune.gradAccum);
    this.parts = { lease, input, model, state: this.state, task: this.task };
    this.answering = Answering.open(this.parts);
    this.scoring = Scoring.open(this.parts);
    this.rates = new RunRates(this.parts);
    this.checkpointer = new Checkpointer(this.parts);
    this.forgetting = new ForgettingMonitor(lease.folder, tune, model.units);
    this.responder = new ForgettingResponder({
      ...this.parts,
      monitor: this.forgetting,
      rates: this.rates,
      checkpointer: this.checkpointer,
      save: () => this.save(),
    });
  }

  /** What the control socket answers. */
  get status(): TrainerStatus {
    const { step, loss, baseLearningRate } = this.state;
    return {
      protocol: PROTOCOL_VERSION,
      pid: process.pid,
      phase: this.phase,
      step,
      steps: this.settings.steps,
      loss,
      baseLearningRate,
    };
  }

  async run(): Promise<TuneOutcome> {
    await this.start();
    while (this.state.step < this.settings.steps) {
      await this.serveRequests();
      if (this.parts.lease.requests.stop || this.responder.ends()) {
        return this.stopped();
      }
      this.phase = 'tuning';
      if (await this.trainStep()) {
        await this.afterStep();
      }
    }
    // Where the run was given fewer steps, it ends where nobody meant to look at it.
    if (this.state.evaluatedAt !== this.state.step) {
      await this.evaluate();
    }
    if (this.responder.ends()) {
      return this.stopped();
    }
    await this.save();
    this.emit({ type: 'done', step: this.state.step });
    return this.outcome('done');
  }

  /** From the chosen or the last checkpoint when there is one, otherwise from the model as it is. */
  private async start(): Promise<void> {
    const { input, lease } = this.parts;
    const { folder } = lease;
    folder.removeLeftovers();
    const start = this.from?.step ?? folder.checkpoints().at(-1);
    const savedOn = start === undefined ? undefined : readCheckpointState(folder, start).createdAt;
    const aside = start === undefined ? undefined : await this.checkpointer.restore(start);
    const status = start === undefined ? 'started' : 'resumed';
    const message = aside === undefined ? {} : { message: `later results were moved to ${aside}` };
    const { step } = this.state;
    this.emit({ type: 'status', status, step, engine: { ...lease.engine }, ...message });
    const isMeasured = this.rates.resume();
    const rate = savedOn === undefined ? undefined : rateGivenSince(input.spec, savedOn);
    if (rate !== undefined && rate !== this.state.baseLearningRate) {
      this.rates.changeBase(rate);
    }
    if (isMeasured) {
      await this.askAgain();
      return;
    }
    for (const { level, message } of input.corpora.corpora.flatMap(corpusMessages)) {
      this.emit({ type: 'log', level, message });
    }
    const late = lateLimit(this.settings);
    for (const message of [
      ...overlapTexts(await textOverlaps(input.corpora, this.task)),
      ...(late === undefined ? [] : [late]),
    ]) {
      this.emit({ type: 'log', level: 'warn', message });
    }
    // Also after a checkpoint that was saved before anything was measured, because the loss broke at once.
    await this.measureRates(() => this.rates.measureFirst());
    await this.evaluate();
    await this.answer();
    await this.score(true, true);
    if (this.forgetting.rollsBack) {
      await this.save();
    }
  }

  /** @returns false when the step was no good and the run was taken back */
  private async trainStep(): Promise<boolean> {
    const { schedule, warmup, steps, maxGradNorm, weightDecay } = this.settings;
    const step = this.state.step + 1;
    await yieldToEventLoop(this.task);
    const begin = performance.now();
    const factor = scheduleFactor(schedule, step - 1, warmup, steps);
    const { loss, gradNorm, tokens, tensors } = await this.parts.model.step({
      ...{
        batches: batchesOfStep(this.parts.input, step - 1),
        step,
        clipAt: maxGradNorm,
        weightDecay,
        reuse: this.comesAgain,
      },
      ...this.rates.at(factor),
      ...ADAMW,
    });
    if (!Number.isFinite(loss) || !Number.isFinite(gradNorm)) {
      const what = Number.isFinite(loss) ? `gradient norm is ${gradNorm}` : `loss is ${loss}`;
      await this.responder.breakOff(step, what);
      return false;
    }
    this.state.step = step;
    this.state.loss = loss;
    this.emit({
      type: 'step',
      step,
      loss,
      learningRate: this.state.baseLearningRate * factor,
      tokensPerSecond: tokens / ((performance.now() - begin) / 1000),
      gradNorm,
      ...(tensors === undefined ? {} : { tensors }),
    });
    this.task.report(step / steps, `step ${step} of ${steps}, loss ${loss.toFixed(4)}`);
    return true;
  }

  private async afterStep(): Promise<void> {
    const { step } = this.state;
    const { updateEvery, saveEvery, unitRates, steps } = this.settings;
    if (unitRates !== 'equal' && step % updateEvery === 0) {
      await this.measureRates(() => this.rates.refresh());
    }
    const saves = step % saveEvery === 0;
    // A run goes back only to a checkpoint that is known to be within the limit.
    const evaluates = step % evaluationInterval(this.settings) === 0 || (saves && this.forgetting.rollsBack);
    // Each of these may take the run back.
    if (this.state.step === step && (evaluates || step === steps)) {
      await this.evaluate();
      await this.responder.respond();
    }
    // Before what takes long and can be asked again.
    if (this.state.step === step && saves) {
      await this.save();
    }
    if (this.state.step === step) {
      await this.ask(evaluates);
    }
  }

  /** Asks what is due at this step. @param asked what has been asked at it before */
  private async ask(evaluates: boolean, asked?: AskedAt): Promise<void> {
    const { step } = this.state;
    const isLast = step === this.settings.steps;
    const { every } = this.parts.input.spec.answers ?? {};
    const answers = isLast || (every === undefined ? evaluates : step % every === 0);
    if (answers && asked?.answered !== true) {
      await this.answer();
    }
    await this.score(evaluates, isLast, asked?.tasks);
  }

  /** A trainer that was killed after a checkpoint may not have come to what is asked at its step. */
  private async askAgain(): Promise<void> {
    if (this.answering !== undefined || this.scoring !== undefined) {
      const { step, evaluatedAt } = this.state;
      await this.ask(evaluatedAt === step, askedAt(this.parts.lease.folder.file('events'), step));
    }
  }

  private async measureRates(measure: () => Promise<boolean>): Promise<void> {
    this.phase = 'measuring';
    if (!(await measure())) {
      await this.responder.breakOff(this.state.step, 'importance is no number');
    }
  }

  private async evaluate(): Promise<void> {
    this.phase = 'evaluating';
    const broken = await evaluate(this.parts);
    if (broken !== undefined) {
      await this.responder.breakOff(this.state.step, broken, false);
    }
  }

  private async answer(): Promise<void> {
    this.phase = 'evaluating';
    await this.answering?.answer();
  }

  private async score(evaluates: boolean, all: boolean, done?: ReadonlySet<string>): Promise<void> {
    this.phase = 'evaluating';
    await this.scoring?.score(evaluates, all, done);
  }

  private async save(): Promise<void> {
    this.phase = 'saving';
    await this.checkpointer.save();
  }

  private async serveRequests(): Promise<void> {
    const { lease } = this.parts;
    const { requests } = lease;
    await this.serveMinorRequests();
    const pauses = requests.pause;
    if (pauses) {
      this.emit({ type: 'status', status: 'paused', step: this.state.step });
    }
    while (requests.pause) {
      this.phase = 'paused';
      lease.refreshHeartbeat();
      await requests.next();
      await this.serveMinorRequests();
    }
    if (pauses) {
      this.emit({ type: 'status', status: 'tuning', step: this.state.step });
    }
  }

  /** Those that are granted while the run is paused as well. */
  private async serveMinorRequests(): Promise<void> {
    const { requests } = this.parts.lease;
    while (requests.learningRate !== undefined || requests.checkpoint) {
      if (requests.learningRate !== undefined) {
        this.rates.changeBase(requests.learningRate);
        requests.learningRate = undefined;
      }
      if (requests.checkpoint) {
        requests.checkpoint = false;
        await this.save();
      }
    }
  }

  private async stopped(): Promise<TuneOutcome> {
    this.phase = 'stopping';
    await this.save();
    const { because } = this.responder;
    const message = because === undefined ? {} : { message: because };
    this.emit({ type: 'status', status: 'stopped', step: this.state.step, ...message });
    return this.outcome('stopped');
  }

  private outcome(status: TuneOutcome['status']): TuneOutcome {
    this.phase = 'ended';
    this.parts.lease.log.sync();
    const { step, loss, domainLoss, generalLoss } = this.state;
    const before = this.forgetting.lossesBefore();
    const { because } = this.responder;
    return {
      ...{ status, step, loss, domainLoss, generalLoss, before },
      ...(because === undefined ? {} : { because }),
    };
  }

  private emit(event: NewRunEvent): void {
    this.parts.lease.emit(event);
  }
}
