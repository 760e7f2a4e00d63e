import { failure } from '../../shared/common/errors';
import { parseLayerTensorName } from '../../shared/model/architecture';
import { modelUnits, type ModelUnit } from '../../shared/model/modelUnits';
import { isInTable, type ModelOutline } from '../../shared/model/outline';
import type { StoredUnit } from '../../shared/model/storedUnits';
import type { TrainedTensor } from '../executor/results';
import type { OpenResult } from './wire/messages';

/** What rank 0 says of a model, held against what its folder says. */
export interface OpenedModel {
  readonly config: ModelOutline;
  readonly units: readonly ModelUnit[];
  /** Of each unit where rank 0 has it in what it answers. */
  readonly columns: readonly number[];
  readonly trained: readonly TrainedTensor[];
  readonly perLayer: Readonly<Record<string, readonly unknown[]>>;
}

type SaidUnit = OpenResult['units'][number];

/**
 * @param stored of every layer what its tensors' names say
 * @throws AdeptError (failure) when the two disagree on what the model is made of
 */
export function openedModel(
  folder: string,
  outline: ModelOutline,
  stored: readonly (readonly StoredUnit[])[],
  { model, units: said, trained }: OpenResult,
): OpenedModel {
  const shape = [model.layers, model.hiddenSize, model.vocabSize].join(', ');
  const read = [outline.numHiddenLayers, outline.hiddenSize, outline.vocabSize].join(', ');
  if (shape !== read) {
    throw disagreement(folder, `layers, hidden size and vocabulary (${shape}; config.json: ${read})`);
  }
  const own = unitsOfLayers(stored);
  const names = new Set([...own.keys(), ...said.map(({ name }) => name)]);
  for (const name of names) {
    const [here, there] = [own.get(name), text(said.find((unit) => unit.name === name))];
    if (here !== there) {
      throw disagreement(folder, `the unit ${name} (${there ?? 'none'}; the weights: ${here ?? 'none'})`);
    }
  }
  const stray = trained.find(({ unit }) => unit !== null && !names.has(unit));
  if (stray !== undefined) {
    throw disagreement(
      folder,
      `${stray.name}, of the unit ${stray.unit ?? ''}, which the model does not have`,
    );
  }
  const units = isInTable(outline) ? modelUnits(outline) : said.map(unitOf);
  return {
    config: { ...outline, maxPositionEmbeddings: model.maxPositionEmbeddings ?? Infinity },
    units,
    columns: units.map(({ name }) => said.findIndex((unit) => unit.name === name)),
    trained: trained.map(({ name, shape: of, layer, unit, decays }) => ({
      ...{ name, shape: of, decays },
      unit: layer === null || unit === null ? undefined : { layer, name: unit },
    })),
    perLayer: model.perLayer,
  };
}

function unitOf({ name, parameters, layers }: SaidUnit): ModelUnit {
  return {
    name,
    parameters: parameters.reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1), 0),
    ...(layers === null ? {} : { layers }),
  };
}

/** A unit in words, for comparison. */
function text(unit: SaidUnit | undefined): string | undefined {
  if (unit === undefined) {
    return undefined;
  }
  const { parameters, output, zero, layers } = unit;
  const tensors = parameters
    .map(({ name, shape }) => `${name} [${shape.join(', ')}]`)
    .sort()
    .join(', ');
  return `${tensors}${output ? `, an output that is silent at ${zero}` : ''}${layers === null ? '' : `, in layers ${layers.join(', ')}`}`;
}

/** The same of what is stored, by name; its tensors are those of the first layer that has it. */
function unitsOfLayers(stored: readonly (readonly StoredUnit[])[]): Map<string, string> {
  const found = new Map<string, SaidUnit & { layers: number[] }>();
  for (const [layer, units] of stored.entries()) {
    for (const { name, output, zero, tensors } of units) {
      const known = found.get(name);
      if (known) {
        known.layers.push(layer);
        continue;
      }
      const parameters = tensors.map((tensor) => ({
        name: parseLayerTensorName(tensor.name)?.rest ?? tensor.name,
        shape: [...tensor.shape],
      }));
      found.set(name, { ...{ name, output, zero, parameters }, layers: [layer] });
    }
  }
  return new Map(
    [...found].map(([name, unit]) => {
      const everywhere = unit.layers.length === stored.length;
      return [name, text({ ...unit, layers: everywhere ? null : unit.layers }) ?? ''];
    }),
  );
}

function disagreement(folder: string, of: string): Error {
  return failure(
    `${folder}: the torch executor and this program disagree on ${of}: use the engine native or wasm where they know this family, and report this.`,
  );
}
