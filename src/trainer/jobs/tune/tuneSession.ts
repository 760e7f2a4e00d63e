import { PROTOCOL_VERSION, type TrainerStatus } from '../../../shared/run/protocol';
import type { NewRunEvent } from '../../../shared/run/runFolder';
import type { TuneSettings } from '../../../shared/settings/tuneSettings';
import { evaluationInterval, lateLimit } from '../../../shared/settings/tuneTogether';
import { type ActivationCache, activationCache } from '../../tfjs/cache/activationCache';
import { meanLoss } from '../../method/loss';
import { allParameters, layerParameters } from '../../tfjs/tuning/parameters';
import { scheduleFactor } from '../../method/schedule';
import { Tuner } from '../../tfjs/tuning/tuner';
import type { ResumePoint } from '../../../node/run/laterResults';
import { batchOf } from '../../data/sequences/batch';
import { corpusMessages } from '../../data/corpus/corpus';
import type { CausalLM } from '../../tfjs/model/causalLM';
import { yieldToEventLoop, type Task } from '../../task';
import { ForgettingMonitor, responseText, type LossesBefore } from './forgettingMonitor';
import { initialProgress, type Progress } from './progress';
import { Checkpointer } from './checkpointer';
import { RateSource, type MeasuredRates } from './rateSource';
import { overlapTexts, textOverlaps } from '../texts/tuneCorpora';
import type { TuneInput } from './tuneInput';
import type { RunLease } from '../lease/runLease';

export interface TuneOutcome {
  readonly status: 'done' | 'stopped';
  readonly step: number;
  readonly loss: number | null;
  readonly domainLoss: number | null;
  readonly generalLoss: number | null;
  readonly before: LossesBefore;
  /** Why it stopped, where nobody asked for it. */
  readonly because?: string;
}

export interface SessionParts {
  readonly lease: RunLease;
  readonly input: TuneInput;
  readonly model: CausalLM;
  /** The checkpoint to go on from; the last when left out. */
  readonly from?: ResumePoint | undefined;
}

/** One trainer's work on a run: from where the run folder stands to its last step, or until it is stopped. */
export class TuneSession {
  private readonly settings: TuneSettings;
  private readonly tuner: Tuner;
  private readonly rates: RateSource;
  private readonly frozen: ActivationCache | undefined;
  private readonly state: Progress;
  private readonly task: Task;
  private phase: TrainerStatus['phase'] = 'preparing';
  private readonly forgetting: ForgettingMonitor;
  /** Why the run may not go on. */
  private because: string | undefined;
  private readonly checkpointer: Checkpointer;

  constructor(private readonly parts: SessionParts) {
    const { input, model, lease } = parts;
    const { tune } = input.spec;
    const added = input.manifest?.added.map(({ layer }) => layer);
    this.settings = tune;
    this.task = lease.task;
    this.frozen = activationCache(model, added ?? [], {
      folder: lease.folder.path,
      megabytes: tune.keepStates,
      onProblem: (message) => {
        this.emit({ type: 'log', level: 'warn', message });
      },
    });
    const comesAgain = input.corpora.training.repeats(tune.steps * tune.batchSize * tune.gradAccum);
    this.tuner = new Tuner(
      model,
      added ? layerParameters(model, added) : allParameters(model),
      {
        baseLearningRate: tune.learningRate,
        weightDecay: tune.weightDecay,
        maxGradNorm: tune.maxGradNorm,
      },
      comesAgain ? this.frozen : undefined,
    );
    this.rates = new RateSource(
      input.spec,
      model,
      input.manifest,
      input.corpora.probe,
      this.task,
      this.frozen,
    );
    this.state = initialProgress(tune);
    this.forgetting = new ForgettingMonitor(lease.folder, tune, model.config);
    const { tuner, state, task } = this;
    this.checkpointer = new Checkpointer({ lease, input, model, tuner, state, task });
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
      if (this.parts.lease.requests.stop || this.forgets()) {
        return this.stopped();
      }
      this.phase = 'tuning';
      if (await this.trainStep()) {
        await this.afterStep();
      }
    }
    if (this.forgets()) {
      return this.stopped();
    }
    await this.save();
    this.emit({ type: 'done', step: this.state.step });
    return this.outcome('done');
  }

  /** From the chosen or the last checkpoint when there is one, otherwise from the model as it is. */
  private async start(): Promise<void> {
    const { from, input, model, lease } = this.parts;
    const { folder } = lease;
    folder.removeLeftovers();
    const start = from?.step ?? folder.checkpoints().at(-1);
    const aside = start === undefined ? undefined : this.checkpointer.restore(start);
    const { step, baseLearningRate, units } = this.state;
    const status = start === undefined ? 'started' : 'resumed';
    const message = aside === undefined ? {} : { message: `later results were moved to ${aside}` };
    this.emit({ type: 'status', status, step, engine: { ...model.engine.describe() }, ...message });
    this.tuner.setBaseRate(baseLearningRate);
    if (units.length > 0) {
      this.tuner.setRates(units);
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
    this.phase = 'measuring';
    await this.adopt(await this.rates.initial(baseLearningRate));
    await this.evaluate();
    if (this.forgetting.rollsBack) {
      await this.save();
    }
  }

  /** @returns false when the step was no good and the run was taken back */
  private async trainStep(): Promise<boolean> {
    const { batchSize, gradAccum, schedule, warmup, steps } = this.settings;
    const { input, model } = this.parts;
    const step = this.state.step + 1;
    await yieldToEventLoop(this.task);
    const begin = performance.now();
    const seen = this.state.step * batchSize * gradAccum;
    const microBatches = Array.from({ length: gradAccum }, (_, index) =>
      batchOf(input.corpora.training.take(seen + index * batchSize, batchSize)),
    );
    const factor = scheduleFactor(schedule, step - 1, warmup, steps);
    const { loss, gradNorm, tokens } = this.tuner.step(microBatches, step, factor);
    if (!Number.isFinite(loss) || !Number.isFinite(gradNorm)) {
      await this.breakOff(step, Number.isFinite(loss) ? `gradient norm is ${gradNorm}` : `loss is ${loss}`);
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
      tensors: model.engine.tensorCount(),
    });
    this.task.report(step / steps, `step ${step} of ${steps}, loss ${loss.toFixed(4)}`);
    return true;
  }

  private async afterStep(): Promise<void> {
    const { step } = this.state;
    const { updateEvery, saveEvery, unitRates, steps } = this.settings;
    if (unitRates !== 'equal' && step % updateEvery === 0) {
      await this.refreshRates();
    }
    const saves = step % saveEvery === 0;
    // A run goes back only to a checkpoint that is known to be within the limit.
    const evaluates = step % evaluationInterval(this.settings) === 0 || (saves && this.forgetting.rollsBack);
    // Each of these may take the run back.
    if (this.state.step === step && (evaluates || step === steps)) {
      await this.evaluate();
      await this.respondToForgetting();
    }
    if (this.state.step === step && saves) {
      await this.save();
    }
  }

  /** Touches neither parameters nor optimiser. */
  private async refreshRates(): Promise<void> {
    this.phase = 'measuring';
    const { baseLearningRate, units, unitsMeasuredAt } = this.state;
    // The seed comes from other layers: nothing of it is carried over into the copies' own importance.
    const isSeed = unitsMeasuredAt === 0 && this.parts.input.manifest !== undefined;
    const previous = isSeed ? units.map((unit) => ({ ...unit, normalized: undefined })) : units;
    await this.adopt(await this.rates.refresh(baseLearningRate, previous));
  }

  private async adopt({ units, source, finite }: MeasuredRates): Promise<void> {
    if (!finite) {
      await this.breakOff(this.state.step, 'importance is no number');
      return;
    }
    this.state.units = units;
    this.state.unitsMeasuredAt = this.state.step;
    this.tuner.setRates(units);
    if (source !== undefined) {
      this.emit({ type: 'importance', step: this.state.step, units, source });
    }
  }

  private async evaluate(): Promise<void> {
    const { input, model } = this.parts;
    this.phase = 'evaluating';
    const begin = performance.now();
    const finite = (loss: number): number | null => (Number.isFinite(loss) ? loss : null);
    this.state.domainLoss = finite(await meanLoss(model, input.corpora.domainEval, this.task, this.frozen));
    this.state.generalLoss = finite(await meanLoss(model, input.corpora.generalEval, this.task, this.frozen));
    this.state.evaluatedAt = this.state.step;
    const { step, domainLoss, generalLoss } = this.state;
    this.emit({ type: 'eval', step, domainLoss, generalLoss, seconds: (performance.now() - begin) / 1000 });
    if (domainLoss === null || generalLoss === null) {
      const which = domainLoss === null ? 'domain' : 'general';
      await this.breakOff(step, `${which} loss is no number`, false);
    }
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
        this.changeBaseRate(requests.learningRate);
        requests.learningRate = undefined;
      }
      if (requests.checkpoint) {
        requests.checkpoint = false;
        await this.save();
      }
    }
  }

  private changeBaseRate(value: number): void {
    this.state.baseLearningRate = value;
    this.state.units = this.rates.rate(this.state.units, value);
    this.tuner.setBaseRate(value);
    this.tuner.setRates(this.state.units);
    const message = `base learning rate is ${value} from step ${this.state.step + 1} on`;
    this.emit({ type: 'log', level: 'info', message });
    this.showRates('base rate');
  }

  /** Rates that changed without a measurement. */
  private showRates(why: 'base rate' | 'frozen'): void {
    const { step, units, unitsMeasuredAt } = this.state;
    if (this.settings.unitRates !== 'equal') {
      const source = this.rates.sourceAt(unitsMeasuredAt);
      this.emit({ type: 'importance', step, units: [...units], source, why });
    }
  }

  /** Whether the run must end because of what the evaluation at this step, if there was one, shows. */
  private forgets(): boolean {
    const violation = this.forgetting.violation(this.state);
    const ends = violation !== undefined && (this.settings.onGeneralRise === 'stop' || this.state.gaveUp);
    if (ends && this.because === undefined) {
      // Also where an earlier trainer found it, and the limit has not been raised since.
      this.because = violation;
      this.warnOfForgetting(violation, responseText({ kind: 'stop' }));
    }
    return ends;
  }

  /** Does what `onGeneralRise` asks for where the evaluation of this step shows too much forgetting, and says why. */
  private async respondToForgetting(): Promise<void> {
    const violation = this.forgetting.violation(this.state);
    if (violation === undefined || this.settings.onGeneralRise === 'stop') {
      return;
    }
    const response = this.forgetting.response(this.state);
    this.warnOfForgetting(violation, responseText(response));
    this.state.gaveUp = response.kind === 'stop';
    switch (response.kind) {
      case 'stop':
        this.because = violation;
        return;
      case 'lower':
        this.changeBaseRate(response.baseLearningRate);
        return;
      case 'freeze':
        this.state.units = response.units;
        this.tuner.setRates(response.units);
        this.showRates('frozen');
        return;
      case 'rollBack':
        await this.rollBack(response.step, response.baseLearningRate);
    }
  }

  private warnOfForgetting(violation: string, response: string): void {
    const file = this.parts.lease.folder.file('spec');
    const hint = response.endsWith('stops')
      ? `; to go on, raise or remove "tune.maxGeneralRise" in ${file} and resume`
      : '';
    const message = `step ${this.state.step}: ${violation}: ${response}${hint}.`;
    this.emit({ type: 'log', level: 'warn', message });
  }

  private async rollBack(to: number, rate: number): Promise<void> {
    this.checkpointer.load(to);
    this.changeBaseRate(rate);
    // First of all: whoever resumes the run goes on at the lower rate too.
    await this.save();
    const aside = this.checkpointer.setLaterAside(to);
    const message = aside === undefined ? {} : { message: `later results were moved to ${aside}` };
    this.emit({ type: 'status', status: 'resumed', step: to, ...message });
  }

  /** A run that may be taken back is taken back where it breaks, too. @throws AdeptError (failure) where it cannot be */
  private async breakOff(step: number, what: string, mayCompute = true): Promise<void> {
    const response = this.forgetting.rollsBack ? this.forgetting.response(this.state) : undefined;
    if (response?.kind !== 'rollBack') {
      await this.checkpointer.failOnNaN(step, what, mayCompute);
      return;
    }
    this.emit({
      type: 'log',
      level: 'warn',
      message: `step ${step}: the ${what}: ${responseText(response)}.`,
    });
    await this.rollBack(response.step, response.baseLearningRate);
  }

  private async stopped(): Promise<TuneOutcome> {
    this.phase = 'stopping';
    await this.save();
    const message = this.because === undefined ? {} : { message: this.because };
    this.emit({ type: 'status', status: 'stopped', step: this.state.step, ...message });
    return this.outcome('stopped');
  }

  private outcome(status: TuneOutcome['status']): TuneOutcome {
    this.phase = 'ended';
    this.parts.lease.log.sync();
    const { step, loss, domainLoss, generalLoss } = this.state;
    const before = this.forgetting.lossesBefore();
    const because = this.because === undefined ? {} : { because: this.because };
    return { status, step, loss, domainLoss, generalLoss, before, ...because };
  }

  private emit(event: NewRunEvent): void {
    this.parts.lease.emit(event);
  }

  close(): void {
    this.tuner.dispose();
    this.frozen?.close();
  }
}
