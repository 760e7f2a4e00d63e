import type { ImportanceFile } from '../method/importance';
import { parameterCount } from './architecture';
import type { ModelConfig } from './config';

/** A model in words; those of equal words are taken for the same architecture and size. */
export function modelText(config: ModelConfig): string {
  return textOf(config.family, config.numHiddenLayers, parameterCount(config));
}

/** The same of the model that an importance.json describes. */
export function analyzedModelText({ model, layers }: Pick<ImportanceFile, 'model' | 'layers'>): string {
  return textOf(model.family, layers.length, model.parameters);
}

function textOf(family: string, layers: number, parameters: number): string {
  return `${family} model of ${layers} layers and ${parameters} parameters`;
}
