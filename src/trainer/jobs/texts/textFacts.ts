import { skippedOf, type SkipCounts } from '../../../shared/texts/storedText';
import type { Corpus } from '../../data/corpus/corpus';
import type { TuneCorpora } from './tuneCorpora';

/** What was read of a text, for results that programs read. */
export interface TextFacts {
  readonly sources: readonly string[];
  readonly documents: number;
  /** Of all documents, the tokens that frame them included. */
  readonly tokens: number;
  /** Rows that are no documents, and why. */
  readonly skipped: number;
  readonly skippedBy: SkipCounts;
  /** Tokens around each document; empty where there are none, null where no text was tokenised. */
  readonly documentStart: string | null;
  readonly documentEnd: string | null;
}

export function factsOf({ sources, text }: Corpus): TextFacts {
  const { documents, rows, tokens, rowTokens, skipped, frame } = text;
  return {
    sources,
    ...{ documents: documents + rows, tokens: tokens + rowTokens },
    ...{ skipped: skippedOf(skipped), skippedBy: skipped },
    ...{ documentStart: frame?.start ?? null, documentEnd: frame?.end ?? null },
  };
}

/** Those of a run. */
export function textFacts({ corpora }: TuneCorpora): TextFacts[] {
  return corpora.map(factsOf);
}
