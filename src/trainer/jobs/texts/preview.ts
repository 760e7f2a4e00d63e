import { readModelOutline } from '../../../node/model/modelConfig';
import { skippedOf } from '../../../shared/texts/storedText';
import type { PreviewDocument, PreviewPart, TextPreview } from '../../../shared/texts/textPreview';
import { DEFAULT_TEXT, pathsOf, textSettingsOf, type CorpusFiles } from '../../../shared/texts/texts';
import type { DocumentFrame } from '../../data/tokenizer/documentFrame';
import { textRequest } from '../../data/corpus/corpus';
import { prepareText } from '../../data/store/prepareText';
import type { TokenStore } from '../../data/store/tokenStore';
import { openTokenizer, type Tokenizer } from '../../data/tokenizer/tokenizer';
import type { Task } from '../../task';

/** Read at least this much of a text that is not stored: enough to count by, little to wait for. */
const COUNTED_DOCUMENTS = 2000;
const COUNTED_TOKENS = 2 ** 20;
/** Of a long document, so many tokens at its beginning and its end are shown. */
const SHOWN_FIRST = 160;
const SHOWN_LAST = 40;
/** Ends of documents that are read at once. */
const ENDS_AT_ONCE = 2 ** 16;
const USUAL_LENGTH = 256;
const PERCENTILES = [0, 10, 50, 90, 99, 100] as const;

export interface PreviewRequest {
  readonly model: string;
  readonly data: CorpusFiles;
  /** 256, or the model's positions where those are fewer, when left out. */
  readonly seqLen?: number | undefined;
  /** So many documents are shown. */
  readonly documents: number;
  readonly field: string;
}

/** The stored text that a preview is of, for whoever looks further. */
export interface Previewed {
  readonly preview: Omit<TextPreview, 'framing'>;
  readonly store: TokenStore;
}

/** The first documents of a text as the model gets them, and what there is to count. @throws AdeptError (input) as reading it */
export async function previewText(request: PreviewRequest, task: Task): Promise<Previewed> {
  const { model, data, field } = request;
  const config = readModelOutline(model);
  const seqLen = request.seqLen ?? Math.min(USUAL_LENGTH, config.maxPositionEmbeddings);
  const text = textSettingsOf(data) ?? DEFAULT_TEXT;
  const wanted = textRequest({
    ...{ paths: pathsOf(data), folder: model, vocabSize: config.vocabSize, seqLen, text, field },
    maxPositions: config.maxPositionEmbeddings,
  });
  const most = Math.max(COUNTED_DOCUMENTS, request.documents);
  const { store } = await prepareText(
    {
      ...wanted,
      enoughTokens: COUNTED_TOKENS,
      enough: ({ documents, rows, tokens, rowTokens }) =>
        documents + rows >= most ||
        (documents + rows >= request.documents && tokens + rowTokens >= COUNTED_TOKENS),
    },
    task,
  );
  const samples = samplesOf(store, { ...request, seqLen }, config.vocabSize);
  return { preview: describe(store, [...wanted.files], seqLen, samples), store };
}

function describe(
  store: TokenStore,
  sources: string[],
  seqLen: number,
  samples: PreviewDocument[],
): Previewed['preview'] {
  const { description } = store;
  const { documents, rows, tokens, rowTokens, textBytes, frame, skipped } = description;
  return {
    ...{ sources, whole: description.complete, documents: documents + rows, tokens: tokens + rowTokens },
    ...{ sequences: rows + Math.floor(tokens / seqLen), seqLen },
    ...{ skipped: skippedOf(skipped), skippedBy: skipped },
    tokensPerByte: textBytes === 0 ? null : tokens / textBytes,
    ...{ documentStart: frame?.start ?? null, documentEnd: frame?.end ?? null },
    insteadOf: frame?.insteadOf ?? null,
    ...{ startTwice: description.startTwice, plainChats: description.plainChats },
    ...{ lengths: lengthsOf(store), samples },
  };
}

/** Walks through the ends of all documents, which are few bytes each. */
function lengthsOf(store: TokenStore): TextPreview['lengths'] {
  const { documents, rows } = store.description;
  const counts = new Map<number, number>();
  const count = (length: number): void => {
    counts.set(length, (counts.get(length) ?? 0) + 1);
  };
  let before = 0;
  for (let first = 0; first < documents; first += ENDS_AT_ONCE) {
    for (const end of store.ends(first, Math.min(ENDS_AT_ONCE, documents - first))) {
      count(end - before);
      before = end;
    }
  }
  for (let row = 0; row < rows; row++) {
    count(store.row(row).end - (row === 0 ? 0 : store.row(row - 1).end));
  }
  const sorted = [...counts].sort(([a], [b]) => a - b);
  const histogram = new Map<number, number>();
  for (const [length, times] of sorted) {
    const upTo = Math.max(16, 2 ** Math.ceil(Math.log2(Math.max(1, length))));
    histogram.set(upTo, (histogram.get(upTo) ?? 0) + times);
  }
  return {
    percentiles: Object.fromEntries(
      PERCENTILES.map((percent) => [String(percent), percentile(sorted, documents + rows, percent)]),
    ),
    histogram: [...histogram].map(([upTo, times]) => ({ upTo, documents: times })),
  };
}

/** @param sorted lengths with how often they are there, ascending */
function percentile(sorted: readonly (readonly [number, number])[], total: number, percent: number): number {
  const wanted = Math.max(1, Math.ceil((percent / 100) * total));
  let seen = 0;
  for (const [length, times] of sorted) {
    seen += times;
    if (seen >= wanted) {
      return length;
    }
  }
  return 0;
}

function samplesOf(
  store: TokenStore,
  request: PreviewRequest & { readonly seqLen: number },
  vocabSize: number,
): PreviewDocument[] {
  const { documents, rows, frame } = store.description;
  if (documents === 0) {
    return Array.from({ length: Math.min(rows, request.documents) }, (_, row) => {
      const ids = store.rowTokens(row === 0 ? 0 : store.row(row - 1).end, store.row(row).end);
      const shown = shownPart([...ids], [...ids].join(' '), 'text');
      return { tokens: ids.length, parts: shown, ids: [...ids] };
    });
  }
  const { documentStart, documentEnd } = textSettingsOf(request.data) ?? DEFAULT_TEXT;
  const tokenizer = openTokenizer(request.model, vocabSize, { documentStart, documentEnd });
  const ends = [...store.ends(0, Math.min(documents, request.documents))];
  return ends.map((end, index) => {
    const begin = ends[index - 1] ?? 0;
    const ids = [...store.tokens(begin, end)];
    const parts = frame === null ? [] : partsOf(ids, begin, request.seqLen, tokenizer);
    return { tokens: ids.length, parts, ids };
  });
}

/** A row of ids that no tokenizer belongs to. */
function shownPart(ids: readonly number[], text: string, kind: 'text'): PreviewPart[] {
  return ids.length <= SHOWN_FIRST
    ? [{ kind, text }]
    : [
        { kind, text: ids.slice(0, SHOWN_FIRST).join(' ') },
        { kind: 'left out', text: String(ids.length - SHOWN_FIRST) },
      ];
}

/** @param begin where the document begins among all tokens: sequences end at every multiple of `seqLen` */
function partsOf(ids: readonly number[], begin: number, seqLen: number, tokenizer: Tokenizer): PreviewPart[] {
  const roles = rolesOf(ids, tokenizer.frame);
  const last = ids.length > SHOWN_FIRST + SHOWN_LAST ? ids.length - SHOWN_LAST : ids.length;
  const first = last === ids.length ? ids.length : SHOWN_FIRST;
  const parts: PreviewPart[] = [];
  // A token's text hangs on those before it: what a stretch adds to the text so far is its own.
  const textOf = (from: number, to: number): string =>
    tokenizer
      .decode(ids.slice(Math.max(0, from - 1), to))
      .slice(from === 0 ? 0 : tokenizer.decode(ids.slice(from - 1, from)).length);
  let from = 0;
  const flush = (to: number, kind: PreviewPart['kind']): void => {
    if (to > from) {
      parts.push({ kind, text: textOf(from, to) });
    }
    from = to;
  };
  for (let at = 0; at < ids.length; at++) {
    if (at === first) {
      flush(at, roles(at - 1));
      parts.push({ kind: 'left out', text: String(last - first) });
      at = last;
      from = last;
    }
    const isBorder = (begin + at) % seqLen === 0 && begin + at > 0;
    if (at > from && (isBorder || roles(at) !== roles(at - 1) || roles(at) === 'special')) {
      flush(at, roles(at - 1));
    }
    if (isBorder) {
      parts.push({ kind: 'border', text: String((begin + at) / seqLen + 1) });
    }
  }
  flush(ids.length, roles(ids.length - 1));
  return parts;

  function rolesOf(
    all: readonly number[],
    { before, after }: DocumentFrame,
  ): (at: number) => PreviewPart['kind'] {
    const starts = before.every((id, index) => all[index] === id) ? before.length : 0;
    const ended = after.every((id, index) => all[all.length - after.length + index] === id);
    const end = ended ? all.length - after.length : all.length;
    return (at) =>
      at < starts ? 'start' : at >= end ? 'end' : tokenizer.isSpecial(all[at] ?? -1) ? 'special' : 'text';
  }
}
