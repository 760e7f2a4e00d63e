import type { UnitRate } from '../../../shared/method/unitRate';
import type { Batch } from '../../data/sequences/batch';
import type { Tensor } from '../engine/tensor';
import type { CausalLM, CachedActivations } from '../model/causalLM';
import { lossGradients, type GradientRequest } from '../model/gradients';
import { ADAMW_DEFAULTS, adamWUpdate, type Moments } from './adamW';
import { sum } from '../../../shared/common/sum';
import { dot } from '../model/primitives';
import { namedGradients, namedOuterGradients, tensorOf, type Parameter } from './parameters';

export interface TunerOptions {
  readonly baseLearningRate: number;
  readonly weightDecay: number;
  /** Clip the global gradient norm; 0 is off. */
  readonly maxGradNorm: number;
}

export interface StepResult {
  /** Mean over all predicted positions of the step, nats. */
  readonly loss: number;
  /** Of all parameters that train together, before clipping. */
  readonly gradNorm: number;
  readonly tokens: number;
}

/** What a checkpoint keeps of a parameter: its values, and AdamW's first and second moments, all of its shape. */
export interface ParameterState {
  readonly values: Float32Array;
  readonly first: Float32Array;
  readonly second: Float32Array;
}

/**
 * Decoupled tuning: AdamW over the trainable parameters, one learning rate per unit. Every trainable tensor is claimed
 * by exactly one unit or, outside the layers, by the base rate.
 */
export class Tuner {
  private readonly moments = new Map<string, Moments>();
  private rates = new Map<string, number>();
  private frozen: ReadonlySet<string> = new Set();
  private baseLearningRate: number;
  private readonly trainableLayers: ReadonlySet<number>;
  private readonly trainsOuter: boolean;

  constructor(
    readonly model: CausalLM,
    readonly parameters: readonly Parameter[],
    private readonly options: TunerOptions,
    /** What enters the lowest trainable layer. */
    private readonly known?: CachedActivations,
  ) {
    this.baseLearningRate = options.baseLearningRate;
    const names = new Set(parameters.map(({ name }) => name));
    if (names.size !== parameters.length) {
      throw new Error('A trainable tensor is claimed twice.');
    }
    this.trainableLayers = new Set(parameters.flatMap(({ unit }) => (unit ? [unit.layer] : [])));
    this.trainsOuter = parameters.some(({ unit }) => unit === undefined);
    for (const parameter of parameters) {
      const { engine } = model;
      const zeros = (): Tensor => engine.keep(engine.zeros(parameter.shape));
      this.moments.set(parameter.name, { first: zeros(), second: zeros() });
    }
  }

  /** The rate of what lies outside the layers. */
  setBaseRate(value: number): void {
    this.baseLearningRate = value;
  }

  /** From the next step on every unit follows its rate. @throws Error when a trainable unit has none. */
  setRates(units: readonly UnitRate[]): void {
    this.rates = new Map(units.map(({ layer, name, learningRate }) => [unitKey(layer, name), learningRate]));
    this.frozen = new Set(
      units.flatMap(({ layer, name, frozen }) => (frozen === true ? [unitKey(layer, name)] : [])),
    );
    for (const parameter of this.parameters) {
      this.rateOf(parameter);
    }
  }

  private rateOf({ unit, name }: Parameter): number {
    const rate = unit ? this.rates.get(unitKey(unit.layer, unit.name)) : this.baseLearningRate;
    if (rate === undefined) {
      throw new Error(`${name} has no learning rate.`);
    }
    return rate;
  }

  /**
   * One optimiser step over the accumulated batches.
   * The gradient is that of the mean loss over all predicted positions of the step, however they fall into batches.
   * @param step optimiser step, from 1
   * @param factor of the schedule, multiplies every rate
   * @returns a loss that is not finite leaves parameters and moments as they were.
   */
  step(batches: readonly Batch[], step: number, factor: number): StepResult {
    const { engine } = this.model;
    const targets = sum(batches.flatMap(({ lengths }) => [...lengths].map((length) => length - 1)));
    const gradients = new Map<string, Tensor>();
    try {
      let total = 0;
      for (const batch of batches) {
        total += sum(lossGradients(this.model, batch, this.request(1 / targets, gradients)));
      }
      const loss = total / targets;
      const gradNorm = engine.tidy(() => this.norm(gradients));
      if (Number.isFinite(loss) && Number.isFinite(gradNorm)) {
        this.update(gradients, gradNorm, step, factor);
      }
      return { loss, gradNorm, tokens: sum(batches.flatMap(({ lengths }) => [...lengths])) };
    } finally {
      engine.dispose(...gradients.values());
    }
  }

  private request(scale: number, gradients: Map<string, Tensor>): GradientRequest {
    const { engine } = this.model;
    const { known } = this;
    const accumulate = (named: Iterable<[string, Tensor]>): void => {
      for (const [name, gradient] of named) {
        const sofar = gradients.get(name);
        gradients.set(name, engine.keep(sofar ? engine.add(sofar, gradient) : engine.clone(gradient)));
        engine.dispose(sofar);
      }
    };
    const request: GradientRequest = {
      scale,
      lowestLayer: this.trainsOuter ? 0 : Math.min(...this.trainableLayers),
      input: known && ((batch) => known.input(batch)),
      wants: (layer) => this.trainableLayers.has(layer),
      onLayer: (layer, layerGradients) => {
        accumulate(namedGradients(layer, layerGradients));
      },
    };
    return this.trainsOuter
      ? {
          ...request,
          onOuter: (outer) => {
            accumulate(namedOuterGradients(outer));
          },
        }
      : request;
  }

  /** √Σ‖g‖², summed in double precision over the parameters; what is frozen must not slow down the others. */
  private norm(gradients: ReadonlyMap<string, Tensor>): number {
    const training = this.parameters.filter(
      ({ unit }) => unit === undefined || !this.frozen.has(unitKey(unit.layer, unit.name)),
    );
    const squares = training.map(({ name }) => {
      const gradient = gradients.get(name);
      if (gradient === undefined) {
        throw new Error(`${name} got no gradient.`);
      }
      return dot(this.model.engine, gradient, gradient);
    });
    return Math.sqrt(sum(squares));
  }

  private update(
    gradients: ReadonlyMap<string, Tensor>,
    gradNorm: number,
    step: number,
    factor: number,
  ): void {
    const { engine } = this.model;
    const { maxGradNorm } = this.options;
    // As torch.nn.utils.clip_grad_norm_.
    const clip = maxGradNorm > 0 ? Math.min(1, maxGradNorm / (gradNorm + 1e-6)) : 1;
    for (const parameter of this.parameters) {
      const moments = this.momentsOf(parameter.name);
      const next = engine.tidy(() =>
        adamWUpdate(
          engine,
          {
            parameter: tensorOf(parameter),
            gradient: gradients.get(parameter.name) ?? engine.zeros(parameter.shape),
            ...moments,
          },
          {
            ...ADAMW_DEFAULTS,
            clip,
            weightDecay: parameter.decays ? this.options.weightDecay : 0,
            learningRate: this.rateOf(parameter) * factor,
            step,
          },
        ),
      );
      this.replace(parameter, next.parameter, next.moments);
    }
  }

  private momentsOf(name: string): Moments {
    const moments = this.moments.get(name);
    if (moments === undefined) {
      throw new Error(`${name} has no moments.`);
    }
    return moments;
  }

  /** Takes over new tensors and frees the old ones that they are not. */
  private replace(parameter: Parameter, tensor: Tensor, moments: Moments): void {
    const { engine } = this.model;
    const { first, second } = this.momentsOf(parameter.name);
    for (const [old, next] of [
      [tensorOf(parameter), tensor],
      [first, moments.first],
      [second, moments.second],
    ] as const) {
      if (old !== next) {
        engine.dispose(old);
      }
    }
    parameter.slot[parameter.part] = engine.keep(tensor);
    this.moments.set(parameter.name, {
      first: engine.keep(moments.first),
      second: engine.keep(moments.second),
    });
  }

  /** One of the three tensors of a parameter's state, for a checkpoint. */
  read(parameter: Parameter, part: keyof ParameterState): Float32Array {
    const tensor = part === 'values' ? tensorOf(parameter) : this.momentsOf(parameter.name)[part];
    return this.model.engine.read(tensor);
  }

  /** The reverse of {@link read}, of all three. */
  restore(parameter: Parameter, state: ParameterState): void {
    const { engine } = this.model;
    const make = (values: Float32Array): Tensor => engine.keep(engine.tensor(values, parameter.shape));
    this.replace(parameter, make(state.values), { first: make(state.first), second: make(state.second) });
  }

  dispose(): void {
    for (const { first, second } of this.moments.values()) {
      this.model.engine.dispose(first, second);
    }
    this.moments.clear();
  }
}

function unitKey(layer: number, name: string): string {
  return `${layer}.${name}`;
}
