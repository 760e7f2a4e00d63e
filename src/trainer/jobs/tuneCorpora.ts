import type { Naming } from '../../shared/naming';
import type { RunSpec } from '../../shared/runFolder';
import { Mixture } from '../data/mixture';
import { batches, type Batch, type Corpus } from '../data/corpus';
import { readModelConfig } from '../../node/modelConfig';
import { CorpusReader, type CorpusOptions } from './corpora';

// Domain text to watch when none is named: this many of the training sequences.
const WATCHED_TRAINING_SEQUENCES = 16;

export interface TuneCorpora {
  readonly domain: Corpus;
  readonly training: Mixture;
  readonly probe: readonly Batch[];
  readonly domainEval: readonly Batch[];
  readonly generalEval: readonly Batch[];
}

/** The texts of a run. @throws AdeptError (input) naming setting and file. */
export function readCorpora(spec: RunSpec, naming: Naming): TuneCorpora {
  const corpora = new CorpusReader(spec.model, readModelConfig(spec.model));
  const read = (files: readonly string[], options: CorpusOptions, key: string): Corpus =>
    corpora.read(files, options, naming.label(key), naming.name('tune.seqLen'));
  const { seqLen, batchSize, maxProbeSequences, maxEvalSequences } = spec.tune;
  const evaluation = { seqLen, maxSequences: maxEvalSequences };
  const domain = read(spec.domain, { seqLen }, 'domain');
  const replay = spec.replay && read(spec.replay, { seqLen }, 'replay');
  const probe = read(spec.probe, { seqLen, maxSequences: maxProbeSequences }, 'probe');
  const domainEval = spec.eval.domain
    ? read(spec.eval.domain, evaluation, 'eval.domain').sequences
    : domain.sequences.slice(0, WATCHED_TRAINING_SEQUENCES);
  const generalEval = spec.eval.general
    ? read(spec.eval.general, evaluation, 'eval.general').sequences
    : probe.sequences.slice(0, maxEvalSequences);
  return {
    domain,
    training: new Mixture(
      {
        domain: domain.sequences,
        replay: replay?.sequences ?? [],
        replayShare: replay === undefined ? 0 : spec.tune.replayShare,
      },
      spec.tune.order,
      spec.tune.seed,
    ),
    probe: batches(probe.sequences, batchSize),
    domainEval: batches(domainEval, batchSize),
    generalEval: batches(generalEval, batchSize),
  };
}
