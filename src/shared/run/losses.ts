import * as v from 'valibot';

const loss = v.nullable(v.number());

/** Losses on a run's two evaluation texts, nats per token; null what was not measured or is no number. */
export const TextLosses = v.object({ domainLoss: loss, generalLoss: loss });
export type TextLosses = v.InferOutput<typeof TextLosses>;

/** What became of a run's losses on the way into an export's files. */
export interface ExportLosses {
  /** Of the model that was expanded. */
  readonly before: TextLosses;
  /** Of what was trained, before its values were rounded. */
  readonly tuned: TextLosses;
  /** Of the files. */
  readonly after: TextLosses;
}

/** The same where the files were measured, and otherwise why not. */
export type FoundLosses = ExportLosses | { readonly before: TextLosses; readonly notMeasured: string };

/** Rounding that takes more of the gain than this is warned of. */
const NOTABLE_LOSS = 0.05;

/**
 * The share of the gain in domain loss that rounding took, where it is worth a warning; undefined where it is not, or where
 * nothing was gained.
 */
export function notableLoss({ before, tuned, after }: ExportLosses): number | undefined {
  if (before.domainLoss === null || tuned.domainLoss === null || after.domainLoss === null) {
    return undefined;
  }
  const gain = before.domainLoss - tuned.domainLoss;
  const share = (after.domainLoss - tuned.domainLoss) / gain;
  return gain > 0 && share > NOTABLE_LOSS ? share : undefined;
}
