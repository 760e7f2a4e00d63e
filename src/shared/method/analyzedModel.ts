import { modelText } from '../model/modelText';
import type { ImportanceFile } from './importance';

/** The model that an importance.json describes, in the words of `modelText`. */
export function analyzedModelText({ model, layers }: Pick<ImportanceFile, 'model' | 'layers'>): string {
  return modelText({ ...model, layers: layers.length });
}
