import { zeroOf } from '../../../shared/model/outputUnits';
import type { Tensor } from '../engine/tensor';
import type { CausalLM } from '../model/causalLM';
import { layerParameters, tensorOf, type Parameter } from './parameters';

interface Output {
  readonly parameter: Parameter;
  /** As it was trained. */
  readonly trained: Tensor;
}

/**
 * The strength α: scales what layers write into the residual stream by α, which is their output projections, biases
 * included, times α. At 0 a layer adds nothing, and the model is exactly what it was without it. Owns the tensors of the
 * trained projections; the model owns the scaled ones.
 */
export class OutputStrength {
  private readonly outputs: ReadonlyMap<number, readonly Output[]>;

  constructor(
    private readonly model: CausalLM,
    layers: readonly number[],
  ) {
    const outputUnits = new Set<string>(model.units.flatMap(({ name, output }) => (output ? [name] : [])));
    this.outputs = new Map(
      layers.map((layer) => [
        layer,
        layerParameters(model, [layer])
          .filter(({ unit }) => unit !== undefined && outputUnits.has(unit.name))
          .map((parameter) => ({
            parameter,
            trained: model.engine.keep(model.engine.clone(tensorOf(parameter))),
          })),
      ]),
    );
  }

  /** Sets α of every layer: 1 of those that are not named. @throws Error for a layer that is none of these */
  set(alphas: ReadonlyMap<number, number>): void {
    const { engine } = this.model;
    const other = [...alphas.keys()].find((layer) => !this.outputs.has(layer));
    if (other !== undefined) {
      throw new Error(`Layer ${other} is not trained, so it has no strength.`);
    }
    for (const [layer, outputs] of this.outputs) {
      const alpha = alphas.get(layer) ?? 1;
      for (const { parameter, trained } of outputs) {
        engine.dispose(tensorOf(parameter));
        // Times 1 is exact as well, but a copy says so.
        const scaled = alpha === 1 ? engine.clone(trained) : this.scaled(parameter, trained, alpha);
        parameter.slot[parameter.part] = engine.keep(scaled);
      }
    }
  }

  /** A norm that multiplies by 1 + weight writes nothing at −1. */
  private scaled(parameter: Parameter, trained: Tensor, alpha: number): Tensor {
    const { engine, config } = this.model;
    const zero = zeroOf(config.family, parameter.unit?.name ?? '');
    return zero === 0
      ? engine.scale(trained, alpha)
      : engine.tidy(() => engine.addScalar(engine.scale(engine.addScalar(trained, -zero), alpha), zero));
  }

  /** Gives the model what was trained back, and ends. */
  end(): void {
    for (const { parameter, trained } of [...this.outputs.values()].flat()) {
      this.model.engine.dispose(tensorOf(parameter));
      parameter.slot[parameter.part] = trained;
    }
  }
}
