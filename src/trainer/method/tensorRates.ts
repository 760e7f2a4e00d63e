import type { UnitRate } from '../../shared/method/unitRate';
import type { StepRequest } from '../executor/requests';
import type { TrainedTensor } from '../executor/results';

/** As in torch.optim.AdamW. */
export const ADAMW: Pick<StepRequest, 'betas' | 'epsilon'> = { betas: [0.9, 0.999], epsilon: 1e-8 };

/**
 * Decoupled tuning: one learning rate per unit. Every trained tensor follows exactly one unit or, outside the layers, the base
 * rate.
 */
export class TensorRates {
  private rates = new Map<string, number>();
  private frozen: ReadonlySet<string> = new Set();

  constructor(
    private readonly trained: readonly TrainedTensor[],
    /** The rate of what lies outside the layers. */
    private base: number,
  ) {}

  setBase(value: number): void {
    this.base = value;
  }

  /** From the next step on every unit follows its rate. @throws Error when a trained unit has none. */
  setUnits(units: readonly UnitRate[]): void {
    this.rates = new Map(units.map(({ layer, name, learningRate }) => [unitKey(layer, name), learningRate]));
    this.frozen = new Set(
      units.flatMap(({ layer, name, frozen }) => (frozen === true ? [unitKey(layer, name)] : [])),
    );
    for (const tensor of this.trained) {
      this.rateOf(tensor);
    }
  }

  /** What a step is told. @param factor of the schedule, multiplies every rate */
  at(factor: number): Pick<StepRequest, 'rates' | 'frozen'> {
    return {
      rates: Float64Array.from(this.trained, (tensor) => this.rateOf(tensor) * factor),
      frozen: this.trained
        .filter(({ unit }) => unit && this.frozen.has(unitKey(unit.layer, unit.name)))
        .map(({ name }) => name),
    };
  }

  private rateOf({ unit, name }: TrainedTensor): number {
    const rate = unit ? this.rates.get(unitKey(unit.layer, unit.name)) : this.base;
    if (rate === undefined) {
      throw new Error(`${name} has no learning rate.`);
    }
    return rate;
  }
}

function unitKey(layer: number, name: string): string {
  return `${layer}.${name}`;
}
