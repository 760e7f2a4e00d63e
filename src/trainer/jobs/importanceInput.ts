import { inputError } from '../../shared/errors';
import { ImportanceFile } from '../../shared/importance';
import { parseWith } from '../../shared/parse';
import { readJson } from '../../node/jsonFile';
import { readModelConfig } from '../../node/modelConfig';

/** @throws AdeptError (input) naming the file and the key. */
export function readImportance(file: string): ImportanceFile {
  return parseWith(ImportanceFile, readJson(file), file);
}

/**
 * An importance.json that was measured before, for the job of this model.
 * @throws AdeptError (input) when it is none, or describes another model.
 */
export function readImportanceOf(file: string, model: string): ImportanceFile {
  const { family, numHiddenLayers } = readModelConfig(model);
  return importanceOf(file, { path: model, family, layers: numHiddenLayers });
}

/** The same for a base model that may not be at hand. @throws AdeptError (input) */
export function importanceOf(
  file: string,
  { path, family, layers }: { readonly path: string; readonly family: string; readonly layers: number },
): ImportanceFile {
  const importance = readImportance(file);
  if (importance.model.family !== family || importance.layers.length !== layers) {
    throw inputError(
      `${file}: describes a ${importance.model.family} model of ${importance.layers.length} layers, ${path} is a ${family} model of ${layers}: analyze this model.`,
    );
  }
  return importance;
}
