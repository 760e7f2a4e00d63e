import { inputError } from '../../../shared/common/errors';
import { ImportanceFile } from '../../../shared/method/importance';
import { modelText, type ModelFacts } from '../../../shared/model/modelText';
import { analyzedModelText } from '../../../shared/method/analyzedModel';
import { parseWith } from '../../../shared/common/parse';
import { readJson } from '../../../node/files/jsonFile';
import { readModelFacts } from '../../../node/model/modelFacts';

/** @throws AdeptError (input) naming the file and the key. */
export function readImportance(file: string): ImportanceFile {
  return parseWith(ImportanceFile, readJson(file), file);
}

/**
 * An importance.json that was measured before, for the job of this model.
 * @throws AdeptError (input) when it is none, or describes another model.
 */
export function readImportanceOf(file: string, model: string): ImportanceFile {
  return importanceOf(file, model, readModelFacts(model));
}

/**
 * The same for a base model that may not be at hand.
 * @param path names the model in errors
 * @throws AdeptError (input)
 */
export function importanceOf(file: string, path: string, facts: ModelFacts): ImportanceFile {
  const importance = readImportance(file);
  requireModel(importance, file, path, facts);
  return importance;
}

/** @throws AdeptError (input) where an importance.json describes another model than this. */
export function requireModel(
  importance: ImportanceFile,
  file: string,
  path: string,
  facts: ModelFacts = readModelFacts(path),
): void {
  const described = analyzedModelText(importance);
  const wanted = modelText(facts);
  if (described !== wanted) {
    throw inputError(`${file}: describes a ${described}, ${path} is a ${wanted}: analyze this model.`);
  }
}
