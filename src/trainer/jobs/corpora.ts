import { loadCorpus, type Corpus } from '../data/corpus';
import { openTokenizer, type Tokenizer } from '../data/tokenizer';
import { AS_OPTIONS } from '../../shared/naming';
import type { ModelConfig } from '../../shared/model/config';

export interface CorpusOptions {
  readonly seqLen: number;
  readonly maxSequences?: number | undefined;
}

/** Reads corpora for one model, whose tokenizer is opened once, and only when text calls for it. */
export class CorpusReader {
  private tokenizer: Tokenizer | undefined;

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
    return loadCorpus({
      files,
      seqLen: options.seqLen,
      ...(options.maxSequences === undefined ? {} : { maxSequences: options.maxSequences }),
      vocabSize: this.config.vocabSize,
      maxPositions: this.config.maxPositionEmbeddings,
      tokenizer: () => this.openTokenizer(),
      field,
      lengthField,
    });
  }

  openTokenizer(): Tokenizer {
    this.tokenizer ??= openTokenizer(this.folder, this.config.vocabSize);
    return this.tokenizer;
  }
}
