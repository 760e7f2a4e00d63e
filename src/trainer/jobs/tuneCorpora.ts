import type { Naming } from '../../shared/naming';
import { sampleOf } from '../../shared/sampling';
import { replayTexts } from '../../shared/runConfig';
import type { RunSpec } from '../../shared/runFolder';
import { Mixture } from '../data/mixture';
import { overlaps, OVERLAP_TOKENS } from '../data/overlap';
import { batches, type Batch, type Corpus } from '../data/corpus';
import { readModelConfig } from '../../node/modelConfig';
import { CorpusReader, type CorpusOptions } from './corpora';

// Domain text to watch when none is named: at most this many of the training sequences.
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
  const { seqLen, batchSize, maxTrainSequences, maxProbeSequences, maxEvalSequences, sampling } = spec.tune;
  const atMost = (maxSequences: number | undefined): CorpusOptions => ({ seqLen, maxSequences, sampling });
  const domain = read(spec.domain, atMost(maxTrainSequences), 'domain');
  const replay = replayTexts(spec.replay ?? []).map(({ files, weight }) => ({
    sequences: read(files, { seqLen }, 'replay').sequences,
    weight,
  }));
  const probe = read(spec.probe, atMost(maxProbeSequences), 'probe');
  const domainEval = spec.eval.domain
    ? read(spec.eval.domain, atMost(maxEvalSequences), 'eval.domain').sequences
    : sampleOf(
        domain.sequences,
        Math.min(WATCHED_TRAINING_SEQUENCES, maxEvalSequences ?? Infinity),
        sampling,
      );
  const generalEval = spec.eval.general
    ? read(spec.eval.general, atMost(maxEvalSequences), 'eval.general').sequences
    : sampleOf(probe.sequences, maxEvalSequences ?? probe.sequences.length, sampling);
  return {
    domain,
    training: new Mixture(
      {
        domain: domain.sequences,
        replay,
        replayShare: replay.length === 0 ? 0 : spec.tune.replayShare,
      },
      spec.tune.order,
      spec.tune.seed,
    ),
    probe: batches(probe.sequences, batchSize),
    domainEval: batches(domainEval, batchSize),
    generalEval: batches(generalEval, batchSize),
  };
}

/** How much of one text of a run stands in another, as shares of the first one's tokens. */
export interface TextOverlap {
  readonly text: 'probe' | 'domain evaluation' | 'general evaluation';
  readonly other: 'training' | 'probe';
  readonly share: number;
}

/**
 * Overlaps that make a number of the run say less than it seems to: evaluation or probe that is trained on, and general
 * evaluation that importance was measured on, as where none was named.
 */
export function textOverlaps(corpora: TuneCorpora): TextOverlap[] {
  const rows = (of: readonly Batch[]): Int32Array[] => of.flatMap((batch) => [...batch.rows]);
  const probe = rows(corpora.probe);
  const watched: { readonly text: TextOverlap['text']; readonly sequences: Int32Array[] }[] = [
    { text: 'probe', sequences: probe },
    { text: 'domain evaluation', sequences: rows(corpora.domainEval) },
    { text: 'general evaluation', sequences: rows(corpora.generalEval) },
  ];
  const against = (texts: typeof watched, other: TextOverlap['other']): TextOverlap[] => {
    const sequences = other === 'training' ? corpora.training.sequences : probe;
    const shares = overlaps(
      texts.map((text) => text.sequences),
      sequences,
    );
    return texts.map(({ text }, index) => ({ text, other, share: shares[index] ?? NaN }));
  };
  return [
    ...against(watched, 'training'),
    ...against(
      watched.filter(({ text }) => text === 'general evaluation'),
      'probe',
    ),
  ];
}

/** The overlaps in a sentence each; those of nothing are left out. */
export function overlapTexts(overlaps: readonly TextOverlap[]): string[] {
  return overlaps
    .filter(({ share }) => share > 0)
    .map(
      ({ text, other, share }) =>
        `${(share * 100).toFixed(1)}% of the tokens of the ${text} text stand in the ${other} text too, in runs of ${OVERLAP_TOKENS} or more`,
    );
}
