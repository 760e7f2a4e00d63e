import { sum } from '../../../shared/common/sum';
import type { TensorState } from '../../checkpoint/trainedFiles';
import type { StepRequest } from '../../executor/requests';
import type { StepResult } from '../../executor/results';
import type { Tensor } from '../engine/tensor';
import type { CausalLM, CachedActivations } from '../model/causalLM';
import { lossGradients, type GradientRequest } from '../model/gradients';
import { dot } from '../model/primitives';
import { adamWUpdate, type Moments } from './adamW';
import { namedGradients, namedOuterGradients, tensorOf, type Parameter } from './parameters';

/** AdamW over the trainable parameters, each at its own learning rate. */
export class Tuner {
  private readonly moments = new Map<string, Moments>();
  private readonly trainableLayers: ReadonlySet<number>;
  private readonly trainsOuter: boolean;

  constructor(
    readonly model: CausalLM,
    readonly parameters: readonly Parameter[],
  ) {
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

  /**
   * One optimiser step over the accumulated batches.
   * The gradient is that of the mean loss over all predicted positions of the step, however they fall into batches.
   * @param known what enters the lowest trainable layer
   * @returns a loss that is not finite leaves parameters and moments as they were.
   */
  step(request: StepRequest, known?: CachedActivations): StepResult {
    const { engine } = this.model;
    const { batches } = request;
    const targets = sum(batches.flatMap(({ lengths }) => [...lengths].map((length) => length - 1)));
    const gradients = new Map<string, Tensor>();
    try {
      let total = 0;
      for (const batch of batches) {
        total += sum(lossGradients(this.model, batch, this.request(1 / targets, gradients, known)));
      }
      const loss = total / targets;
      const gradNorm = engine.tidy(() => this.norm(gradients, new Set(request.frozen)));
      if (Number.isFinite(loss) && Number.isFinite(gradNorm)) {
        this.update(gradients, gradNorm, request);
      }
      return { loss, gradNorm, tokens: sum(batches.flatMap(({ lengths }) => [...lengths])) };
    } finally {
      engine.dispose(...gradients.values());
    }
  }

  private request(
    scale: number,
    gradients: Map<string, Tensor>,
    known: CachedActivations | undefined,
  ): GradientRequest {
    const { engine, config } = this.model;
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
        accumulate(namedGradients(config.names, layer, layerGradients));
      },
    };
    return this.trainsOuter
      ? {
          ...request,
          onOuter: (outer) => {
            accumulate(namedOuterGradients(config.names, outer));
          },
        }
      : request;
  }

  /** √Σ‖g‖², summed in double precision over the parameters; what is frozen must not slow down the others. */
  private norm(gradients: ReadonlyMap<string, Tensor>, frozen: ReadonlySet<string>): number {
    const training = this.parameters.filter(({ name }) => !frozen.has(name));
    const squares = training.map(({ name }) => {
      const gradient = gradients.get(name);
      if (gradient === undefined) {
        throw new Error(`${name} got no gradient.`);
      }
      return dot(this.model.engine, gradient, gradient);
    });
    return Math.sqrt(sum(squares));
  }

  private update(gradients: ReadonlyMap<string, Tensor>, gradNorm: number, request: StepRequest): void {
    const { engine } = this.model;
    const { clipAt, weightDecay, betas, epsilon, rates, step } = request;
    // As torch.nn.utils.clip_grad_norm_.
    const clip = clipAt > 0 ? Math.min(1, clipAt / (gradNorm + 1e-6)) : 1;
    const [beta1, beta2] = betas;
    for (const [index, parameter] of this.parameters.entries()) {
      const moments = this.momentsOf(parameter.name);
      const learningRate = rates[index];
      if (learningRate === undefined) {
        throw new Error(`${parameter.name} has no learning rate.`);
      }
      const next = engine.tidy(() =>
        adamWUpdate(
          engine,
          {
            parameter: tensorOf(parameter),
            gradient: gradients.get(parameter.name) ?? engine.zeros(parameter.shape),
            ...moments,
          },
          {
            ...{ beta1, beta2, epsilon, clip, learningRate, step },
            weightDecay: parameter.decays ? weightDecay : 0,
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

  /** The values of one of a parameter's moments, for a checkpoint. */
  readMoment(parameter: Parameter, part: keyof Moments): Float32Array {
    return this.model.engine.read(this.momentsOf(parameter.name)[part]);
  }

  /** Puts a parameter and its moments back where a checkpoint left them. */
  restore(parameter: Parameter, { values, first, second }: TensorState): void {
    const { engine } = this.model;
    const make = (of: Float32Array): Tensor => engine.keep(engine.tensor(of, parameter.shape));
    this.replace(parameter, make(values), { first: make(first), second: make(second) });
  }

  dispose(): void {
    for (const { first, second } of this.moments.values()) {
      this.model.engine.dispose(first, second);
    }
    this.moments.clear();
  }
}
