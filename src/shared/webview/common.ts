import * as v from 'valibot';

/** What every webview says, whatever it shows: that it listens now, and what went wrong in it. */
export const FromAnyWebview = v.variant('type', [
  v.object({ type: v.literal('ready') }),
  v.object({ type: v.literal('problem'), message: v.string(), stack: v.optional(v.string()) }),
]);
export type FromAnyWebview = v.InferOutput<typeof FromAnyWebview>;

/** What the page is given with its HTML, as JSON in the element `PAGE_DATA_ID`. */
export const PageData = v.object({
  /** What the page shows, in terms of the host; the browser keeps it so that the panel can be restored. */
  source: v.unknown(),
  /** BCP 47, for numbers and dates. */
  locale: v.string(),
  /** Translations by English text; empty in English. */
  strings: v.record(v.string(), v.string()),
});
export type PageData = v.InferOutput<typeof PageData>;

export const PAGE_DATA_ID = 'adept-page';

/** What the browser keeps of a panel over hiding, reload and restart. */
export const KeptState = v.object({ source: v.unknown(), view: v.optional(v.unknown()) });
export type KeptState = v.InferOutput<typeof KeptState>;
