import { failure } from '../../shared/common/errors';
import {
  tensorsOfUnit,
  UNIT_NAMES,
  unitsOf,
  type UnitName,
  type UnitSpec,
} from '../../shared/model/architecture';
import type { ModelConfig } from '../../shared/model/config';
import type { TrainedTensor } from '../executor/results';
import type { OpenResult } from './wire/messages';

/** What rank 0 says of a model, held against what config.json says. */
export interface OpenedModel {
  readonly units: readonly UnitSpec[];
  /** Of each unit where rank 0 has it in what it answers. */
  readonly columns: readonly number[];
  readonly trained: readonly TrainedTensor[];
}

/** @throws AdeptError (failure) when the two disagree on what the model is made of */
export function openedModel(folder: string, config: ModelConfig, opened: OpenResult): OpenedModel {
  const { model } = opened;
  const said = [model.family, model.layers, model.hiddenSize, model.vocabSize].join(', ');
  const read = [config.family, config.numHiddenLayers, config.hiddenSize, config.vocabSize].join(', ');
  if (said !== read) {
    throw disagreement(folder, `family, layers, hidden size and vocabulary (${said}; config.json: ${read})`);
  }
  const units = unitsOf(config);
  const columns = units.map((unit) => columnOf(folder, unit, opened));
  const more = opened.units.find((_, column) => !columns.includes(column));
  if (more !== undefined) {
    throw disagreement(folder, `the unit ${more.name}, which this program does not know`);
  }
  const trained = opened.trained.map(({ name, shape, layer, unit, decays }) => ({
    ...{ name, shape, decays },
    unit: layer === null || unit === null ? undefined : { layer, name: unitName(folder, unit) },
  }));
  return { units, columns, trained };
}

function columnOf(folder: string, unit: UnitSpec, { units }: OpenResult): number {
  const column = units.findIndex(({ name }) => name === unit.name);
  const { parameters = [], layers = [], output } = units[column] ?? {};
  const shapes = (of: readonly { readonly name: string; readonly shape: readonly number[] }[]): string =>
    of
      .map(({ name, shape }) => `${name} [${shape.join(', ')}]`)
      .sort()
      .join(', ');
  const said = shapes(parameters);
  const own = shapes(tensorsOfUnit(unit).map(({ part, shape }) => ({ name: `${unit.name}.${part}`, shape })));
  if (said !== own || layers !== null || output !== unit.output) {
    throw disagreement(folder, `the unit ${unit.name} (${said || 'none'}; config.json: ${own})`);
  }
  return column;
}

function unitName(folder: string, name: string): UnitName {
  const known = UNIT_NAMES.find((own) => own === name);
  if (known === undefined) {
    throw disagreement(folder, `the unit ${name}, which this program does not know`);
  }
  return known;
}

function disagreement(folder: string, of: string): Error {
  return failure(
    `${folder}: the torch executor and this program disagree on ${of}: use the engine native or wasm, and report this.`,
  );
}
