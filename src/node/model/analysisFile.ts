import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { messageOf } from '../../shared/common/errors';
import { importanceTable } from '../../shared/heatmap/importanceTable';
import { ImportanceFile } from '../../shared/method/importance';
import { parseWith } from '../../shared/common/parse';
import type { FoundModel } from '../../shared/model/foundModel';
import { readJson } from '../files/jsonFile';
import { readModelOutline } from './modelConfig';
import { looksLikeModel } from './modelFolder';
import { isInBfloat16 } from './storedTypes';

export interface HeatmapFile {
  readonly importance: ImportanceFile;
  readonly model: FoundModel;
}

/**
 * Reads an importance.json, and the config.json and the headers of the weights of the model that it is about; without the model
 * there is still the heatmap.
 * @throws AdeptError (input) naming the file and the field when the importance.json cannot be shown.
 */
export function readHeatmapFile(file: string): HeatmapFile {
  const importance = parseWith(ImportanceFile, readJson(file), file);
  // What cannot be shown is told here, where there is a log, and not in the page first.
  importanceTable(importance, file);
  return { importance, model: readModel(importance.model.path) };
}

function readModel(folder: string): FoundModel {
  const file = join(folder, 'config.json');
  if (!existsSync(file)) {
    return {
      found: false,
      problem: `${file} is not there: put the model back, or analyze it where it is now.`,
    };
  }
  try {
    const config = { ...readModelOutline(folder).raw };
    return { found: true, file, config, inBfloat16: looksLikeModel(folder) && isInBfloat16(folder) };
  } catch (error) {
    return { found: false, problem: messageOf(error) };
  }
}
