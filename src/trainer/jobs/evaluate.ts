import { failure } from '../../shared/errors';
import { meanLoss } from '../adept/loss';
import { batches } from '../data/corpus';
import { loadQuestions, renderPrompt } from '../data/questions';
import type { Engine } from '../engine/engine';
import { CausalLM } from '../model/causalLM';
import { readModelConfig } from '../../node/modelConfig';
import { breathe, type Task } from '../task';
import { answerByLikelihood } from '../adept/multipleChoice';
import { CorpusReader, type CorpusOptions } from './corpora';

export interface TextEvaluation {
  /** Nats per predicted token. */
  readonly loss: number;
  readonly perplexity: number;
  /** Tokens of all sequences, and those of them that were predicted. */
  readonly tokens: number;
  readonly targets: number;
  readonly sequences: number;
}

export interface ChoiceEvaluation {
  readonly accuracy: number;
  readonly questions: number;
  readonly correct: number;
  /** Prompts longer than the model's context, cut at the front. */
  readonly truncated: number;
}

/** Mean next-token loss of a model on a corpus. */
export async function evaluateText(
  engine: Engine,
  folder: string,
  files: readonly string[],
  options: CorpusOptions & { readonly batchSize: number },
  task: Task,
): Promise<TextEvaluation> {
  const config = readModelConfig(folder);
  const corpus = new CorpusReader(folder, config).read(files, options, '--data');
  const model = CausalLM.load(engine, folder);
  try {
    const loss = await meanLoss(model, batches(corpus.sequences, options.batchSize), task);
    if (!Number.isFinite(loss)) {
      throw failure(`${folder}: the loss is ${loss}: check the weights for NaN or infinite values.`);
    }
    return {
      loss,
      perplexity: Math.exp(loss),
      tokens: corpus.tokens,
      targets: corpus.targets,
      sequences: corpus.sequences.length,
    };
  } finally {
    model.dispose();
  }
}

/** Share of multiple-choice questions whose right answer's letter is the likeliest continuation. */
export async function evaluateChoices(
  engine: Engine,
  folder: string,
  files: readonly string[],
  maxQuestions: number | undefined,
  task: Task,
): Promise<ChoiceEvaluation> {
  const config = readModelConfig(folder);
  const questions = loadQuestions(files, '--data').slice(0, maxQuestions);
  const tokenizer = new CorpusReader(folder, config).openTokenizer();
  const model = CausalLM.load(engine, folder);
  try {
    let correct = 0;
    let truncated = 0;
    for (const [index, question] of questions.entries()) {
      task.report(index / questions.length, `question ${index + 1} of ${questions.length}`);
      await breathe(task);
      const answer = answerByLikelihood(model, tokenizer, renderPrompt(question));
      correct += answer.choice === question.answer ? 1 : 0;
      truncated += answer.truncated ? 1 : 0;
    }
    return { accuracy: correct / questions.length, questions: questions.length, correct, truncated };
  } finally {
    model.dispose();
  }
}
