import { readModelOutline } from '../../../node/model/modelConfig';
import { inputError } from '../../../shared/common/errors';
import type { TokenShift } from '../../../shared/run/job';
import { ranksOf, topTokens } from '../../method/topTokens';
import type { CorpusFiles } from '../../../shared/texts/texts';
import { batches, type BatchList } from '../../data/sequences/batch';
import type { Executor } from '../../executor/executor';
import { unchanging, withModel } from '../../executor/withModel';
import { quietly, subtask, type Task } from '../../task';
import { CorpusReader, type CorpusOptions } from '../texts/corpora';

/** Up to this rank a token was within reach before (Lin et al. 2023, arXiv 2312.01552). */
const MARGINAL_RANK = 3;

/**
 * Compares what two models hold for the likeliest next token at every position of a text.
 * @throws AdeptError (input) when the models have different vocabularies.
 */
export async function tokenShift(
  executor: Executor,
  { before, after }: { readonly before: string; readonly after: string },
  files: CorpusFiles,
  options: CorpusOptions & { readonly batchSize: number },
  task: Task,
): Promise<TokenShift> {
  const config = readModelOutline(before);
  const corpus = await new CorpusReader(before, config, task).read(files, options, '--data');
  const probe = batches(corpus.sequences, options.batchSize);
  const [shift] = await tokenShifts(executor, { before, after }, [probe], task);
  if (shift === undefined) {
    throw new Error('One text gives one shift.');
  }
  return shift;
}

/** The same of several texts, for which each model is loaded once. */
export async function tokenShifts(
  executor: Executor,
  { before, after }: { readonly before: string; readonly after: string },
  texts: readonly BatchList[],
  task: Task,
): Promise<TokenShift[]> {
  const [config, tuned] = [readModelOutline(before), readModelOutline(after)];
  if (config.vocabSize !== tuned.vocabSize) {
    throw inputError(
      `--after: ${after} has ${tuned.vocabSize} tokens, ${before} has ${config.vocabSize}: compare models of one vocabulary.`,
    );
  }
  // One after the other: both together might not fit.
  const tops = await withModel(executor, unchanging(after), quietly(task), (model) =>
    each(texts, subtask(task, 0, 0.5), (probe, part) => topTokens(model, probe, part)),
  );
  const ranks = await withModel(executor, unchanging(before), quietly(task), (model) =>
    each(texts, subtask(task, 0.5, 1), (probe, part, index) =>
      ranksOf(model, probe, tops[index] ?? new Int32Array(), part),
    ),
  );
  return ranks.map(shiftOf);
}

async function each<T>(
  texts: readonly BatchList[],
  task: Task,
  work: (text: BatchList, task: Task, index: number) => Promise<T>,
): Promise<T[]> {
  const results: T[] = [];
  for (const [index, text] of texts.entries()) {
    results.push(await work(text, subtask(task, index / texts.length, (index + 1) / texts.length), index));
  }
  return results;
}

function shiftOf(ranks: Int32Array): TokenShift {
  const share = (holds: (rank: number) => boolean): number => ranks.filter(holds).length / ranks.length;
  return {
    positions: ranks.length,
    changed: share((rank) => rank > 1),
    marginal: share((rank) => rank > 1 && rank <= MARGINAL_RANK),
    shifted: share((rank) => rank > MARGINAL_RANK),
  };
}
