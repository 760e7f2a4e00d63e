import { parameterCount } from './architecture';
import type { ModelConfig } from './config';

/** A model in words; those of equal words are taken for the same architecture and size. */
export function modelText(config: ModelConfig): string {
  return sizeText(config.family, config.numHiddenLayers, parameterCount(config));
}

/** Family, depth and size in words. */
export function sizeText(family: string, layers: number, parameters: number): string {
  return `${family} model of ${layers} layers and ${parameters} parameters`;
}
