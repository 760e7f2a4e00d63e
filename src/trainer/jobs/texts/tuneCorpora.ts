import { EVALUATED_TRAINING_SEQUENCES } from '../../../shared/settings/tuneTogether';
import type { Naming } from '../../../shared/settings/naming';
import { replayTexts, withTextSettings, type CorpusFiles } from '../../../shared/texts/texts';
import type { RunSpec } from '../../../shared/run/runFolder';
import { Mixture } from '../../data/sequences/mixture';
import { overlaps, OVERLAP_TOKENS } from '../../data/sequences/overlap';
import { batches, type BatchList } from '../../data/sequences/batch';
import type { Corpus } from '../../data/corpus/corpus';
import { eachOf, sampleOfList, type SequenceList } from '../../data/sequences/sequences';
import { readModelOutline } from '../../../node/model/modelConfig';
import type { Task } from '../../task';
import { CorpusReader, type CorpusOptions } from './corpora';

export interface TuneCorpora {
  readonly domain: Corpus;
  readonly training: Mixture;
  /** All that were read, each once. */
  readonly corpora: readonly Corpus[];
  /** How many training sequences the run will take. */
  readonly taken: number;
  readonly probe: BatchList;
  readonly domainEval: BatchList;
  readonly generalEval: BatchList;
  /** The same as sequences. */
  readonly lists: Readonly<Record<'probe' | 'domainEval' | 'generalEval', SequenceList>>;
  /** The texts as the run's specification names them, with the tokens that frame their documents. */
  readonly named: Pick<RunSpec, 'probe' | 'domain' | 'replay' | 'eval'>;
}

/** The texts of a run. @throws AdeptError (input) naming setting and file. */
export async function readCorpora(spec: RunSpec, naming: Naming, task: Task): Promise<TuneCorpora> {
  const texts = new RunTexts(spec, naming, task);
  const { batchSize, maxTrainSequences, maxProbeSequences, maxEvalSequences, sampling } = spec.tune;
  const domain = await texts.read(spec.domain, maxTrainSequences, 'domain');
  const replay = [];
  for (const { corpus, weight } of replayTexts(spec.replay ?? [])) {
    replay.push({ ...(await texts.read(corpus, undefined, 'replay')), weight });
  }
  const probe = await texts.read(spec.probe, maxProbeSequences, 'probe');
  const ofDomain = spec.eval.domain && (await texts.read(spec.eval.domain, maxEvalSequences, 'eval.domain'));
  const ofGeneral =
    spec.eval.general && (await texts.read(spec.eval.general, maxEvalSequences, 'eval.general'));
  const evaluated = Math.min(EVALUATED_TRAINING_SEQUENCES, maxEvalSequences ?? Infinity);
  const lists = {
    probe: probe.corpus.sequences,
    domainEval: ofDomain?.corpus.sequences ?? sampleOfList(domain.corpus.sequences, evaluated, sampling),
    generalEval:
      ofGeneral?.corpus.sequences ??
      sampleOfList(probe.corpus.sequences, maxEvalSequences ?? Infinity, sampling),
  };
  return {
    domain: domain.corpus,
    corpora: [
      ...new Set([domain, ...replay, probe, ofDomain, ofGeneral].flatMap((read) => read?.corpus ?? [])),
    ],
    training: mixtureOf(spec, domain.corpus, replay),
    taken: spec.tune.steps * batchSize * spec.tune.gradAccum,
    probe: batches(lists.probe, batchSize),
    domainEval: batches(lists.domainEval, batchSize),
    generalEval: batches(lists.generalEval, batchSize),
    lists,
    named: {
      ...{ probe: probe.named, domain: domain.named },
      ...(replay.length === 0 ? {} : { replay: replay.map(({ named, weight }) => ({ ...named, weight })) }),
      eval: {
        ...(ofDomain ? { domain: ofDomain.named } : {}),
        ...(ofGeneral ? { general: ofGeneral.named } : {}),
      },
    },
  };
}

interface ReadText {
  readonly corpus: Corpus;
  readonly named: ReturnType<typeof withTextSettings>;
}

class RunTexts {
  private readonly reader: CorpusReader;

  constructor(
    private readonly spec: RunSpec,
    private readonly naming: Naming,
    task: Task,
  ) {
    this.reader = new CorpusReader(spec.model, readModelOutline(spec.model), task, false);
  }

  async read(files: CorpusFiles, maxSequences: number | undefined, key: string): Promise<ReadText> {
    const { seqLen, sampling } = this.spec.tune;
    const options: CorpusOptions = {
      ...{ seqLen, maxSequences, legacy: true },
      ...(maxSequences === undefined ? {} : { sampling }),
    };
    const { naming } = this;
    const corpus = await this.reader.read(files, options, naming.label(key), naming.name('tune.seqLen'));
    return { corpus, named: namedText(files, corpus) };
  }
}

/** With the tokens that `auto` came to, so that a later version frames documents alike. */
function namedText(files: CorpusFiles, { sources, text: { frame } }: Corpus): ReadText['named'] {
  const settings = withTextSettings(files);
  const token = (choice: string, text: string | undefined, isOne: boolean): string =>
    choice !== 'auto' || text === undefined || !isOne ? choice : text === '' ? 'none' : text;
  return {
    ...settings,
    files: [...sources],
    documentStart: token(settings.documentStart, frame?.start, frame?.single === true),
    documentEnd: token(settings.documentEnd, frame?.end, frame?.single === true),
  };
}

function mixtureOf(
  { tune, replay: named, domain: files }: RunSpec,
  domain: Corpus,
  replay: readonly (ReadText & { readonly weight: number })[],
): Mixture {
  const { replayShare, order, seed } = tune;
  const parts = {
    domain: domain.sequences,
    replay: replay.map(({ corpus, weight }) => ({ sequences: corpus.sequences, weight })),
    replayShare: named === undefined ? 0 : replayShare,
  };
  // A run that says nothing of how its texts are read is of a version whose orders were tables of any size.
  return new Mixture(parts, order, seed, Array.isArray(files) ? Infinity : undefined);
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
export async function textOverlaps(corpora: TuneCorpora, task: Task): Promise<TextOverlap[]> {
  const { probe, domainEval, generalEval } = corpora.lists;
  const evaluated: { readonly text: TextOverlap['text']; readonly sequences: SequenceList }[] = [
    { text: 'probe', sequences: probe },
    { text: 'domain evaluation', sequences: domainEval },
    { text: 'general evaluation', sequences: generalEval },
  ];
  const against = async (texts: typeof evaluated, other: TextOverlap['other']): Promise<TextOverlap[]> => {
    const sequences = other === 'training' ? corpora.training.upTo(corpora.taken) : eachOf(probe);
    const shares = await overlaps(
      texts.map((text) => text.sequences),
      sequences,
      task,
    );
    return texts.map(({ text }, index) => ({ text, other, share: shares[index] ?? NaN }));
  };
  return [
    ...(await against(evaluated, 'training')),
    ...(await against(
      evaluated.filter(({ text }) => text === 'general evaluation'),
      'probe',
    )),
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
