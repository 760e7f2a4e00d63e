import * as v from 'valibot';
import { TEXT_SETTINGS, type TextSettings } from '../settings/textSettings';
import { settingsSchema, settingsSchemaWith } from '../settings/settingTable';

export type Packing = TextSettings['packing'];

/** What is put before and after each document. */
export interface Framing {
  /** `auto`, `none`, or a token. */
  readonly documentStart: string;
  readonly documentEnd: string;
  /** `kept`: `auto` takes a tokenizer's end of a turn as it is, as versions did that knew no other. */
  readonly turnEnds?: 'kept';
}

export const AUTO_FRAMING: Framing = { documentStart: 'auto', documentEnd: 'auto' };

/** Of a corpus without options of its own. */
export const DEFAULT_TEXT: TextSettings = v.parse(settingsSchema(TEXT_SETTINGS), {});

const path = v.pipe(v.string(), v.minLength(1));
export const Paths = v.pipe(v.array(path), v.minLength(1));

const files = v.pipe(Paths, v.description('files, globs and folders of shards that are one text'));
const textWith = settingsSchemaWith(TEXT_SETTINGS, { files });

/** A corpus: files, globs and folders that are one text together, by themselves or with how they are read. */
export const CorpusFiles = v.union([Paths, textWith]);
export type CorpusFiles = v.InferOutput<typeof CorpusFiles>;

const weight = v.pipe(
  v.number(),
  v.finite(),
  v.gtValue(0),
  v.description(
    'its part of the replay is this, divided by the sum of all weights; files without one are a text of weight 1',
  ),
);

/** Texts to train on beside the domain's: files that are one text together, or texts with weights. */
export const ReplayFiles = v.pipe(
  v.array(v.union([path, settingsSchemaWith(TEXT_SETTINGS, { files, weight })])),
  v.minLength(1),
);
export type ReplayFiles = v.InferOutput<typeof ReplayFiles>;

/** The texts of a replay, each with its weight. */
export function replayTexts(
  replay: ReplayFiles,
): { readonly corpus: CorpusFiles; readonly weight: number }[] {
  const plain = replay.filter((entry) => typeof entry === 'string');
  const weighted = replay.filter((entry) => typeof entry !== 'string');
  return [
    ...(plain.length > 0 ? [{ corpus: plain, weight: 1 }] : []),
    ...weighted.map(({ weight: own, ...corpus }) => ({ corpus, weight: own })),
  ];
}

/** The files, globs and folders of a corpus. */
export function pathsOf(corpus: CorpusFiles): readonly string[] {
  return Array.isArray(corpus) ? corpus : corpus.files;
}

/** A corpus with all of its settings, of which one by itself has the defaults. */
export function withTextSettings(corpus: CorpusFiles): Exclude<CorpusFiles, string[]> {
  return Array.isArray(corpus) ? { files: corpus, ...DEFAULT_TEXT } : corpus;
}

/** How a corpus is read; undefined where it says nothing about that. */
export function textSettingsOf(corpus: CorpusFiles): TextSettings | undefined {
  if (Array.isArray(corpus)) {
    return undefined;
  }
  const { textColumn, documentStart, documentEnd, packing, dedup, skipBadRows } = corpus;
  return {
    ...(textColumn === undefined ? {} : { textColumn }),
    ...{ documentStart, documentEnd, packing, dedup, skipBadRows },
  };
}
