import { unitsOf } from '../../../shared/model/architecture';
import type { Tensor } from '../engine/tensor';
import type { CausalLM } from '../model/causalLM';
import { layerParameters, tensorOf, type Parameter } from './parameters';

interface Output {
  readonly parameter: Parameter;
  /** As it was trained. */
  readonly trained: Tensor;
}

/**
 * The strength α: scales what added layers write into the residual stream by α, which is their output projections, biases
 * included, times α. At 0 the layer adds nothing, and the model is exactly what it was without it. Owns the tensors of the
 * trained projections; the model owns the scaled ones.
 */
export class AddedLayers {
  private readonly outputs: ReadonlyMap<number, readonly Output[]>;

  constructor(
    private readonly model: CausalLM,
    readonly layers: readonly number[],
  ) {
    const outputUnits = new Set<string>(
      unitsOf(model.config).flatMap(({ name, output }) => (output ? [name] : [])),
    );
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

  /** Sets α of every added layer, or of one. */
  scale(alpha: number, only?: number): void {
    const { engine } = this.model;
    for (const [layer, outputs] of this.outputs) {
      if (only !== undefined && layer !== only) {
        continue;
      }
      for (const { parameter, trained } of outputs) {
        engine.dispose(tensorOf(parameter));
        // Times 1 is exact as well, but a copy says so.
        const scaled = alpha === 1 ? engine.clone(trained) : engine.scale(trained, alpha);
        parameter.slot[parameter.part] = engine.keep(scaled);
      }
    }
  }

  dispose(): void {
    for (const { trained } of [...this.outputs.values()].flat()) {
      this.model.engine.dispose(trained);
    }
  }
}
