import { layerTensorName, tensorsOfUnit, unitsOf } from './architecture';
import type { ModelConfig } from './config';

/**
 * Whether every matrix of the layers is stored in bfloat16, two values of a row together: only then can memory hold them so
 * without a loss.
 * @param dtypeOf the type a tensor is stored in, as its file's header calls it
 */
export function layersInBfloat16(
  config: ModelConfig,
  dtypeOf: (name: string) => string | undefined,
): boolean {
  return config.slidingWindows.every((_, layer) =>
    unitsOf(config).every((unit) =>
      tensorsOfUnit(unit).every(
        ({ part, shape: [, columns] }) =>
          columns === undefined ||
          (columns % 2 === 0 && dtypeOf(layerTensorName(config.names, layer, unit.name, part)) === 'BF16'),
      ),
    ),
  );
}
