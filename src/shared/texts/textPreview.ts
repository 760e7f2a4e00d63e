import * as v from 'valibot';
import { SkipCounts } from './storedText';

const count = v.pipe(v.number(), v.integer(), v.minValue(0));
const text = v.nullable(v.string());

/** A stretch of what the model gets: text, a token that is put around it or stands in it, a border between sequences, or a gap. */
export const PreviewPart = v.object({
  kind: v.picklist(['start', 'text', 'special', 'end', 'border', 'left out']),
  /** Of a border its sequence, of a gap how many tokens it is. */
  text: v.string(),
});
export type PreviewPart = Readonly<v.InferOutput<typeof PreviewPart>>;

export const PreviewDocument = v.object({
  tokens: count,
  parts: v.array(PreviewPart),
  ids: v.array(count),
});
export type PreviewDocument = v.InferOutput<typeof PreviewDocument>;

/** With which tokens between documents the model itself predicts the beginnings of documents, the best first. */
export const FramingTrial = v.object({
  framings: v.array(
    v.object({
      documentStart: v.string(),
      documentEnd: v.string(),
      /** Mean over the first tokens of the documents, nats. */
      loss: v.number(),
      chosen: v.boolean(),
    }),
  ),
  documents: count,
  /** Whether another than the chosen one is noticeably better. */
  otherIsBetter: v.boolean(),
});
export type FramingTrial = v.InferOutput<typeof FramingTrial>;

/** What a model gets to see of a text: the result of `adept preview`. */
export const TextPreview = v.object({
  sources: v.array(v.string()),
  /** Whether the counts are those of the whole text, or of what was read of it. */
  whole: v.boolean(),
  documents: count,
  tokens: count,
  sequences: count,
  seqLen: count,
  skipped: count,
  skippedBy: SkipCounts,
  /** Null where the text was tokenised beforehand. */
  tokensPerByte: v.nullable(v.number()),
  documentStart: text,
  documentEnd: text,
  /** The tokenizer's own end, where that ends a turn and not a text. */
  insteadOf: text,
  /** Documents that begin with the start token already. */
  startTwice: count,
  plainChats: count,
  /** Tokens of a document: percentiles, and how many documents are of up to 16, 32, … tokens. */
  lengths: v.object({
    percentiles: v.record(v.string(), v.number()),
    histogram: v.array(v.object({ upTo: count, documents: count })),
  }),
  samples: v.array(PreviewDocument),
  /** Null where it was not measured. */
  framing: v.optional(v.nullable(FramingTrial), null),
});
export type TextPreview = v.InferOutput<typeof TextPreview>;
