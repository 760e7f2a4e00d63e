import { resolve } from 'node:path';
import type { ImportanceFile, Measurement } from '../../../shared/method/importance';
import type { AnalyzeSettings } from '../../../shared/settings/analyzeSettings';
import {
  bootstrap,
  contrastStability,
  EarlyStopping,
  type SequenceContributions,
} from '../../method/bootstrap';
import { exactLayerImportance, fastLayerImportance, type Probe } from '../../method/layerImportance';
import { BatchChooser } from '../../method/batchChooser';
import { unitImportance, type ImportanceRequest } from '../../method/unitImportance';
import { batches, type BatchList } from '../../data/sequences/batch';
import type { Corpus } from '../../data/corpus/corpus';
import { eachOf, firstOf, evenlySpaced, tokensOf, type SequenceList } from '../../data/sequences/sequences';
import type { CorpusFiles } from '../../../shared/texts/texts';
import { overlaps } from '../../data/sequences/overlap';
import type { Executor, Model } from '../../executor/executor';
import type { OpenRequest } from '../../executor/requests';
import { withModel } from '../../executor/withModel';
import { requireComputable } from '../../../node/model/modelConfig';
import { readModelFacts } from '../../../node/model/modelFacts';
import { failure, inputError } from '../../../shared/common/errors';
import { skippedOf } from '../../../shared/texts/storedText';
import { contrastOrder, lowestOf } from '../../../shared/method/layerChoice';
import { AS_OPTIONS, type Naming } from '../../../shared/settings/naming';
import { subtask, type Task } from '../../task';
import { CorpusReader } from '../texts/corpora';

export interface AnalyzeRequest {
  readonly model: string;
  readonly probe: CorpusFiles;
  /** Domain text, on which the same is measured. */
  readonly domain?: CorpusFiles | undefined;
  readonly settings: AnalyzeSettings;
  /** A folder for what does not fit into the memory that was given. */
  readonly scratch: string;
}

const MEGABYTE = 1e6;

// Exact layer importance runs about L/2 forward passes, unit importance about three; the bar should move evenly.
const LAYERS_SHARE = 0.8;

/** Stage 1: importance of every layer and of every unit of every layer, on the probe and, where it is given, on domain text. */
export async function analyze(
  executor: Executor,
  request: AnalyzeRequest,
  task: Task,
): Promise<ImportanceFile> {
  const { settings } = request;
  const config = requireComputable(request.model, executor.description.engine);
  checkStable(settings, config.numHiddenLayers);
  const reader = new CorpusReader(request.model, config, task);
  const probe = await reader.read(request.probe, settings, '--probe');
  const domain = request.domain && (await reader.read(request.domain, settings, '--domain'));
  const [overlap] = domain ? await overlaps([probe.sequences], eachOf(domain.sequences), task) : [];
  return withModel(executor, openRequest(request), task, async (model) => {
    const { general, onDomain } = await measureBoth(model, probe, domain, request, task);
    const result: ImportanceFile = {
      format: 'adept.importance/1',
      mode: settings.mode,
      model: {
        path: resolve(request.model),
        ...readModelFacts(request.model),
      },
      ...general.measurement,
      ...(onDomain
        ? {
            domain: onDomain.measurement,
            overlap,
            sameContrast: contrastStability(general.shares, onDomain.shares),
          }
        : {}),
      unitDefinition: settings.unitDefinition,
      timing: general.timing,
      engine: {
        ...executor.description,
        frozenWeights: `${model.storage.dtype} (${model.storage.reason})`,
      },
    };
    requireNumbers(result, request.model);
    return result;
  });
}

async function measureBoth(
  model: Model,
  probe: Corpus,
  domain: Corpus | undefined,
  request: AnalyzeRequest,
  task: Task,
): Promise<{ readonly general: Measured; readonly onDomain: Measured | undefined }> {
  const share = domain === undefined ? 1 : shareOf(probe.sequences, domain.sequences);
  // Of two texts it is said which one is measured.
  const of = (text: string): string | undefined => (domain === undefined ? undefined : `${text} text:`);
  const { stableLayers } = request.settings;
  const lowest: Choose = (importance) => lowestOf(importance, stableLayers);
  const general = await measure(
    model,
    probe,
    request,
    { choose: lowest },
    subtask(task, 0, share, of('general')),
  );
  const onGeneral = general.measurement.layers.map(({ importance }) => importance);
  const contrast: Choose = (importance) => contrastOrder(onGeneral, importance).slice(0, stableLayers);
  const further = { choose: contrast, chooser: general.chooser };
  const onDomain =
    domain && (await measure(model, domain, request, further, subtask(task, share, 1, of('domain'))));
  return { general, onDomain };
}

/** The layers that would be chosen by what has been measured so far. */
type Choose = (importance: readonly number[]) => readonly number[];

interface Measured {
  readonly measurement: Measurement;
  readonly shares: SequenceContributions;
  readonly chooser: BatchChooser | undefined;
  /** Of this corpus alone: speeds are worked out from it. */
  readonly timing: ImportanceFile['timing'];
}

async function measure(
  model: Model,
  corpus: Corpus,
  request: AnalyzeRequest,
  { choose, chooser: known }: { readonly choose: Choose; readonly chooser?: BatchChooser | undefined },
  task: Task,
): Promise<Measured> {
  const { settings } = request;
  // An early end must have seen the whole of the text in outline, not its first files.
  const sequences = settings.stableFor === undefined ? corpus.sequences : evenlySpaced(corpus.sequences);
  const probe = batches(sequences, settings.batchSize);
  const begin = performance.now();
  const chooser = known?.again(sequences) ?? (await batchChooser(model, request, sequences));
  const layersTask = subtask(task, 0, LAYERS_SHARE);
  const layers = await (settings.mode === 'fast'
    ? fastLayerImportance(model, probe, layersTask)
    : exactLayerImportance(
        model,
        exactProbe(probe, sequences, chooser, earlyStopping(settings, choose)),
        layersTask,
      ));
  const between = performance.now();
  const all = Array.from({ length: model.config.numHiddenLayers }, (_, layer) => layer);
  const unitsTask = subtask(task, LAYERS_SHARE, 1);
  const wanted: ImportanceRequest = {
    layers: all,
    definition: settings.unitDefinition,
    groups: settings.parts,
  };
  // Layers, units and the loss are those of the same sequences.
  const taken = firstOf(sequences, layers.shares.weights.length);
  const units = await unitImportance(model, batches(taken, settings.batchSize), wanted, unitsTask);
  const end = performance.now();
  const confidence = bootstrap(layers.shares);
  return {
    measurement: {
      probe: {
        ...describeCorpus(corpus, taken, settings),
        ...(chooser ? { layerBatchSize: chooser.batchSize } : {}),
      },
      baseLoss: layers.baseLoss,
      layers: layers.layers.map((importance, index) => ({ index, importance })),
      ...(confidence ? { trust: confidence } : {}),
      units,
    },
    shares: layers.shares,
    chooser,
    timing: { layersSeconds: (between - begin) / 1000, unitsSeconds: (end - between) / 1000 },
  };
}

/** In an analysis no weight changes. */
function openRequest({ model, settings }: AnalyzeRequest): OpenRequest {
  const { frozenWeights, batchSize, seqLen } = settings;
  return { folder: model, trains: 'none', frozenWeights, rows: batchSize * seqLen };
}

/** Chooses the batches of exact layer importance where memory was given; otherwise they are those of the settings. */
async function batchChooser(
  model: Model,
  { settings: { mode, memory }, scratch }: AnalyzeRequest,
  sequences: SequenceList,
): Promise<BatchChooser | undefined> {
  if (mode !== 'exact' || memory === undefined) {
    return undefined;
  }
  const bytes = memory * MEGABYTE;
  const { now: taken } = await model.memory();
  if (taken > bytes) {
    throw inputError(
      `--memory ${memory}: ${Math.ceil(taken / MEGABYTE)} MB are in use once the model's weights are loaded; raise the limit, or leave it out.`,
    );
  }
  return BatchChooser.open(sequences, { bytes, folder: scratch }, () => model.memory());
}

function exactProbe(
  probe: BatchList,
  sequences: SequenceList,
  chooser: BatchChooser | undefined,
  choice: EarlyStopping | undefined,
): Probe {
  const enough = choice && ((shares: SequenceContributions) => choice.settled(shares));
  return chooser === undefined
    ? { batches: probe, sequences: sequences.size, enough }
    : { batches: chooser, sequences: sequences.size, enough, memoryLimit: chooser.memoryLimit };
}

function earlyStopping({ stableFor }: AnalyzeSettings, choose: Choose): EarlyStopping | undefined {
  return stableFor === undefined ? undefined : new EarlyStopping(choose, stableFor);
}

/**
 * The settings of an analysis by which `count` layers will be chosen: an early end watches as many.
 * @param layers of the model, all of which are always the same set
 */
export function watching(
  settings: AnalyzeSettings,
  count: number | undefined,
  layers: number,
): AnalyzeSettings {
  return count === undefined ? settings : { ...settings, stableLayers: Math.min(count, layers - 1) };
}

/** @throws AdeptError (input) where an early end was asked for that there is none of, or that would say nothing. */
export function checkStable(
  { mode, stableFor, stableLayers }: AnalyzeSettings,
  layers: number,
  naming: Naming = AS_OPTIONS,
): void {
  if (stableFor === undefined) {
    return;
  }
  if (mode === 'fast') {
    throw inputError(
      `${naming.label('analyze.stableFor')}: a fast analysis takes one pass, which cannot end early: leave it out.`,
    );
  }
  if (stableLayers < 1 || stableLayers >= layers) {
    throw inputError(
      layers < 2
        ? `${naming.label('analyze.stableFor')}: a model of one layer has only one choice: leave it out.`
        : `${naming.label('analyze.stableLayers')} ${stableLayers}: a model of ${layers} layers has only one such choice: give at most ${layers - 1}.`,
    );
  }
}

function describeCorpus(
  corpus: Corpus,
  taken: SequenceList,
  { batchSize, sampling }: AnalyzeSettings,
): ImportanceFile['probe'] {
  return {
    sources: corpus.sources.map((source) => resolve(source)),
    sequences: taken.size,
    tokens: tokensOf(taken),
    ...(taken.size < corpus.sequences.size ? { available: corpus.sequences.size } : {}),
    seqLen: corpus.seqLen,
    batchSize,
    ...(sampling === 'first' ? {} : { sampling }),
    ...framesOf(corpus),
  };
}

/** The first one's share of the tokens of both, about: sequences of packed text are of one length. */
function shareOf(one: SequenceList, other: SequenceList): number {
  return one.size / (one.size + other.size);
}

function framesOf({ text: { frame, skipped } }: Corpus): Partial<ImportanceFile['probe']> {
  return {
    ...(frame === null ? {} : { documentStart: frame.start, documentEnd: frame.end }),
    ...(skippedOf(skipped) === 0 ? {} : { skipped: skippedOf(skipped) }),
  };
}

function requireNumbers(result: ImportanceFile, model: string): void {
  for (const { baseLoss, layers, units } of [result, ...(result.domain ? [result.domain] : [])]) {
    const values = [baseLoss, ...[...layers, ...units].map(({ importance }) => importance)];
    if (values.every(Number.isFinite)) {
      continue;
    }
    throw failure(
      `${model}: the loss on the probe is not a finite number (base loss ${baseLoss}): check the weights for NaN or infinite values.`,
    );
  }
}
