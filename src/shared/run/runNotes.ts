import * as v from 'valibot';

/** What a person writes beside a run, in its folder. No trainer reads or writes it. */
export const NOTES_FILE = 'notes.json';

const MOST_TAGS = 20;
const LONGEST_TAG = 40;
const LONGEST_NOTE = 10_000;

const Tag = v.pipe(v.string(), v.trim(), v.minLength(1), v.maxLength(LONGEST_TAG), v.excludes(','));

/** What is written about a run: `note` may have several lines. */
export const WrittenNotes = v.object({
  tags: v.pipe(v.array(Tag), v.maxLength(MOST_TAGS)),
  note: v.pipe(v.string(), v.maxLength(LONGEST_NOTE)),
});
export type WrittenNotes = v.InferOutput<typeof WrittenNotes>;

/** notes.json of a run folder. */
export const RunNotes = v.object({ format: v.literal('adept.notes/1'), ...WrittenNotes.entries });
export type RunNotes = v.InferOutput<typeof RunNotes>;

export const NO_NOTES: WrittenNotes = { tags: [], note: '' };

/** Tags as a person writes them, with commas between: each once, in their order. */
export function tagsOf(text: string): string[] {
  const tags = text
    .split(/[,，、\n]/)
    .map((tag) => tag.trim().replace(/\s+/g, ' '))
    .filter((tag) => tag !== '');
  return [...new Set(tags)];
}
