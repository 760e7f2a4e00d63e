import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { loadCorpus, type Corpus, type CorpusRequest } from './corpus';

/** The texts of two jobs: training, replay, probe and two evaluations of each. */
const PLACES = 10;

/**
 * Corpora that were read before, so that a job which checks its texts, trains on them and evaluates with them, or a study of many
 * runs, tokenises each once. A file that has changed is read again.
 */
export class CorpusShelf {
  private readonly corpora = new Map<string, Corpus>();

  constructor(private readonly places = PLACES) {}

  /**
   * @param tokenizer equal for tokenizers that give the same ids
   * @throws AdeptError (input) as {@link loadCorpus}
   */
  read(request: CorpusRequest, tokenizer: string): Corpus {
    const key = keyOf(request, tokenizer);
    if (key === undefined) {
      return loadCorpus(request);
    }
    const corpus = this.corpora.get(key) ?? loadCorpus(request);
    // The last one that was asked for stands last.
    this.corpora.delete(key);
    this.corpora.set(key, corpus);
    const [oldest] = this.corpora.keys();
    if (oldest !== undefined && this.corpora.size > this.places) {
      this.corpora.delete(oldest);
    }
    return corpus;
  }
}

/** Undefined where a file cannot be looked at: reading it says why. */
function keyOf(
  { files, seqLen, maxSequences, sampling, vocabSize, maxPositions }: CorpusRequest,
  tokenizer: string,
): string | undefined {
  const versions = files.flatMap((file) => versionOf(file) ?? []);
  return versions.length < files.length
    ? undefined
    : JSON.stringify([tokenizer, vocabSize, maxPositions, seqLen, maxSequences, sampling, versions]);
}

function versionOf(file: string): string | undefined {
  try {
    const { ino, size, mtimeNs, ctimeNs } = statSync(file, { bigint: true });
    return [resolve(file), ino, size, mtimeNs, ctimeNs].join(' ');
  } catch {
    return undefined;
  }
}
