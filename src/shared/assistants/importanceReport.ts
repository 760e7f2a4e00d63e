import { proposedCount } from '../launch/studiedSettings';
import type { ImportanceFile, Measurement } from '../method/importance';
import { layerCertainty } from '../method/layerCertainty';
import { contrastLayers, lowestLayers } from '../method/layerChoice';
import { modelName } from '../model/modelName';
import { rounded, shortened } from './shortened';
import type { ImportanceResult } from './toolResults';

const MOST_LAYERS = 64;
const MOST_FILES = 8;
const MOST_ANALYSES = 8;

export interface ImportanceSource {
  readonly importance: ImportanceFile;
  /** The file that it was read from, and when that was written, milliseconds. */
  readonly file: string;
  readonly time: number;
  /** Other analyses of the same model. */
  readonly others: readonly string[];
}

/**
 * What a language model is told of an analysis.
 * @param least how many layers to name; as many as are proposed when left out
 * @throws AdeptError (input) when the model has fewer
 */
export function importanceReport(
  { importance, file, time, others }: ImportanceSource,
  least?: number,
): ImportanceResult {
  const { mode, model, probe, baseLoss, domain } = importance;
  const wanted = least ?? proposedCount(model.layers);
  return {
    model: {
      folder: model.path,
      name: modelName(model.path),
      family: model.family,
      layers: model.layers,
      parameters: model.parameters,
    },
    analysis: file,
    analyzedAt: new Date(time).toISOString(),
    mode,
    unit: mode === 'exact' ? 'nats per token' : 'relative change',
    baseLoss: rounded(baseLoss),
    text: measuredText(probe),
    leastImportant: leastImportant(importance, wanted, file),
    ...layerFacts(importance),
    contrast:
      domain === undefined
        ? null
        : {
            layers: contrastLayers(importance, wanted, model.layers, file, '"least"'),
            domainText: measuredText(domain.probe),
          },
    otherAnalyses: shortened(others, MOST_ANALYSES).kept,
  };
}

function measuredText({
  sources,
  sequences,
  tokens,
  seqLen,
}: Measurement['probe']): ImportanceResult['text'] {
  const { kept, omitted } = shortened(sources, MOST_FILES);
  return { files: kept, omittedFiles: omitted, sequences, tokens, sequenceLength: seqLen };
}

function leastImportant(
  importance: ImportanceFile,
  wanted: number,
  file: string,
): ImportanceResult['leastImportant'] {
  const layers = lowestLayers(importance, wanted, importance.model.layers, file, '"least"');
  const certainty = layerCertainty(importance, wanted);
  const isTied = certainty.kind === 'tied';
  return {
    layers,
    certainty: certainty.kind,
    share: certainty.kind === 'unknown' ? null : rounded(certainty.share),
    tied: isTied ? shortened(certainty.layers, MOST_LAYERS).kept : [],
    moreSequences: isTied ? (certainty.more ?? null) : null,
  };
}

/** All layers; of a deep model the least and the most important, as many of each. */
function layerFacts({ layers, trust }: ImportanceFile): Pick<ImportanceResult, 'layers' | 'omittedLayers'> {
  const order = [...layers].sort((a, b) => a.importance - b.importance);
  const half = MOST_LAYERS / 2;
  const kept = order.length <= MOST_LAYERS ? order : [...order.slice(0, half), ...order.slice(-half)];
  const bounds = new Map(trust?.layers.map((bound) => [bound.index, bound]));
  const facts = kept
    .sort((a, b) => a.index - b.index)
    .map(({ index, importance }) => {
      const bound = bounds.get(index);
      return {
        layer: index,
        importance: rounded(importance),
        ...(bound === undefined ? {} : { low: rounded(bound.low), high: rounded(bound.high) }),
      };
    });
  return { layers: facts, omittedLayers: layers.length - facts.length };
}
