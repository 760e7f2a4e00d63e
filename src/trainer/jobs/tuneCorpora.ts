import type { RunSpec } from '../../shared/runFolder';
import { batches, type Batch, type Corpus } from '../data/corpus';
import { readModelConfig } from '../model/config';
import { CorpusReader } from './corpora';

// Domain text to watch when none is named: this many of the training sequences.
const WATCHED_TRAINING_SEQUENCES = 16;

export interface TuneCorpora {
  readonly domain: Corpus;
  readonly probe: readonly Batch[];
  readonly domainEval: readonly Batch[];
  readonly generalEval: readonly Batch[];
}

/** The texts of a run. @throws AdeptError (input) naming option and file. */
export function readCorpora(spec: RunSpec): TuneCorpora {
  const reader = new CorpusReader(spec.model, readModelConfig(spec.model));
  const { seqLen, batchSize, maxProbeSequences, maxEvalSequences } = spec.tune;
  const evaluation = { seqLen, maxSequences: maxEvalSequences };
  const domain = reader.read(spec.domain, { seqLen }, '--domain');
  const probe = reader.read(spec.probe, { seqLen, maxSequences: maxProbeSequences }, '--probe');
  const domainEval = spec.eval.domain
    ? reader.read(spec.eval.domain, evaluation, '--eval').sequences
    : domain.sequences.slice(0, WATCHED_TRAINING_SEQUENCES);
  const generalEval = spec.eval.general
    ? reader.read(spec.eval.general, evaluation, '--eval-general').sequences
    : probe.sequences.slice(0, maxEvalSequences);
  return {
    domain,
    probe: batches(probe.sequences, batchSize),
    domainEval: batches(domainEval, batchSize),
    generalEval: batches(generalEval, batchSize),
  };
}
