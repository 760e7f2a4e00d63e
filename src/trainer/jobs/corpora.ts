import type { Corpus } from '../data/corpus';
import { CorpusShelf } from '../data/corpusShelf';
import { openTokenizer, type Tokenizer } from '../data/tokenizer';
import { tokenizerIdentity } from '../data/tokenizerIdentity';
import { AS_OPTIONS } from '../../shared/naming';
import type { Sampling } from '../../shared/sampling';
import type { ModelConfig } from '../../shared/model/config';

export interface CorpusOptions {
  readonly seqLen: number;
  readonly maxSequences?: number | undefined;
  readonly sampling?: Sampling | undefined;
}

/** Of this process. */
const shelf = new CorpusShelf();

/** Reads corpora for one model, whose tokenizer is opened once, and only when text calls for it. */
export class CorpusReader {
  private tokenizer: Tokenizer | undefined;
  private identity: string | undefined;

  constructor(
    private readonly folder: string,
    private readonly config: ModelConfig,
  ) {}

  /** `field` names the option or key in errors, `lengthField` that of the sequence length. */
  read(
    files: readonly string[],
    options: CorpusOptions,
    field: string,
    lengthField = AS_OPTIONS.name('seqLen'),
  ): Corpus {
    const request = {
      files,
      seqLen: options.seqLen,
      ...(options.maxSequences === undefined ? {} : { maxSequences: options.maxSequences }),
      ...(options.sampling === undefined ? {} : { sampling: options.sampling }),
      vocabSize: this.config.vocabSize,
      maxPositions: this.config.maxPositionEmbeddings,
      tokenizer: () => this.openTokenizer(),
      field,
      lengthField,
    };
    this.identity ??= tokenizerIdentity(this.folder);
    return shelf.read(request, this.identity);
  }

  openTokenizer(): Tokenizer {
    this.tokenizer ??= openTokenizer(this.folder, this.config.vocabSize);
    return this.tokenizer;
  }
}
