import { corpusFilesOf } from '../../../node/texts/corpusFiles';
import { inputError } from '../../../shared/common/errors';
import type { Sampling } from '../../../shared/settings/sampling';
import type { TextSettings } from '../../../shared/settings/textSettings';
import { skippedOf, type StoredText } from '../../../shared/texts/storedText';
import { DEFAULT_TEXT } from '../../../shared/texts/texts';
import type { Task } from '../../task';
import { sampleOfList, type SequenceList } from '../sequences/sequences';
import { PackedText } from '../store/packedText';
import { prepareText, skipText } from '../store/prepareText';
import type { TextRequest } from '../store/textRequest';

export interface CorpusRequest {
  /** Files, globs, folders of shards. */
  readonly paths: readonly string[];
  /** The model's folder: its tokenizer, and how a conversation is written out. */
  readonly folder: string;
  readonly vocabSize: number;
  /** The model's `max_position_embeddings`. */
  readonly maxPositions?: number;
  /** Tokens of a packed sequence. */
  readonly seqLen: number;
  /** Take so many sequences. */
  readonly maxSequences?: number | undefined;
  /** Which of them: the first, and no further is read (the default), or at even distances over all. */
  readonly sampling?: Sampling | undefined;
  /** How the text is read; the defaults when left out. */
  readonly text?: TextSettings | undefined;
  /** Frame and count documents as versions did that knew no text settings. */
  readonly legacy?: boolean;
  /** What to name in errors, for example `--probe`. */
  readonly field?: string;
  /** What to call `seqLen` in errors. */
  readonly lengthField?: string;
}

export interface Corpus {
  readonly sources: readonly string[];
  /** Packed text: `seqLen` ids each; rows of token ids: as long as they are. In the order of the files. */
  readonly sequences: SequenceList;
  readonly seqLen: number;
  /** What was read: all of it, unless `maxSequences` stopped the reading. */
  readonly text: StoredText;
  /** Nothing had to be tokenised for it. */
  readonly fromCache: boolean;
  /** Where the ids are stored; undefined where they are in memory. */
  readonly cache: string | undefined;
}

/**
 * Reads a corpus. Text documents are tokenised one after the other, framed as the tokenizer or the settings have it, joined, and
 * cut to `seqLen`, as packing scripts do; what remains at the end is left out. Rows of token ids are sequences as they are.
 * @throws AdeptError (input) that names the file, and the row where it is one row's fault.
 */
export async function loadCorpus(request: CorpusRequest, task: Task): Promise<Corpus> {
  const { seqLen, maxSequences, sampling = 'first', text = DEFAULT_TEXT } = request;
  const wanted = textRequest(request);
  const { files } = wanted;
  const { store, fromCache } = await prepareText(wanted, task);
  const { description } = store;
  if (description.documents > 0) {
    checkPositions(request);
  }
  const all = new PackedText(store, seqLen, text.packing);
  requireSequence(request, files, description, all.size, maxSequences ?? Infinity);
  const sequences = sampleOfList(all, maxSequences ?? Infinity, sampling);
  return {
    ...{ sources: files, sequences, seqLen, text: description, fromCache },
    cache: store.folder,
  };
}

/** What has to be stored for a corpus. @throws AdeptError (input) for numbers that cannot be, and files that are not there */
export function textRequest(request: CorpusRequest): TextRequest {
  checkNumbers(request);
  const { seqLen, maxSequences, sampling = 'first', text = DEFAULT_TEXT } = request;
  const sequencesIn = ({ tokens, rows }: StoredText): number => rows + Math.floor(tokens / seqLen);
  const few = sampling === 'first' ? maxSequences : undefined;
  return {
    files: request.paths.flatMap((path) => corpusFilesOf(path, request.field ?? '')),
    ...{ folder: request.folder, vocabSize: request.vocabSize, maxPositions: request.maxPositions },
    ...{ text, legacy: request.legacy === true, label: label(request) },
    enoughTokens: few === undefined ? undefined : few * seqLen,
    enough: (stored) => {
      // As soon as there is text, not after hours of it.
      if (stored.documents > 0) {
        checkPositions(request);
      }
      return few !== undefined && sequencesIn(stored) >= few;
    },
  };
}

/** What was read of a corpus, in a sentence: how much, what was left out, and what frames its documents. */
export function corpusText({ text, sources }: Corpus): string {
  const { documents, rows, tokens, rowTokens, skipped, frame, plainChats } = text;
  const lost = skippedOf(skipped);
  const name = sources.length === 1 ? (sources[0] ?? '') : `${sources.length} files`;
  const around = ({ start, end, insteadOf }: NonNullable<StoredText['frame']>): string =>
    `document start ${start === '' ? 'none' : start}, document end ${end === '' ? 'none' : end}${insteadOf === undefined ? '' : ` (not ${insteadOf}, which ends a turn)`}`;
  return [
    `${name}: ${counted(documents + rows, 'document')}, ${counted(tokens + rowTokens, 'token')}`,
    ...(lost === 0 ? [] : [`${counted(lost, 'row')} skipped: ${skipText(text)}`]),
    ...(frame === null ? [] : [around(frame)]),
    ...(plainChats === 0
      ? []
      : [
          `${counted(plainChats, 'conversation')} written out as paragraphs, since the model has no chat template`,
        ]),
  ].join('; ');
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}

/** What there is to say of a corpus: what was read, and what is wrong with it. */
export function corpusMessages(corpus: Corpus): { level: 'info' | 'warn'; message: string }[] {
  const twice = startTwiceText(corpus);
  return [
    { level: 'info', message: corpusText(corpus) },
    ...(twice === undefined ? [] : [{ level: 'warn' as const, message: twice }]),
  ];
}

/** That documents hold already what is put before each of them; undefined where they do not. */
export function startTwiceText({ text, sources }: Corpus): string | undefined {
  const { startTwice, documents, frame } = text;
  return startTwice === 0 || frame === null
    ? undefined
    : `${sources.join(', ')}: ${startTwice} of ${documents} documents already begin with ${frame.start} and get it twice: remove it from the text, or choose "none" for the document start.`;
}

/** @throws AdeptError (input) where a text is shorter than one sequence */
function requireSequence(
  request: CorpusRequest,
  files: readonly string[],
  { tokens, documents }: StoredText,
  size: number,
  maxSequences: number,
): void {
  const { seqLen, lengthField = '--seq-len' } = request;
  if (documents === 0 || tokens >= seqLen || size >= maxSequences) {
    return;
  }
  const advice =
    tokens < 2 ? 'give more text' : `lower ${lengthField} to at most ${tokens}, or give more text`;
  throw inputError(
    `${label(request)}${files.join(', ')}: holds ${tokens === 1 ? '1 token' : `${tokens} tokens`}, fewer than one sequence of ${seqLen}: ${advice}.`,
  );
}

function label({ field }: Pick<CorpusRequest, 'field'>): string {
  return field === undefined ? '' : `${field} `;
}

function checkNumbers({
  paths,
  seqLen,
  maxSequences,
  field,
  lengthField = '--seq-len',
}: CorpusRequest): void {
  if (paths.length === 0) {
    throw inputError(`${field ?? 'corpus'}: no file is named: name at least one corpus file.`);
  }
  if (!Number.isInteger(seqLen) || seqLen < 2) {
    throw inputError(
      `${lengthField} ${seqLen}: a sequence takes a whole number of at least 2 tokens: raise it.`,
    );
  }
  if (maxSequences !== undefined && (!Number.isInteger(maxSequences) || maxSequences < 1)) {
    throw inputError(`--max-sequences ${maxSequences}: has to be a whole number of at least 1: raise it.`);
  }
}

function checkPositions(request: CorpusRequest): void {
  const { paths, seqLen, maxPositions, lengthField = '--seq-len' } = request;
  if (maxPositions !== undefined && seqLen > maxPositions) {
    throw inputError(
      `${label(request)}${paths.join(', ')}: ${lengthField} ${seqLen} is more than the model's ${maxPositions} positions (max_position_embeddings in config.json): lower it.`,
    );
  }
}
