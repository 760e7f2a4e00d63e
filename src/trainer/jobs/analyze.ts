import { resolve } from 'node:path';
import type { ImportanceFile } from '../../shared/importance';
import type { AnalyzeSettings } from '../../shared/settings';
import { exactLayerImportance, fastLayerImportance, probeOf, type Probe } from '../adept/layerImportance';
import { BatchChooser } from '../adept/sweeps';
import { unitImportance } from '../adept/unitImportance';
import { batches, type Batch, type Corpus } from '../data/corpus';
import type { Engine } from '../engine/engine';
import { parameterCount } from '../../shared/model/architecture';
import { CausalLM } from '../model/causalLM';
import type { StorageRequest } from '../model/frozenStorage';
import { readModelConfig } from '../../node/modelConfig';
import { failure, inputError } from '../../shared/errors';
import { subtask, type Task } from '../task';
import { CorpusReader } from './corpora';

export interface AnalyzeRequest {
  readonly model: string;
  readonly probe: readonly string[];
  readonly settings: AnalyzeSettings;
  /** A folder for what does not fit into the memory that was given. */
  readonly scratch: string;
}

const MEGABYTE = 1e6;

// Exact layer importance runs about L/2 forward passes, unit importance about three; the bar should move evenly.
const LAYERS_SHARE = 0.8;

/** Stage 1: importance of every layer and of every unit of every layer, on the probe. */
export async function analyze(engine: Engine, request: AnalyzeRequest, task: Task): Promise<ImportanceFile> {
  const { settings } = request;
  const config = readModelConfig(request.model);
  const corpus = new CorpusReader(request.model, config).read(request.probe, settings, '--probe');
  const model = CausalLM.load(
    engine,
    request.model,
    (layer, layers) => {
      task.report(0, `loading layer ${layer + 1} of ${layers}`);
    },
    storageOf(settings),
  );
  try {
    const probe = batches(corpus.sequences, settings.batchSize);
    const begin = performance.now();
    const chooser = batchChooser(request, corpus);
    const layersTask = subtask(task, 0, LAYERS_SHARE);
    const layers = await (settings.mode === 'fast'
      ? fastLayerImportance(model, probe, layersTask)
      : exactLayerImportance(model, exactProbe(probe, corpus, chooser), layersTask));
    const between = performance.now();
    const all = [...model.blocks.keys()];
    const units = await unitImportance(
      model,
      probe,
      all,
      settings.unitDefinition,
      subtask(task, LAYERS_SHARE, 1),
    );
    const end = performance.now();
    const result: ImportanceFile = {
      format: 'adept.importance/1',
      mode: settings.mode,
      model: {
        path: resolve(request.model),
        family: config.family,
        layers: config.numHiddenLayers,
        parameters: parameterCount(config),
      },
      probe: {
        ...describeCorpus(corpus, settings.batchSize),
        ...(chooser ? { layerBatchSize: chooser.batchSize } : {}),
      },
      baseLoss: layers.baseLoss,
      layers: layers.layers.map((importance, index) => ({ index, importance })),
      unitDefinition: settings.unitDefinition,
      units,
      timing: { layersSeconds: (between - begin) / 1000, unitsSeconds: (end - between) / 1000 },
      engine: { ...engine.describe(), frozenWeights: `${model.storage.dtype} (${model.storage.reason})` },
    };
    requireNumbers(result, request.model);
    return result;
  } finally {
    model.dispose();
  }
}

/** In an analysis no weight changes. */
function storageOf({ frozenWeights, batchSize, seqLen }: AnalyzeSettings): StorageRequest {
  return { choice: frozenWeights, rows: batchSize * seqLen, frozen: () => true };
}

/** Chooses the batches of exact layer importance where memory was given; otherwise they are those of the settings. */
function batchChooser(
  { settings: { mode, memory }, scratch }: AnalyzeRequest,
  corpus: Corpus,
): BatchChooser | undefined {
  if (mode !== 'exact' || memory === undefined) {
    return undefined;
  }
  const bytes = memory * MEGABYTE;
  const taken = process.memoryUsage.rss();
  if (taken > bytes) {
    throw inputError(
      `--memory ${memory}: with the model's weights loaded ${Math.ceil(taken / MEGABYTE)} MB are taken already; give more, or leave it out.`,
    );
  }
  return new BatchChooser(corpus.sequences, { bytes, folder: scratch });
}

function exactProbe(probe: readonly Batch[], corpus: Corpus, chooser: BatchChooser | undefined): Probe {
  return chooser === undefined
    ? probeOf(probe)
    : { batches: chooser, sequences: corpus.sequences.length, room: chooser.room };
}

function describeCorpus(corpus: Corpus, batchSize: number): ImportanceFile['probe'] {
  return {
    sources: corpus.sources.map((source) => resolve(source)),
    sequences: corpus.sequences.length,
    tokens: corpus.tokens,
    seqLen: corpus.seqLen,
    batchSize,
  };
}

function requireNumbers(result: ImportanceFile, model: string): void {
  const values = [
    result.baseLoss,
    ...result.layers.map(({ importance }) => importance),
    ...result.units.map(({ importance }) => importance),
  ];
  if (!values.every(Number.isFinite)) {
    throw failure(
      `${model}: the loss on the probe is not a finite number (base loss ${result.baseLoss}): check the weights for NaN or infinite values.`,
    );
  }
}
