import { corpusMessages, loadCorpus, type Corpus } from '../../data/corpus/corpus';
import { openTokenizer, type Tokenizer } from '../../data/tokenizer/tokenizer';
import { AS_OPTIONS } from '../../../shared/settings/naming';
import type { Sampling } from '../../../shared/settings/sampling';
import type { ModelOutline } from '../../../shared/model/outline';
import { pathsOf, textSettingsOf, type CorpusFiles } from '../../../shared/texts/texts';
import type { Task } from '../../task';

export interface CorpusOptions {
  readonly seqLen: number;
  readonly maxSequences?: number | undefined;
  readonly sampling?: Sampling | undefined;
  /** A corpus without text settings is one of a run that knew none. */
  readonly legacy?: boolean | undefined;
}

/** Texts of two jobs, whose sequences keep their numbers: training, replay, probe and two evaluations of each. */
const REMEMBERED = 10;

/** Of this process, by what they were asked for; hidden states that are kept of a sequence are found by its number. */
const corpora = new Map<string, Corpus>();

/** Reads corpora for one model, whose tokenizer is opened once, and only when it is called for. */
export class CorpusReader {
  private tokenizer: Tokenizer | undefined;

  constructor(
    private readonly folder: string,
    private readonly config: ModelOutline,
    private readonly task: Task,
    /** Whether it says what was read; a run says so itself. */
    private readonly tells = true,
  ) {}

  /** `field` names the option or key in errors, `lengthField` that of the sequence length. */
  async read(
    files: CorpusFiles,
    options: CorpusOptions,
    field: string,
    lengthField = AS_OPTIONS.name('seqLen'),
  ): Promise<Corpus> {
    const { seqLen, maxSequences, sampling, legacy } = options;
    const text = textSettingsOf(files);
    const corpus = await loadCorpus(
      {
        ...{ paths: pathsOf(files), folder: this.folder, seqLen, maxSequences, sampling, text },
        ...{ field, lengthField, legacy: legacy === true && text === undefined },
        vocabSize: this.config.vocabSize,
        maxPositions: this.config.maxPositionEmbeddings,
      },
      this.task,
    );
    return this.remembered(corpus, JSON.stringify([corpus.text.key, options, text?.packing]));
  }

  /** The same corpus as before, where it holds the same, under the names that it has now. */
  private remembered(corpus: Corpus, key: string): Corpus {
    const known = corpus.cache === undefined ? undefined : corpora.get(key);
    const same =
      known?.sequences.size === corpus.sequences.size ? { ...known, sources: corpus.sources } : corpus;
    if (same === corpus && this.tells) {
      for (const { message } of corpusMessages(corpus)) {
        this.task.log?.(message);
      }
    }
    // The last one that was asked for stands last.
    corpora.delete(key);
    corpora.set(key, same);
    const [oldest] = corpora.keys();
    if (oldest !== undefined && corpora.size > REMEMBERED) {
      corpora.delete(oldest);
    }
    return same;
  }

  openTokenizer(): Tokenizer {
    this.tokenizer ??= openTokenizer(this.folder, this.config.vocabSize);
    return this.tokenizer;
  }
}
