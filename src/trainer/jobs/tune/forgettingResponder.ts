import type { Checkpointer } from './checkpointer';
import type { ForgettingResponse } from '../../method/forgettingLimit';
import { remedyOf, responseText, type ForgettingMonitor } from './forgettingMonitor';
import type { RunRates } from './runRates';
import type { SessionParts } from './sessionParts';

interface ResponderParts extends SessionParts {
  readonly monitor: ForgettingMonitor;
  readonly rates: RunRates;
  readonly checkpointer: Checkpointer;
  /** Saves as the session does. */
  readonly save: () => Promise<void>;
}

/** Does what a run's settings ask for where it forgets too much, or computes no numbers. */
export class ForgettingResponder {
  private violation: string | undefined;

  constructor(private readonly parts: ResponderParts) {}

  /** Why the run may not go on. */
  get because(): string | undefined {
    return this.violation;
  }

  /** Whether the run must end because of what the evaluation at this step, if there was one, shows. */
  ends(): boolean {
    const { monitor, state, input } = this.parts;
    const violation = monitor.violation(state);
    const ends = violation !== undefined && (input.spec.tune.onGeneralRise === 'stop' || state.gaveUp);
    if (ends && this.violation === undefined) {
      // Also where an earlier trainer found it, and the limit has not been raised since.
      this.violation = violation;
      this.warn(violation, { kind: 'stop' });
    }
    return ends;
  }

  /** Does what `onGeneralRise` asks for where the evaluation of this step shows too much forgetting, and says why. */
  async respond(): Promise<void> {
    const { monitor, state, input, rates } = this.parts;
    const violation = monitor.violation(state);
    if (violation === undefined || input.spec.tune.onGeneralRise === 'stop') {
      return;
    }
    const response = monitor.response(state);
    this.warn(violation, response);
    state.gaveUp = response.kind === 'stop';
    switch (response.kind) {
      case 'stop':
        this.violation = violation;
        return;
      case 'lower':
        rates.changeBase(response.baseLearningRate);
        return;
      case 'freeze':
        rates.freeze(response.units);
        return;
      case 'rollBack':
        await this.rollBack(response.step, response.baseLearningRate);
    }
  }

  /** A run that may be taken back is taken back where it breaks, too. @throws AdeptError (failure) where it cannot be */
  async breakOff(step: number, what: string, mayCompute = true): Promise<void> {
    const { monitor, state, checkpointer } = this.parts;
    const response = monitor.rollsBack ? monitor.response(state) : undefined;
    if (response?.kind !== 'rollBack') {
      await checkpointer.failOnNaN(step, what, mayCompute);
      return;
    }
    this.say(step, `the ${what}`, response);
    await this.rollBack(response.step, response.baseLearningRate);
  }

  private async rollBack(to: number, rate: number): Promise<void> {
    const { checkpointer, rates, lease, save } = this.parts;
    await checkpointer.load(to);
    rates.changeBase(rate);
    // First of all: whoever resumes the run goes on at the lower rate too.
    await save();
    const aside = checkpointer.setLaterAside(to);
    const message = aside === undefined ? {} : { message: `later results were moved to ${aside}` };
    lease.emit({ type: 'status', status: 'resumed', step: to, ...message });
  }

  private warn(violation: string, response: ForgettingResponse): void {
    const { lease, state } = this.parts;
    const file = lease.folder.file('spec');
    const hint =
      response.kind === 'stop'
        ? `; to go on, raise or remove "tune.maxGeneralRise" in ${file} and resume`
        : '';
    this.say(state.step, violation, response, hint);
  }

  private say(step: number, because: string, response: ForgettingResponse, hint = ''): void {
    const { lease, state } = this.parts;
    lease.emit({
      type: 'log',
      level: 'warn',
      message: `step ${step}: ${because}: ${responseText(response)}${hint}.`,
      about: { kind: 'remedy', step, because, remedy: remedyOf(response, state.baseLearningRate) },
    });
  }
}
