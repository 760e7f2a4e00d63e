import { basename, dirname, join, sep } from 'node:path';
import { EXPANSION_MANIFEST } from '../../shared/run/manifest';
import { looksLikeData } from './corpusFiles';
import { CORPUS_ENDINGS, endingOf, knownForm } from './corpusForm';

/** Of so many files of one kind in a folder the folder is offered instead. */
const MANY = 8;

/** Endings by which texts are looked for; prose about a project is rarely what a model is to learn. */
export const SUGGESTED_ENDINGS = CORPUS_ENDINGS.map((ending) => ending.slice(1)).filter(
  (ending) => ending !== 'md',
);

/** What is called as texts are and holds none. */
const NO_TEXT =
  /\.adept\.json$|^(?:package(?:-lock)?|tsconfig.*|jsconfig|composer|study|importance|config|tokenizer.*|requirements.*|cmakelists)\.(?:json|txt)$/i;

/**
 * Of files of a workspace, those that look like texts, sorted; many of one kind in one folder as that folder, or as a glob
 * where the folder holds more than them.
 */
export function suggestedTexts(files: readonly string[]): string[] {
  const texts = files.filter(
    (file) =>
      knownForm(file) !== undefined &&
      !/\.md(\.gz|\.zst)?$/i.test(file) &&
      looksLikeData(basename(file)) &&
      !NO_TEXT.test(basename(file)) &&
      basename(file) !== EXPANSION_MANIFEST,
  );
  const groups = new Map<string, string[]>();
  for (const file of texts) {
    const key = join(dirname(file), `*${endingOf(file).toLowerCase()}`);
    groups.set(key, [...(groups.get(key) ?? []), file]);
  }
  return [...groups]
    .flatMap(([glob, group]) => (group.length < MANY ? group : whole(glob, group, files)))
    .sort();
}

/** @param all what else was found, which a folder must not hold */
function whole(glob: string, group: readonly string[], all: readonly string[]): string[] {
  const folder = dirname(glob);
  const within = all.filter((file) => file.startsWith(folder + sep) && knownForm(file) !== undefined);
  const others = within.filter((file) => looksLikeData(basename(file))).length - group.length;
  return [others > 0 ? glob : folder];
}
