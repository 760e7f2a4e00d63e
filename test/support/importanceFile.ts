import type { ImportanceFile } from '../../src/shared/method/importance';
import { unitKindsOf } from '../../src/shared/model/architecture';
import { type Family } from '../../src/shared/model/families';

/** An importance.json with these layer importances; unit i of layer l has the importance that `unit` says. */
export function importanceFile(
  layers: readonly number[],
  unit: (layer: number, index: number) => number = (layer, index) => (layer + 1) * 1e-3 + index * 1e-4,
  family: Family = 'llama',
): ImportanceFile {
  return {
    format: 'adept.importance/1',
    mode: 'exact',
    model: { path: '/models/small', family, layers: layers.length, parameters: 1000 },
    probe: { sources: ['/data/general.txt'], sequences: 8, tokens: 1024, seqLen: 128, batchSize: 4 },
    baseLoss: 1.5,
    layers: layers.map((importance, index) => ({ index, importance })),
    unitDefinition: 'released',
    units: layers.flatMap((_, layer) =>
      unitKindsOf(family).map(({ name }, index) => ({ layer, name, importance: unit(layer, index) })),
    ),
    timing: { layersSeconds: 2, unitsSeconds: 1 },
    engine: { engine: 'wasm' },
  };
}
