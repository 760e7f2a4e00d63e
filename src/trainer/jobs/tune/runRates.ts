import type { UnitRate } from '../../../shared/method/unitRate';
import type { StepRequest } from '../../executor/requests';
import { TensorRates } from '../../method/tensorRates';
import { RateSource, type MeasuredRates } from './rateSource';
import type { SessionParts } from './sessionParts';

/** A run's learning rates as they are measured, changed and told to its steps. */
export class RunRates {
  private readonly source: RateSource;
  private readonly tensors: TensorRates;

  constructor(private readonly parts: SessionParts) {
    const { input, model, state, lease } = parts;
    const task = lease.phaseTask('measuring');
    this.source = new RateSource(input.spec, model, input.manifest, input.corpora.probe, task);
    this.tensors = new TensorRates(model.trained, state.baseLearningRate);
  }

  /** What a step is told. @param factor of the schedule */
  at(factor: number): Pick<StepRequest, 'rates' | 'frozen'> {
    return this.tensors.at(factor);
  }

  /** Takes up what a checkpoint left. @returns whether there are rates: nothing may have been measured before it was saved */
  resume(): boolean {
    const { baseLearningRate, units } = this.parts.state;
    this.tensors.setBase(baseLearningRate);
    if (units.length > 0) {
      this.tensors.setUnits(units);
    }
    return units.length > 0;
  }

  /** Those of the first steps. @returns false where importance is no number, and the rates stay as they are */
  async measureFirst(): Promise<boolean> {
    return this.adopt(await this.source.initial(this.parts.state.baseLearningRate));
  }

  /** Touches neither parameters nor optimiser. @returns as {@link measureFirst} */
  async refresh(): Promise<boolean> {
    const { input, state } = this.parts;
    const { baseLearningRate, units, unitsMeasuredAt } = state;
    // The seed comes from other layers: nothing of it is carried over into the copies' own importance.
    const isSeed = unitsMeasuredAt === 0 && input.manifest !== undefined;
    const previous = isSeed ? units.map((unit) => ({ ...unit, normalized: undefined })) : units;
    return this.adopt(await this.source.refresh(baseLearningRate, previous));
  }

  private adopt({ units, source, finite }: MeasuredRates): boolean {
    if (!finite) {
      return false;
    }
    const { state, lease } = this.parts;
    state.units = units;
    state.unitsMeasuredAt = state.step;
    this.tensors.setUnits(units);
    if (source !== undefined) {
      lease.emit({ type: 'importance', step: state.step, units, source });
    }
    return true;
  }

  changeBase(value: number): void {
    const { state, lease } = this.parts;
    const { step, baseLearningRate: from } = state;
    state.baseLearningRate = value;
    state.units = this.source.rate(state.units, value);
    this.tensors.setBase(value);
    this.tensors.setUnits(state.units);
    lease.emit({
      type: 'log',
      level: 'info',
      message: `base learning rate is ${value} from step ${step + 1} on`,
      about: { kind: 'baseRate', step, from, to: value },
    });
    this.show('base rate');
  }

  /** Units of which some train no more. */
  freeze(units: readonly UnitRate[]): void {
    this.parts.state.units = units;
    this.tensors.setUnits(units);
    this.show('frozen');
  }

  /** Rates that changed without a measurement. */
  private show(why: 'base rate' | 'frozen'): void {
    const { input, state, lease } = this.parts;
    const { step, units, unitsMeasuredAt } = state;
    if (input.spec.tune.unitRates !== 'equal') {
      const source = this.source.sourceAt(unitsMeasuredAt);
      lease.emit({ type: 'importance', step, units: [...units], source, why });
    }
  }
}
