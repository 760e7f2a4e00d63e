import { failure, messageOf } from '../../shared/errors';
import type { ExpansionManifest } from '../../shared/manifest';
import { PROTOCOL_VERSION, type TrainerStatus } from '../../shared/protocol';
import type { CheckpointState, NewRunEvent, RunEvent, RunSpec, UnitRate } from '../../shared/runFolder';
import { meanLoss } from '../adept/loss';
import { allParameters, layerParameters } from '../adept/parameters';
import { scheduleFactor } from '../adept/schedule';
import { Tuner } from '../adept/tuner';
import { readCheckpointState, restoreCheckpoint, writeCheckpoint } from '../checkpoint/checkpoint';
import { EventLog, readEvents } from '../checkpoint/eventLog';
import type { RunFolder } from '../checkpoint/runFolder';
import { makeBatch } from '../data/corpus';
import { DataOrder } from '../data/order';
import type { Engine } from '../engine/engine';
import { CausalLM } from '../model/causalLM';
import { breathe, type Task } from '../task';
import { ControlServer } from './controlServer';
import { initialParameterState } from './initialState';
import { RateSource, type MeasuredRates } from './rateSource';
import { TrainerPresence } from './trainerPresence';
import type { TuneCorpora } from './tuneCorpora';
import type { TuneInput } from './tuneInput';

export interface TuneOutcome {
  readonly status: 'done' | 'stopped';
  readonly step: number;
  readonly loss: number | null;
  readonly domainLoss: number | null;
  readonly generalLoss: number | null;
  readonly before: { readonly domainLoss: number | null; readonly generalLoss: number | null };
}

export interface TuneHooks {
  readonly task: Task;
  readonly onEvent: (event: RunEvent) => void;
}

function addedLayers(manifest: ExpansionManifest): number[] {
  return manifest.added.map(({ layer }) => layer);
}

/**
 * Tunes the model of a run folder from its last checkpoint, or from the start, to its last step.
 * @throws AdeptError (input) for bad input, before anything is trained; (failure) when the loss is no number, after the
 * last good state is saved.
 */
export async function tuneRun(
  run: RunFolder,
  input: TuneInput,
  engine: Engine,
  hooks: TuneHooks,
): Promise<TuneOutcome> {
  const model = CausalLM.load(engine, input.spec.model, (layer, layers) => {
    hooks.task.report(0, `loading layer ${layer + 1} of ${layers}`);
  });
  const session = new TuneSession(run, input, model, hooks);
  try {
    return await session.run();
  } finally {
    session.close();
    model.dispose();
  }
}

/** What changes as a run goes on, beside the parameters. */
interface Progress {
  step: number;
  loss: number | null;
  domainLoss: number | null;
  generalLoss: number | null;
  baseLearningRate: number;
  units: readonly UnitRate[];
  unitsMeasuredAt: number;
  evaluatedAt: number;
}

class TuneSession {
  private readonly spec: RunSpec;
  private readonly corpora: TuneCorpora;
  private readonly log: EventLog;
  private readonly tuner: Tuner;
  private readonly order: DataOrder;
  private readonly rates: RateSource;
  private readonly state: Progress;
  private phase: TrainerStatus['phase'] = 'preparing';
  private wish: { stop: boolean; pause: boolean; checkpoint: boolean } = {
    stop: false,
    pause: false,
    checkpoint: false,
  };
  private wake: () => void = () => undefined;
  private lastSaved = -1;

  constructor(
    private readonly folder: RunFolder,
    input: TuneInput,
    private readonly model: CausalLM,
    private readonly hooks: TuneHooks,
  ) {
    const { spec, manifest, corpora } = input;
    const { tune } = spec;
    this.spec = spec;
    this.corpora = corpora;
    const parameters = manifest ? layerParameters(model, addedLayers(manifest)) : allParameters(model);
    this.tuner = new Tuner(model, parameters, {
      baseLearningRate: tune.learningRate,
      weightDecay: tune.weightDecay,
      maxGradNorm: tune.maxGradNorm,
    });
    this.rates = new RateSource(spec, model, manifest, corpora.probe, hooks.task);
    this.order = new DataOrder(corpora.domain.sequences.length, tune.order, tune.seed);
    this.log = EventLog.open(folder.file('events'), hooks.onEvent);
    this.state = {
      step: 0,
      loss: null,
      domainLoss: null,
      generalLoss: null,
      baseLearningRate: tune.learningRate,
      units: [],
      unitsMeasuredAt: 0,
      evaluatedAt: -1,
    };
  }

  async run(): Promise<TuneOutcome> {
    const control = await ControlServer.listen({
      status: () => this.status(),
      pause: () => this.ask({ pause: true }),
      resume: () => this.ask({ pause: false }),
      stop: () => this.ask({ stop: true, pause: false }),
      checkpoint: () => this.ask({ checkpoint: true }),
      setLearningRate: ({ value }) => this.changeBaseRate(value),
    });
    const stop = (): void => {
      this.ask({ stop: true, pause: false });
    };
    process.on('SIGINT', stop).on('SIGTERM', stop);
    try {
      const presence = TrainerPresence.claim(this.folder, control.address, this.model.engine.describe());
      try {
        return await this.work(presence);
      } catch (error) {
        this.emit({ type: 'error', message: messageOf(error), step: this.state.step });
        throw error;
      } finally {
        this.phase = 'ended';
        presence.end();
      }
    } finally {
      process.off('SIGINT', stop).off('SIGTERM', stop);
      control.close();
    }
  }

  private async work(presence: TrainerPresence): Promise<TuneOutcome> {
    await this.start();
    const steps = this.steps();
    while (this.state.step < steps) {
      presence.beat();
      await this.serveWishes();
      if (this.wish.stop) {
        return this.stopped();
      }
      this.phase = 'tuning';
      await this.trainStep();
      await this.afterStep();
    }
    await this.save();
    this.emit({ type: 'done', step: this.state.step });
    this.log.sync();
    return this.outcome('done');
  }

  private steps(): number {
    return this.spec.tune.steps;
  }

  /** From the last checkpoint when there is one, otherwise from the expanded model as it is. */
  private async start(): Promise<void> {
    this.folder.removePartialCheckpoints();
    const latest = this.folder.checkpoints().at(-1);
    const engine = { ...this.model.engine.describe() };
    if (latest === undefined) {
      this.emit({ type: 'status', status: 'started', step: 0, engine });
      this.phase = 'measuring';
      this.setUnits(await this.rates.initial(this.state.baseLearningRate));
      await this.evaluate();
      return;
    }
    const saved = restoreCheckpoint(this.folder, latest, this.tuner);
    const { step, loss, domainLoss, generalLoss, baseLearningRate, units, unitsMeasuredAt } = saved;
    Object.assign(this.state, {
      step,
      loss,
      domainLoss,
      generalLoss,
      baseLearningRate,
      units,
      unitsMeasuredAt,
    });
    this.tuner.setBaseRate(baseLearningRate);
    this.tuner.setRates(units);
    this.lastSaved = step;
    this.emit({ type: 'status', status: 'resumed', step, engine });
  }

  private async trainStep(): Promise<void> {
    const { batchSize, gradAccum, schedule, warmup } = this.spec.tune;
    const step = this.state.step + 1;
    await breathe(this.hooks.task);
    const begin = performance.now();
    const seen = this.state.step * batchSize * gradAccum;
    const microBatches = Array.from({ length: gradAccum }, (_, index) => {
      const chosen = this.order.take(seen + index * batchSize, batchSize);
      return makeBatch(chosen.flatMap((sequence) => this.corpora.domain.sequences[sequence] ?? []));
    });
    const factor = scheduleFactor(schedule, step - 1, warmup, this.steps());
    const result = this.tuner.step(microBatches, step, factor);
    if (!Number.isFinite(result.loss) || !Number.isFinite(result.gradNorm)) {
      const what = Number.isFinite(result.loss)
        ? `gradient norm is ${result.gradNorm}`
        : `loss is ${result.loss}`;
      await this.failOnNaN(step, what);
    }
    this.state.step = step;
    this.state.loss = result.loss;
    this.emit({
      type: 'step',
      step,
      loss: result.loss,
      learningRate: this.state.baseLearningRate * factor,
      tokensPerSecond: result.tokens / ((performance.now() - begin) / 1000),
      gradNorm: result.gradNorm,
      tensors: this.model.engine.tensorCount(),
    });
    this.hooks.task.report(
      step / this.steps(),
      `step ${step} of ${this.steps()}, loss ${result.loss.toFixed(4)}`,
    );
  }

  private async afterStep(): Promise<void> {
    const { step } = this.state;
    const { updateEvery, saveEvery, evalEvery, unitRates } = this.spec.tune;
    if (unitRates === 'importance' && step % updateEvery === 0) {
      await this.refreshRates();
    }
    if (step % (evalEvery ?? saveEvery) === 0 || step === this.steps()) {
      await this.evaluate();
    }
    if (step % saveEvery === 0) {
      await this.save();
    }
  }

  private setUnits({ units, source }: MeasuredRates): void {
    this.state.units = units;
    this.state.unitsMeasuredAt = this.state.step;
    this.tuner.setRates(units);
    if (source !== undefined) {
      this.emit({ type: 'importance', step: this.state.step, units, source });
    }
  }

  /** Touches neither parameters nor optimiser. */
  private async refreshRates(): Promise<void> {
    this.phase = 'measuring';
    const measured = await this.rates.refresh(this.state.baseLearningRate);
    if (!measured.finite) {
      await this.failOnNaN(this.state.step + 1, 'importance is NaN');
    }
    this.setUnits(measured);
  }

  private async evaluate(): Promise<void> {
    this.phase = 'evaluating';
    const begin = performance.now();
    const domainLoss = await meanLoss(this.model, this.corpora.domainEval, this.hooks.task);
    const generalLoss = await meanLoss(this.model, this.corpora.generalEval, this.hooks.task);
    const finite = (loss: number): number | null => (Number.isFinite(loss) ? loss : null);
    this.state.domainLoss = finite(domainLoss);
    this.state.generalLoss = finite(generalLoss);
    this.state.evaluatedAt = this.state.step;
    this.emit({
      type: 'eval',
      step: this.state.step,
      domainLoss: this.state.domainLoss,
      generalLoss: this.state.generalLoss,
      seconds: (performance.now() - begin) / 1000,
    });
  }

  private async save(): Promise<void> {
    if (this.lastSaved === this.state.step) {
      return;
    }
    this.phase = 'saving';
    await breathe(this.hooks.task);
    this.write(this.state.step, (parameter) => this.tuner.read(parameter));
  }

  private write(step: number, read: Parameters<typeof writeCheckpoint>[3]): void {
    const { batchSize, gradAccum } = this.spec.tune;
    const { loss, baseLearningRate, units, unitsMeasuredAt } = this.state;
    const evaluated = this.state.evaluatedAt === step;
    const domainLoss = evaluated ? this.state.domainLoss : null;
    const generalLoss = evaluated ? this.state.generalLoss : null;
    const state: CheckpointState = {
      format: 'adept.checkpoint/1',
      step,
      createdAt: new Date().toISOString(),
      sequencesSeen: step * batchSize * gradAccum,
      baseLearningRate,
      units: [...units],
      unitsMeasuredAt,
      loss,
      domainLoss,
      generalLoss,
    };
    this.log.sync();
    const path = writeCheckpoint(this.folder, state, this.tuner.parameters, read);
    this.lastSaved = step;
    this.emit({ type: 'checkpoint', step, path, domainLoss, generalLoss });
    this.log.sync();
  }

  /**
   * Saves the state before the step that broke, when it still computes; otherwise the last checkpoint is the good one,
   * and where there is none yet, the untouched start is saved as one.
   */
  private async failOnNaN(step: number, what: string): Promise<never> {
    const good = this.state.step > 0 && (await this.stillComputes());
    if (good) {
      await this.save();
    } else if (this.folder.checkpoints().length === 0) {
      this.write(0, initialParameterState(this.spec.model));
    }
    throw failure(
      `${this.folder.path}: at step ${step} the ${what}: lower the learning rate (it is ${this.state.baseLearningRate}) and start again, or resume from the checkpoint at step ${this.lastSaved}, the last good one.`,
    );
  }

  private async stillComputes(): Promise<boolean> {
    const watched = [...this.corpora.domainEval.slice(0, 1), ...this.corpora.generalEval.slice(0, 1)];
    return Number.isFinite(await meanLoss(this.model, watched, this.hooks.task));
  }

  private async serveWishes(): Promise<void> {
    if (this.wish.checkpoint) {
      this.wish.checkpoint = false;
      await this.save();
    }
    if (this.wish.pause) {
      this.phase = 'paused';
      this.emit({ type: 'status', status: 'paused', step: this.state.step });
      while (this.wish.pause && !this.wish.stop) {
        await this.nextWish();
      }
      this.emit({ type: 'status', status: 'tuning', step: this.state.step });
    }
  }

  private nextWish(): Promise<void> {
    return new Promise((resolve) => {
      // The timer also keeps the process alive while nothing but the control socket is open.
      const timer = setTimeout(resolve, 1000);
      this.wake = (): void => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  private async stopped(): Promise<TuneOutcome> {
    this.phase = 'stopping';
    await this.save();
    this.emit({ type: 'status', status: 'stopped', step: this.state.step });
    this.log.sync();
    return this.outcome('stopped');
  }

  private ask(wish: Partial<TuneSession['wish']>): TrainerStatus {
    Object.assign(this.wish, wish);
    this.wake();
    return this.status();
  }

  private changeBaseRate(value: number): TrainerStatus {
    this.state.baseLearningRate = value;
    this.tuner.setBaseRate(value);
    this.state.units = this.rates.rate(this.state.units, value);
    this.tuner.setRates(this.state.units);
    this.emit({
      type: 'log',
      level: 'info',
      message: `base learning rate is ${value} from step ${this.state.step + 1} on`,
    });
    return this.status();
  }

  private status(): TrainerStatus {
    return {
      protocol: PROTOCOL_VERSION,
      pid: process.pid,
      phase: this.phase,
      step: this.state.step,
      steps: this.steps(),
      loss: this.state.loss,
      baseLearningRate: this.state.baseLearningRate,
    };
  }

  private outcome(status: TuneOutcome['status']): TuneOutcome {
    const { step, loss, domainLoss, generalLoss } = this.state;
    const first = readEvents(this.folder.file('events')).find(
      (event) => event.type === 'eval' && event.step === 0,
    );
    const before =
      first?.type === 'eval'
        ? { domainLoss: first.domainLoss, generalLoss: first.generalLoss }
        : { domainLoss: null, generalLoss: null };
    return { status, step, loss, domainLoss, generalLoss, before };
  }

  private emit(event: NewRunEvent): void {
    this.log.append(event);
  }

  close(): void {
    this.tuner.dispose();
    this.log.close();
  }
}

/** The state of a run's checkpoint that is best by domain loss; the last where none was evaluated. */
export function bestCheckpoint(run: RunFolder): CheckpointState | undefined {
  const states = run.checkpoints().map((step) => readCheckpointState(run, step));
  const evaluated = states.filter(({ domainLoss }) => domainLoss !== null);
  return (
    evaluated.sort((a, b) => (a.domainLoss ?? Infinity) - (b.domainLoss ?? Infinity))[0] ?? states.at(-1)
  );
}
