import type { RunConfig } from '../../shared/runConfig';
import { ensureEmptyFolder } from '../../node/atomicFile';
import { TensorStore } from '../checkpoint/safetensors';
import { loadQuestions } from '../data/questions';
import { readModelConfig } from '../model/config';
import { checkTensors } from '../model/loadTensors';
import { chooseLayers } from './expand';
import { CorpusReader } from './corpora';
import { readImportanceOf } from './importanceInput';
import { readCorpora } from './tuneCorpora';
import { inputError } from '../../shared/errors';

/**
 * Reads and checks everything that a whole job will need, before the first of its hours.
 * @throws AdeptError (input) naming file and key.
 */
export function checkJob(config: RunConfig): void {
  const model = readModelConfig(config.model);
  const store = TensorStore.open(config.model);
  try {
    checkTensors(config.model, model, store);
  } finally {
    store.close();
  }
  if (config.importance !== undefined) {
    readImportanceOf(config.importance, config.model);
  }
  new CorpusReader(config.model, model).read(config.probe, config.analyze, '"probe"');
  readCorpora({ ...config, format: 'adept.run/1', createdAt: '' });
  if (!('lowest' in config.expand)) {
    chooseLayers(config.expand, model.numHiddenLayers, undefined);
  } else if (config.expand.lowest > model.numHiddenLayers) {
    throw inputError(
      `"expand.lowest": ${config.expand.lowest} layers cannot be chosen of a model that has ${model.numHiddenLayers}: give a smaller number.`,
    );
  }
  if (config.choices) {
    loadQuestions(config.choices.files);
  }
  if (config.export.out !== undefined) {
    ensureEmptyFolder(config.export.out, '"export.out"');
  }
}
