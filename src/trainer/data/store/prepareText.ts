import { createHash } from 'node:crypto';
import { mkdirSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { corpusForm } from '../../../node/texts/corpusFiles';
import { errorCode, readError, writeError } from '../../../node/files/fileError';
import { acquireLock, removeStaleLock } from '../../../node/files/folderLock';
import { FileDigests } from '../../../node/texts/fileDigests';
import { makeRoom, markUsed } from '../../../node/texts/storedTexts';
import { textCacheFolder, textCacheLimit } from '../../../node/texts/textCacheFolder';
import { AdeptError, inputError, messageOf } from '../../../shared/common/errors';
import { skippedOf, type StoredText } from '../../../shared/texts/storedText';
import { yieldToEventLoop, Cancelled, type Task } from '../../task';
import { ChatTemplate } from '../reading/chatTemplate';
import { readDocumentFrame } from '../tokenizer/tokenizer';
import { tokenizerIdentity } from '../../../node/model/tokenizerIdentity';
import type { TokenRecipe } from './blockTokens';
import { TextFiller } from './textFiller';
import type { TextRequest } from './textRequest';
import { TokenStore, type StoreRequest } from './tokenStore';

/** Of how rows become ids: raised whenever the same files come to other ids than before. */
const READER_VERSION = 1;
/** Up to so many ids are not worth reading a large text twice: once for its hash, once for its tokens. */
const FEW_TOKENS = 2 ** 22;
const LARGE_BYTES = 64e6;
/** Ids that two ids of text take for each byte of a file, at most, as a guess before anything is known. */
const GUESSED_TOKENS_PER_BYTE = 0.5;

export interface PreparedText {
  readonly store: TokenStore;
  /** Nothing had to be read for it. */
  readonly fromCache: boolean;
}

/**
 * The token ids of a text: those that are stored, or else they are made and stored. A process that wants what another is
 * making waits for it; what a killed one had made is gone on from.
 * @throws AdeptError (input) naming file and row for whatever cannot be read
 */
export async function prepareText(request: TextRequest, task: Task): Promise<PreparedText> {
  for (const file of request.files) {
    corpusForm(file, `${request.label}${file}`);
  }
  const prepared = await storedOrMade(request, task);
  // Of what is stored as well: otherwise a text that was refused once would be taken the second time.
  requireDocuments(request, prepared.store.description);
  return prepared;
}

async function storedOrMade(request: TextRequest, task: Task): Promise<PreparedText> {
  const cache = usableCache(task);
  const digests = FileDigests.in(cache ?? '');
  if (cache === undefined || isNotWorthStoring(request, digests)) {
    return inMemory(request, task);
  }
  const wanted = await identify(request, digests, task);
  saveDigests(digests, task);
  return inFolder(join(cache, wanted.key), cache, wanted, request, task);
}

/** The cache folder; undefined where it cannot be used, which is said. */
function usableCache(task: Task): string | undefined {
  const cache = textCacheFolder();
  try {
    mkdirSync(cache, { recursive: true });
    return cache;
  } catch (error) {
    task.log?.(
      `The text cache ${cache} cannot be used (${messageOf(error)}): token ids are kept in memory. Set ADEPT_TEXT_CACHE to a folder that you may write to.`,
    );
    return undefined;
  }
}

function isNotWorthStoring({ files, enoughTokens }: TextRequest, digests: FileDigests): boolean {
  if (enoughTokens === undefined || enoughTokens > FEW_TOKENS) {
    return false;
  }
  const unknown = files.filter((file) => digests.remembered(file) === undefined);
  return unknown.reduce((sum, file) => sum + sizeOf(file), 0) > LARGE_BYTES;
}

async function inMemory(request: TextRequest, task: Task): Promise<PreparedText> {
  const store = TokenStore.forWriting(undefined, describe(request, 'memory', 'memory'));
  await fill(store, request, Infinity, task);
  return { store, fromCache: false };
}

async function inFolder(
  folder: string,
  cache: string,
  wanted: StoreRequest,
  request: TextRequest,
  task: Task,
): Promise<PreparedText> {
  const enough = (text: StoredText): boolean => text.complete || request.enough(text);
  const stored = (): TokenStore | undefined => {
    const found = TokenStore.forReading(folder, wanted.key);
    if (found && enough(found.description)) {
      markUsed(folder);
      return found;
    }
    found?.close();
    return undefined;
  };
  const before = stored();
  if (before) {
    removeStaleLock(folder);
    return { store: before, fromCache: true };
  }
  try {
    mkdirSync(folder, { recursive: true });
    let after: TokenStore | undefined;
    const release = await acquireLock(folder, {
      signal: task.signal,
      onWait: (pid) => {
        task.report(0, `waiting for process ${pid}, which is tokenising this text`);
      },
      enough: () => (after = stored()) !== undefined,
    });
    if (release === undefined || (after = stored()) !== undefined) {
      release?.();
      return { store: after ?? fail(), fromCache: true };
    }
    try {
      const room = makeRoom(cache, guessedBytes(request, wanted.width), textCacheLimit(), folder);
      const store = TokenStore.forWriting(folder, wanted);
      await fill(store, request, room, task);
      return { store, fromCache: false };
    } finally {
      release();
    }
  } catch (error) {
    throw cacheError(error, cache, task);
  }
}

function fail(): never {
  throw new Error('Nobody waited for a text that was not there.');
}

/** Where the folder itself is the trouble, it is named with what to do about it. */
function cacheError(error: unknown, cache: string, task: Task): unknown {
  if (task.signal?.aborted === true) {
    return new Cancelled();
  }
  if (error instanceof AdeptError || errorCode(error) === undefined) {
    return error;
  }
  const { message } = writeError(cache, error);
  return inputError(
    `Text cache ${message} ADEPT_TEXT_CACHE names another, "adept cache --clear" empties it.`,
    error,
  );
}

async function fill(store: TokenStore, request: TextRequest, room: number, task: Task): Promise<void> {
  const { text } = request;
  const recipe: TokenRecipe = {
    folder: request.folder,
    limits: { vocabSize: request.vocabSize, maxPositions: request.maxPositions },
    framing: framingOf(request),
    chat: ChatTemplate.open(request.folder).description,
    textColumn: text.textColumn,
    hashed: text.dedup === 'exact',
    keepShort: request.legacy === true,
  };
  await new TextFiller(store, recipe, request, room, task).fill();
}

/** @throws AdeptError (input) where a whole text holds nothing, or more than half of its rows came to nothing */
function requireDocuments({ files, label }: TextRequest, text: StoredText): void {
  if (!text.complete) {
    return;
  }
  const where = `${label}${files.join(', ')}`;
  const lost = skippedOf({ ...text.skipped, duplicate: 0 });
  if (text.documents + text.rows === 0 && lost === 0) {
    throw inputError(`${where}: holds no document: name a corpus that holds text.`);
  }
  if (lost * 2 > text.read) {
    throw inputError(
      `${where}: of ${text.read} rows ${lost} hold no text that can be used (${skipText(text)}), which is more than half: name the column that holds the text, or remove those rows.`,
    );
  }
}

/** `5 without text, 2 empty`; of nothing it is empty. */
export function skipText({ skipped }: Pick<StoredText, 'skipped'>): string {
  const words = {
    null: 'without text',
    empty: 'empty',
    short: 'shorter than two tokens',
    duplicate: 'there before',
    unreadable: 'not readable',
  } as const;
  return (['null', 'empty', 'short', 'duplicate', 'unreadable'] as const)
    .flatMap((reason) => (skipped[reason] > 0 ? [`${skipped[reason]} ${words[reason]}`] : []))
    .join(', ');
}

function framingOf({ text, legacy }: TextRequest): TokenRecipe['framing'] {
  const { documentStart, documentEnd } = text;
  return { documentStart, documentEnd, ...(legacy === true ? { turnEnds: 'kept' } : {}) };
}

/** Hashes what the ids follow from: the files' content and form, the tokenizer, the settings. */
async function identify(request: TextRequest, digests: FileDigests, task: Task): Promise<StoreRequest> {
  const { files, folder, vocabSize, maxPositions, text } = request;
  const contents: string[] = [];
  const total = files.reduce((sum, file) => sum + sizeOf(file), 0);
  let seen = 0;
  for (const file of files) {
    if (total > LARGE_BYTES) {
      task.report(0, `reading ${(total / 1e6).toFixed(0)} MB of text: ${((100 * seen) / total).toFixed(0)}%`);
    }
    await yieldToEventLoop(task);
    const { kind, compression } = corpusForm(file);
    contents.push(`${kind} ${compression} ${await digests.of(file)}`);
    seen += sizeOf(file);
  }
  const { textColumn, dedup, skipBadRows } = text;
  const tokenizer = tokenizerIdentity(folder);
  const parts = [
    ...[READER_VERSION, contents, tokenizer, vocabSize, maxPositions ?? null],
    frameIdentity(request, tokenizer),
    ...[textColumn ?? null, dedup, skipBadRows, request.legacy === true],
  ];
  const key = createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 32);
  return describe(request, key, tokenizer);
}

const frames = new Map<string, string>();

/** What frames documents, however it was chosen. Rows of token ids need no tokenizer, and what is wrong with it is said when text does. */
function frameIdentity(request: TextRequest, tokenizer: string): string {
  const framing = framingOf(request);
  const key = `${tokenizer} ${JSON.stringify(framing)}`;
  const known = frames.get(key);
  if (known !== undefined) {
    return known;
  }
  let identity = JSON.stringify(framing);
  try {
    const { before, after } = readDocumentFrame(request.folder, framing);
    identity = JSON.stringify([before, after]);
  } catch (error) {
    const isChosen = [framing.documentStart, framing.documentEnd].some(
      (choice) => choice !== 'auto' && choice !== 'none',
    );
    if (isChosen || !(error instanceof AdeptError)) {
      throw error;
    }
  }
  frames.set(key, identity);
  return identity;
}

function describe({ files, vocabSize }: TextRequest, key: string, tokenizer: string): StoreRequest {
  return {
    ...{ key, tokenizer, width: vocabSize <= 2 ** 16 ? 2 : 4 },
    files: files.map((file) => ({
      ...{ path: resolve(file), bytes: sizeOf(file), modified: Math.floor(statSync(file).mtimeMs) },
    })),
  };
}

function saveDigests(digests: FileDigests, task: Task): void {
  try {
    digests.save();
  } catch (error) {
    task.log?.(
      `The text cache cannot note what files hold (${messageOf(error)}): they are read again each time.`,
    );
  }
}

/** Bytes of all ids, as a guess. */
function guessedBytes({ files, enoughTokens }: TextRequest, width: number): number {
  const bytes = files.reduce((sum, file) => sum + sizeOf(file), 0);
  return Math.min(enoughTokens ?? Infinity, bytes * GUESSED_TOKENS_PER_BYTE) * width;
}

function sizeOf(file: string): number {
  try {
    return statSync(file).size;
  } catch (error) {
    throw readError(file, 'a corpus file', error);
  }
}
