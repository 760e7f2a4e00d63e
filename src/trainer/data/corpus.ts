import { inputError } from '../../shared/errors';
import { sampleOf, type Sampling } from '../../shared/sampling';
import { checkCorpusFile } from '../../node/corpusFile';
import { type CorpusDocument, readDocuments } from './documents';
import { Packer } from './packer';
import type { Tokenizer } from './tokenizer';

export interface CorpusRequest {
  readonly files: readonly string[];
  /** Tokens of a packed sequence. */
  readonly seqLen: number;
  /** Take so many sequences. */
  readonly maxSequences?: number;
  /** Which of them: the first, and no further is read (the default), or at even distances over all. */
  readonly sampling?: Sampling;
  readonly vocabSize: number;
  /** The model's `max_position_embeddings`. */
  readonly maxPositions?: number;
  /** Called only when there is text to tokenise. */
  readonly tokenizer: () => Tokenizer;
  /** What to name in errors, for example `--probe`. */
  readonly field?: string;
  /** What to call `seqLen` in errors. */
  readonly lengthField?: string;
}

export interface Corpus {
  readonly sources: readonly string[];
  /** Packed text: `seqLen` ids each; rows of token ids: as long as they are. In the order of the files. */
  readonly sequences: readonly Int32Array[];
  readonly seqLen: number;
  /** In all sequences together. */
  readonly tokens: number;
  /** Predicted positions: every token but the first of each sequence. */
  readonly targets: number;
  /** Read so far: all of them unless `maxSequences` stopped the reading. */
  readonly documents: number;
}

/** Sequences side by side. */
export interface Batch {
  /** [B, T] row-major, each row filled up with 0 on the right. */
  readonly tokens: Int32Array;
  readonly batch: number;
  readonly length: number;
  /** [B] the true length of each row: what lies beyond is never a target. */
  readonly lengths: Int32Array;
  /** [B] the sequences that it was made of. */
  readonly rows: readonly Int32Array[];
  /**
   * [B] positions, ascending from 0, at which documents begin that do not see each other (packing separate); undefined:
   * each row is one document.
   */
  readonly documentStarts?: readonly Int32Array[] | undefined;
}

/**
 * Reads a corpus. Text documents are tokenised one after the other, joined as the tokenizer separates documents, and
 * cut to `seqLen`, as packing scripts do; what remains at the end is left out. Rows of token ids are sequences as
 * they are.
 * @throws AdeptError (input) that names the file, and the row where it is one row's fault.
 */
export function loadCorpus(request: CorpusRequest): Corpus {
  const {
    files,
    seqLen,
    field,
    lengthField = '--seq-len',
    maxSequences = Number.POSITIVE_INFINITY,
    sampling = 'first',
  } = request;
  checkNumbers(request);
  const sequences: Int32Array[] = [];
  const packer = new Packer(seqLen);
  let tokenizer: Tokenizer | undefined;
  let documents = 0;
  for (const document of everyDocument(request)) {
    documents += 1;
    if (document.kind === 'tokens') {
      sequences.push(document.tokens);
    } else {
      if (tokenizer === undefined) {
        checkPositions(request);
        tokenizer = request.tokenizer();
      }
      for (const sequence of packer.add(tokenizer.encodeDocument(document.text))) {
        sequences.push(sequence);
      }
    }
    if (sampling === 'first' && sequences.length >= maxSequences) {
      break;
    }
  }
  if (tokenizer !== undefined && packer.sequences === 0 && sequences.length < maxSequences) {
    const remedy =
      packer.tokens < 2
        ? 'give more text'
        : `lower ${lengthField} to at most ${packer.tokens}, or give more text`;
    throw inputError(
      `${label(field)}${files.join(', ')}: holds ${packer.tokens === 1 ? '1 token' : `${packer.tokens} tokens`}, fewer than one sequence of ${seqLen}: ${remedy}.`,
    );
  }
  const taken = sampleOf(sequences, maxSequences, sampling);
  const tokens = taken.reduce((sum, sequence) => sum + sequence.length, 0);
  return { sources: files, sequences: taken, seqLen, tokens, targets: tokens - taken.length, documents };
}

/** Puts sequences of any lengths side by side; `documentStarts` as {@link Batch} has them. */
export function makeBatch(sequences: readonly Int32Array[], documentStarts?: readonly Int32Array[]): Batch {
  const lengths = Int32Array.from(sequences, (sequence) => sequence.length);
  const length = lengths.reduce((longest, current) => Math.max(longest, current), 0);
  const tokens = new Int32Array(sequences.length * length);
  for (const [row, sequence] of sequences.entries()) {
    tokens.set(sequence, row * length);
  }
  const batch = { tokens, batch: sequences.length, length, lengths, rows: sequences };
  return documentStarts === undefined ? batch : { ...batch, documentStarts };
}

/** Sequences in their order, `batchSize` at a time; the last batch may be smaller. */
export function batches(sequences: readonly Int32Array[], batchSize: number): Batch[] {
  const result: Batch[] = [];
  for (let start = 0; start < sequences.length; start += batchSize) {
    result.push(makeBatch(sequences.slice(start, start + batchSize)));
  }
  return result;
}

function* everyDocument({ files, vocabSize, maxPositions, field }: CorpusRequest): Generator<CorpusDocument> {
  // All of them now: reading may stop before the last file, and a wrong name should not depend on that.
  for (const file of files) {
    checkCorpusFile(file, `${label(field)}${file}`);
  }
  for (const file of files) {
    yield* readDocuments(file, { vocabSize, maxPositions }, `${label(field)}${file}`);
  }
}

function label(field: string | undefined): string {
  return field === undefined ? '' : `${field} `;
}

function checkNumbers({
  files,
  seqLen,
  maxSequences,
  field,
  lengthField = '--seq-len',
}: CorpusRequest): void {
  if (files.length === 0) {
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

function checkPositions({
  files,
  seqLen,
  maxPositions,
  field,
  lengthField = '--seq-len',
}: CorpusRequest): void {
  if (maxPositions !== undefined && seqLen > maxPositions) {
    throw inputError(
      `${label(field)}${files.join(', ')}: ${lengthField} ${seqLen} is more than the model's ${maxPositions} positions (max_position_embeddings in config.json): lower it.`,
    );
  }
}
