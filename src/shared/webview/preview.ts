import * as v from 'valibot';
import { TEXT_SETTINGS } from '../settings/textSettings';
import { TextPreview } from '../texts/textPreview';

const path = v.pipe(v.string(), v.minLength(1));

/** How a text is read, as far as that is said. */
export const GivenTextSettings = v.strictObject({
  textColumn: v.optional(path),
  documentStart: v.optional(path),
  documentEnd: v.optional(path),
  packing: v.optional(v.picklist(TEXT_SETTINGS.packing.choices)),
  dedup: v.optional(v.picklist(TEXT_SETTINGS.dedup.choices)),
  skipBadRows: v.optional(v.boolean()),
});
export type GivenTextSettings = v.InferOutput<typeof GivenTextSettings>;

/** What a preview shows: a text as a model gets it. */
export const PreviewSource = v.object({
  /** A Hugging Face folder. */
  model: path,
  /** Files, globs and folders that are one text together; absolute. */
  files: v.pipe(v.array(path), v.minLength(1)),
  text: v.optional(GivenTextSettings, {}),
  /** Tokens of a sequence; the trainer's default when left out. */
  seqLen: v.optional(v.pipe(v.number(), v.integer(), v.minValue(2))),
});
export type PreviewSource = v.InferOutput<typeof PreviewSource>;

/** From the extension to the page. */
export const ToPreview = v.variant('type', [
  v.object({ type: v.literal('show'), source: PreviewSource, preview: TextPreview, trusted: v.boolean() }),
  /** Nothing was read yet, as after a restart. */
  v.object({ type: v.literal('nothing'), source: PreviewSource, trusted: v.boolean() }),
  /** The text is being read; with its framing measured where that was asked for. */
  v.object({ type: v.literal('reading'), framing: v.boolean() }),
  /** It was read no further: why, in a sentence; null when the person changed their mind. */
  v.object({ type: v.literal('stopped'), problem: v.nullable(v.string()) }),
]);
export type ToPreview = v.InferOutput<typeof ToPreview>;

/** From the page to the extension. */
export const FromPreview = v.variant('type', [
  /** Read the text again, and where asked for measure its framing. */
  v.object({ type: v.literal('read'), framing: v.boolean() }),
]);
export type FromPreview = v.InferOutput<typeof FromPreview>;

/** What the page remembers. */
export const PreviewView = v.object({ ids: v.boolean() });
export type PreviewView = v.InferOutput<typeof PreviewView>;
