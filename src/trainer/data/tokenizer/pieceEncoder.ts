import { Tokenizer as LibraryTokenizer } from '@huggingface/tokenizers';
import type { AddedToken, TokenizerFile } from './tokenizerFile';

/** Pieces of a text whose ids are remembered, in each of two generations: the older one is dropped when the younger is full. */
const REMEMBERED = 2 ** 16;
/** Longer ones hardly ever come again. */
const LONGEST_REMEMBERED = 96;
/** What stands for a space in vocabularies of SentencePiece's kind. */
const SPACE_MARK = '▁';

/** Steps from a text to pieces that are tokenised independently of each other, and from a piece to tokens. */
interface Pieces {
  split(text: string, section: number): readonly string[];
  tokens(piece: string): readonly string[];
}

/**
 * Encodes as the library does, ids for ids, but looks up words that were met before: byte pair encoding never crosses the
 * borders that pre-tokenisation draws, so that a word always has the same ids.
 */
export class PieceEncoder {
  private young = new Map<string, readonly number[]>();
  private old = new Map<string, readonly number[]>();
  private readonly added: AddedTokens | undefined;

  private constructor(
    private readonly library: LibraryTokenizer,
    private readonly pieces: Pieces,
    tokens: readonly AddedToken[],
    private readonly unknown: number | undefined,
  ) {
    this.added = tokens.length === 0 ? undefined : new AddedTokens(tokens);
  }

  /** Undefined where pieces cannot be told apart beforehand: then only the library knows the ids. */
  static of(
    library: LibraryTokenizer,
    pipeline: Readonly<Record<string, unknown>>,
    file: TokenizerFile,
  ): PieceEncoder | undefined {
    // A token that is looked for in normalised text might be met only there.
    if (file.normalizer && file.added_tokens.some(({ normalized }) => normalized)) {
      return undefined;
    }
    const pieces = pipeline.pre_tokenizer
      ? splitPieces(library, pipeline)
      : hasSafeMarks(file)
        ? markedPieces(library)
        : undefined;
    const unknown =
      typeof file.model.unk_token === 'string' ? file.vocab.get(file.model.unk_token) : undefined;
    return pieces && new PieceEncoder(library, pieces, file.added_tokens, unknown);
  }

  /** Undefined for a text that only the library can encode. */
  encode(text: string): number[] | undefined {
    const sections = this.added ? this.added.split(text) : [text];
    if (sections === undefined) {
      return undefined;
    }
    const ids: number[] = [];
    for (const [index, section] of sections.entries()) {
      const id = this.added?.idOf(section);
      if (id !== undefined) {
        ids.push(id);
      } else if (section !== '') {
        this.encodeSection(section, index, ids);
      }
    }
    return ids;
  }

  private encodeSection(section: string, index: number, ids: number[]): void {
    const { normalizer } = this.library;
    const text = normalizer === null ? section : normalized(normalizer, section);
    if (text === '') {
      return;
    }
    for (const piece of this.pieces.split(text, index)) {
      for (const id of this.idsOf(piece)) {
        ids.push(id);
      }
    }
  }

  private idsOf(piece: string): readonly number[] {
    const known = this.young.get(piece);
    if (known !== undefined) {
      return known;
    }
    const before = this.old.get(piece);
    const ids = before ?? this.compute(piece);
    if (piece.length <= LONGEST_REMEMBERED) {
      if (this.young.size >= REMEMBERED) {
        this.old = this.young;
        this.young = new Map();
      }
      this.young.set(piece, ids);
    }
    return ids;
  }

  private compute(piece: string): readonly number[] {
    return this.pieces
      .tokens(piece)
      .flatMap((token) => this.library.token_to_id(token) ?? this.unknown ?? []);
  }
}

/** Tokens that are cut out of a text before anything else. */
class AddedTokens {
  private readonly pattern: RegExp;
  private readonly ids: ReadonlyMap<string, number>;
  /** Tokens that take the white space beside them along. */
  private readonly greedy: ReadonlySet<string>;

  constructor(tokens: readonly AddedToken[]) {
    // Leftmost, and of those that begin there the longest, as the reference implementation takes them.
    const longestFirst = [...tokens].sort((a, b) => b.content.length - a.content.length);
    this.pattern = new RegExp(`(${longestFirst.map(({ content }) => escaped(content)).join('|')})`);
    this.ids = new Map(tokens.map(({ content, id }) => [content, id]));
    this.greedy = new Set(
      tokens.flatMap(({ content, lstrip, rstrip }) => (lstrip || rstrip ? [content] : [])),
    );
  }

  idOf(section: string): number | undefined {
    return this.ids.get(section);
  }

  /** The text cut before and after each token, without empty parts; undefined where one takes white space along. */
  split(text: string): readonly string[] | undefined {
    if (!this.pattern.test(text)) {
      return [text];
    }
    const sections = text.split(this.pattern).filter((section) => section !== '');
    return sections.some((section) => this.greedy.has(section)) ? undefined : sections;
  }
}

/** Cut by the tokenizer's own first splitting step, if what follows it looks at each piece by itself. */
function splitPieces(
  library: LibraryTokenizer,
  pipeline: Readonly<Record<string, unknown>>,
): Pieces | undefined {
  const steps = flattened(pipeline.pre_tokenizer);
  const cut = steps.findIndex((step) => step.type === 'Split');
  if (cut < 0 || !steps.slice(cut + 1).every(isLocal)) {
    return undefined;
  }
  const split = preTokenizer(steps.slice(0, cut + 1));
  const rest = preTokenizer(steps.slice(cut + 1));
  return {
    split: (text, section) => split(text, section),
    tokens: (piece) => modelTokens(library, rest(piece, 0)),
  };
}

/** Whether a step gives the same for a piece wherever it stands. `tokenizerPipeline` writes every step in these. */
function isLocal(step: Step): boolean {
  return step.type === 'Split' || (step.type === 'ByteLevel' && step.add_prefix_space === false);
}

interface Step {
  readonly type: string;
  readonly [option: string]: unknown;
}

function flattened(step: unknown): Step[] {
  if (!isStep(step)) {
    return [];
  }
  return step.type === 'Sequence' && Array.isArray(step.pretokenizers)
    ? step.pretokenizers.flatMap(flattened)
    : [step];
}

function isStep(value: unknown): value is Step {
  return typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string';
}

/** Steps by themselves, as the library takes them. */
function preTokenizer(steps: readonly Step[]): (text: string, section: number) => string[] {
  if (steps.length === 0) {
    return (text) => [text];
  }
  const { pre_tokenizer: step } = new LibraryTokenizer(
    {
      added_tokens: [],
      normalizer: null,
      pre_tokenizer: { type: 'Sequence', pretokenizers: steps },
      model: { type: 'BPE', vocab: {}, merges: [] },
      post_processor: null,
      decoder: null,
    },
    {},
  );
  if (step === null) {
    throw new Error('The library made no pre-tokenizer of one.');
  }
  return (text, section) => texts(step, [text, { section_index: section }]);
}

/**
 * Whether no merge joins anything to a space mark that follows it: then nothing crosses the border before the mark, and a
 * text can be cut there though the tokenizer itself does not.
 */
function hasSafeMarks({ model, vocab }: TokenizerFile): boolean {
  const everyByte = model.byte_fallback && vocab.has('<0x00>') && vocab.has('<0xFF>');
  const fuses = model.fuse_unk && typeof model.unk_token === 'string' && !everyByte;
  return (
    !fuses &&
    !model.ignore_merges &&
    model.merges.every((merge) => {
      const joined = typeof merge === 'string' ? merge.split(' ').join('') : (merge as string[]).join('');
      return !/[^▁]▁/u.test(joined);
    })
  );
}

function markedPieces(library: LibraryTokenizer): Pieces {
  const border = new RegExp(`(?<=[^${SPACE_MARK}])(?=${SPACE_MARK})`, 'u');
  return { split: (text) => text.split(border), tokens: (piece) => modelTokens(library, [piece]) };
}

function modelTokens({ model }: LibraryTokenizer, pieces: readonly string[]): string[] {
  return model === null ? [] : texts(model, [pieces]);
}

function normalized(normalizer: object, text: string): string {
  return (normalizer as (text: string) => string)(text);
}

/** The library's steps are functions, which its types do not say. */
function texts(step: object, given: unknown[]): string[] {
  return (step as (...given: unknown[]) => string[])(...given);
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\/-]/g, '\\$&');
}
