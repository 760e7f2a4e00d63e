import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import { inputError } from '../../shared/common/errors';
import { readError } from '../files/fileError';

const DataFiles = v.array(v.looseObject({ filename: v.pipe(v.string(), v.minLength(1)) }));
/** https://github.com/huggingface/datasets/blob/main/src/datasets/arrow_dataset.py (save_to_disk) */
const State = v.looseObject({
  _data_files: v.pipe(DataFiles, v.minLength(1)),
  _indices_data_files: v.nullish(DataFiles, []),
});
const DatasetDict = v.looseObject({ splits: v.pipe(v.array(v.string()), v.minLength(1)) });

/**
 * The files of a folder that datasets' save_to_disk wrote, in its order; undefined for any other folder.
 * @param where names the folder in errors
 * @throws AdeptError (input) if state.json is damaged, or names a file that is not there.
 */
export function savedDatasetFiles(folder: string, where: string): string[] | undefined {
  const file = join(folder, 'state.json');
  if (!existsSync(file)) {
    return undefined;
  }
  const content = readJson(file, where);
  // Some other program's state.json, beside shards.
  if (typeof content !== 'object' || content === null || !('_data_files' in content)) {
    return undefined;
  }
  const state = v.safeParse(State, content);
  if (!state.success) {
    throw inputError(`${where}: its state.json names no data files: save the dataset again.`);
  }
  if (state.output._indices_data_files.length > 0) {
    throw inputError(
      `${where}: is a selection of rows of another dataset: save it again after flatten_indices().`,
    );
  }
  const files = state.output._data_files.map(({ filename }) => join(folder, filename));
  const missing = files.find((path) => !existsSync(path));
  if (missing !== undefined) {
    throw inputError(`${where}: its state.json names ${missing}, which is missing: save the dataset again.`);
  }
  return files;
}

/**
 * The splits of a folder that save_to_disk of a DatasetDict wrote; undefined for any other folder.
 * @param where names the folder in errors
 * @throws AdeptError (input) if dataset_dict.json is damaged.
 */
export function splitsOf(folder: string, where: string): string[] | undefined {
  const file = join(folder, 'dataset_dict.json');
  if (!existsSync(file)) {
    return undefined;
  }
  const parsed = v.safeParse(DatasetDict, readJson(file, where));
  if (!parsed.success) {
    throw inputError(`${where}: its dataset_dict.json names no splits: name the folder of a split.`);
  }
  return parsed.output.splits;
}

function readJson(file: string, where: string): unknown {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw readError(file, 'a saved dataset', error);
  }
  try {
    return JSON.parse(text);
  } catch (error) {
    throw inputError(`${where}: ${file} is not JSON: save the dataset again.`, error);
  }
}
