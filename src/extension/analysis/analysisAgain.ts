import { namedTogether } from '../../node/texts/namedTogether';
import type { ImportanceFile } from '../../shared/method/importance';
import type { AnalysisRequest } from './analysisRequest';

/** The analysis that an importance.json came from, on so many sequences. */
export function analysisAgain(
  { model, mode, probe, domain, units }: ImportanceFile,
  maxSequences: number,
): AnalysisRequest {
  const { seqLen, sampling, batchSize } = probe;
  return {
    model: model.path,
    probe: namedTogether(probe.sources),
    mode,
    seqLen,
    maxSequences,
    parts: units.some(({ parts }) => parts !== undefined),
    ...(domain === undefined ? {} : { domain: namedTogether(domain.probe.sources) }),
    ...(sampling === undefined ? {} : { sampling }),
    ...(batchSize === undefined ? {} : { batchSize }),
  };
}
