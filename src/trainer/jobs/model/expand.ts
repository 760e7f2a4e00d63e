import { readModelOutline } from '../../../node/model/modelConfig';
import { isInTable } from '../../../shared/model/outline';
import { AS_OPTIONS, type Naming } from '../../../shared/settings/naming';
import type { ExpandChoice } from '../../../shared/config/runConfig';
import type { ExpansionManifest } from '../../../shared/run/manifest';
import { recordEquivalence, tokenProbe, type EquivalenceProbe } from '../../method/equivalence';
import { expandModel } from '../../method/expansion';
import { contrastLayers, lowestLayers, namedLayers, uniformLayers } from '../../../shared/method/layerChoice';
import type { Executor, Model } from '../../executor/executor';
import { unchanging, withModel } from '../../executor/withModel';
import { quietly, subtask, type Task } from '../../task';
import type { CorpusFiles } from '../../../shared/texts/texts';
import { firstOf } from '../../data/sequences/sequences';
import { CorpusReader } from '../texts/corpora';
import { readImportance, requireModel } from '../measure/importanceInput';

export interface ExpandRequest {
  readonly model: string;
  readonly out: string;
  readonly choice: ExpandChoice;
  /** importance.json; `lowest` and `contrast` need it. */
  readonly importance?: string | undefined;
  /** Text on which equivalence is measured; seeded token ids when left out. */
  readonly probe?: CorpusFiles | undefined;
}

// Logits of every position are compared, so a few short sequences say it all.
const COMPARED_SEQUENCES = 4;
const COMPARED_TOKENS = 32;

/** The layers of a model that a choice names. @throws AdeptError (input) naming the setting that does not fit. */
export function chooseLayers(
  choice: ExpandChoice,
  model: string,
  importance: string | undefined,
  naming: Naming = AS_OPTIONS,
): number[] {
  const { numHiddenLayers: layers } = readModelOutline(model);
  if ('layers' in choice) {
    return namedLayers(choice.layers, layers, naming.label('expand.layers'));
  }
  if ('uniform' in choice) {
    return uniformLayers(choice.uniform, layers, naming.label('expand.uniform'));
  }
  const file = importance ?? '--importance';
  const measured = readImportance(file);
  const chosen =
    'contrast' in choice
      ? contrastLayers(measured, choice.contrast, layers, file, naming.label('expand.contrast'))
      : lowestLayers(measured, choice.lowest, layers, file, naming.label('expand.lowest'));
  requireModel(measured, file, model);
  return chosen;
}

/** Writes the expanded model and checks that it computes what the original does. */
export async function expand(
  executor: Executor,
  request: ExpandRequest,
  task: Task,
): Promise<ExpansionManifest> {
  const config = readModelOutline(request.model);
  const layers = chooseLayers(request.choice, request.model, request.importance);
  const length = Math.min(COMPARED_TOKENS, config.maxPositionEmbeddings);
  const probe = request.probe
    ? await textProbe(request.model, request.probe, length, task)
    : tokenProbe(config.vocabSize, length);
  const { model, out } = request;
  const perLayer = await filledIn(executor, model, quietly(task));
  return expandModel({ model, out, layers, perLayer }, subtask(task, 0, 0.5), (manifest) =>
    recordEquivalence(executor, model, out, manifest, probe, subtask(task, 0.5, 1)),
  );
}

/** Of a family that the architecture table does not have: what its library fills in of config.json. */
async function filledIn(executor: Executor, folder: string, task: Task): Promise<Model['perLayer']> {
  return isInTable(readModelOutline(folder))
    ? {}
    : withModel(executor, unchanging(folder), task, ({ perLayer }) => perLayer);
}

async function textProbe(
  folder: string,
  files: CorpusFiles,
  seqLen: number,
  task: Task,
): Promise<EquivalenceProbe> {
  const reader = new CorpusReader(folder, readModelOutline(folder), task);
  const corpus = await reader.read(files, { seqLen, maxSequences: COMPARED_SEQUENCES }, '--probe');
  return { name: corpus.sources.join(', '), sequences: firstOf(corpus.sequences, COMPARED_SEQUENCES) };
}
