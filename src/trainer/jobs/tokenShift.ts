import { readModelConfig } from '../../node/modelConfig';
import { inputError } from '../../shared/errors';
import { ranksOf, topTokens } from '../adept/topTokens';
import { batches } from '../data/corpus';
import type { Engine } from '../engine/engine';
import { CausalLM } from '../model/causalLM';
import { subtask, type Task } from '../task';
import { CorpusReader, type CorpusOptions } from './corpora';

/** How many of the tokens that a model would write are others than before it was tuned. */
export interface TokenShift {
  /** Predicted positions of the text. */
  readonly positions: number;
  /** Share whose likeliest token changed: that of the tuned model is not the first of the model before. */
  readonly changed: number;
  /** Of these, the share of all positions whose token had been the second or third, and the share beyond. */
  readonly marginal: number;
  readonly shifted: number;
}

/** Up to this rank a token was within reach before (Lin et al. 2023, arXiv 2312.01552). */
const MARGINAL_RANK = 3;

/**
 * Compares what two models hold for the likeliest next token at every position of a text.
 * @throws AdeptError (input) when the models have different vocabularies.
 */
export async function tokenShift(
  engine: Engine,
  { before, after }: { readonly before: string; readonly after: string },
  files: readonly string[],
  options: CorpusOptions & { readonly batchSize: number },
  task: Task,
): Promise<TokenShift> {
  const [config, tuned] = [readModelConfig(before), readModelConfig(after)];
  if (config.vocabSize !== tuned.vocabSize) {
    throw inputError(
      `--after: ${after} has ${tuned.vocabSize} tokens, ${before} has ${config.vocabSize}: compare models of one vocabulary.`,
    );
  }
  const corpus = new CorpusReader(before, config).read(files, options, '--data');
  const probe = batches(corpus.sequences, options.batchSize);
  const withModel = async <T>(folder: string, work: (model: CausalLM) => Promise<T>): Promise<T> => {
    const model = CausalLM.load(engine, folder);
    try {
      return await work(model);
    } finally {
      model.dispose();
    }
  };
  // One after the other: both together might not fit.
  const tops = await withModel(after, (model) => topTokens(model, probe, subtask(task, 0, 0.5)));
  const ranks = await withModel(before, (model) => ranksOf(model, probe, tops, subtask(task, 0.5, 1)));
  const share = (holds: (rank: number) => boolean): number => ranks.filter(holds).length / ranks.length;
  return {
    positions: ranks.length,
    changed: share((rank) => rank > 1),
    marginal: share((rank) => rank > 1 && rank <= MARGINAL_RANK),
    shifted: share((rank) => rank > MARGINAL_RANK),
  };
}
