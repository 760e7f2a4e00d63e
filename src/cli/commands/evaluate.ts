import { Option, type Command } from 'commander';
import { closeSync, openSync, writeSync } from 'node:fs';
import { inputError, messageOf } from '../../shared/common/errors';
import { ChoiceScore } from '../../shared/config/runConfig';
import type { Executor } from '../../trainer/executor/executor';
import type { AnsweredChoice } from '../../trainer/jobs/measure/answerChoices';
import { evaluateAnswers, type OpenEvaluation } from '../../trainer/jobs/measure/evaluateAnswers';
import type { ScoredAnswer } from '../../trainer/jobs/measure/openTask';
import {
  evaluateChoices,
  evaluateText,
  type ChoiceEvaluation,
  type ChoiceOptions,
} from '../../trainer/jobs/measure/evaluate';
import {
  addEngine,
  addTextSettings,
  corpusOf,
  countOf,
  engineOf,
  jsonCommand,
  listOf,
  parseNumber,
  requiredList,
  samplingOf,
  samplingOption,
  textOf,
  withOutput,
  type RawOptions,
  modelOf,
  MODEL_DESCRIPTION,
} from '../common/options';
import type { Output } from '../common/output';
import { withExecutor } from '../common/withExecutor';
import { evaluateHarness } from './evaluateHarness';

export function evalCommand(): Command {
  const command = jsonCommand(
    'eval',
    'measure the loss on text, or the accuracy on multiple-choice questions or questions to answer',
  )
    .option('--model <DIR>', MODEL_DESCRIPTION)
    .option(
      '--data <FILE...>',
      'text, questions in the form of MMLU or ARC, or {"question", "answer"} as in GSM8K',
    )
    .addOption(
      new Option('--format <text|choices|generate>', 'how the files are read')
        .choices(['text', 'choices', 'generate'])
        .default('text'),
    )
    .addOption(
      new Option('--score <letter|text>', 'choices: score the letter or the text of the answer').choices(
        ChoiceScore.options,
      ),
    )
    .option('--examples <FILE...>', 'choices, generate: answered questions to put before each question')
    .option(
      '--shots <N>',
      'choices, generate: number of examples (default: 5, or 0 without examples)',
      parseNumber,
    )
    .option('--max-tokens <N>', 'generate: tokens of an answer at most (default: 256)', parseNumber)
    .option(
      '--answers <FILE>',
      'choices, generate: write every question with its answer to FILE, one JSON row each',
    )
    .option('--seq-len <N>', 'tokens per packed sequence (default: 256)', parseNumber)
    .option('--max-sequences <N>', 'use at most N sequences or questions', parseNumber)
    .addOption(samplingOption())
    .option(
      '--harness <TASK...>',
      'measure with lm-evaluation-harness instead, in the Python of the engine torch: its tasks, for example gsm8k mmlu',
    )
    .option('--run <RUNDIR>', 'harness: measure a checkpoint of this run, instead of a model')
    .option('--checkpoint <STEP>', 'harness: step of the checkpoint (default: the last)', parseNumber)
    .option('--alpha <X>', 'harness: strength of the added layers (default: 1)', parseNumber)
    .option('--limit <N>', 'harness: questions of a task at most', parseNumber)
    .option('--include <DIR>', 'harness: a folder of further task files (.yaml)')
    .option('--batch-size <N>', 'sequences per batch (default: 4)', parseNumber);
  return addTextSettings(addEngine(command)).action(
    withOutput(async (output, raw) => {
      if (raw.harness !== undefined) {
        await evaluateHarness(raw, output);
        return;
      }
      const model = modelOf(raw);
      const files = requiredList(raw, 'data', '--data');
      await withExecutor(engineOf(raw), output, async (executor) => {
        if (raw.format === 'choices') {
          const task = output.cancellableTask();
          const result = await writingAnswers(raw, (write) =>
            evaluateChoices(executor, model, files, choiceOptions(raw), task, write),
          );
          output.result(result, choiceText(result));
          return;
        }
        if (raw.format === 'generate') {
          await evaluateGenerated(executor, model, files, raw, output);
          return;
        }
        const options = {
          seqLen: countOf(raw, 'seqLen', '--seq-len') ?? 256,
          maxSequences: countOf(raw, 'maxSequences', '--max-sequences'),
          sampling: samplingOf(raw),
          batchSize: countOf(raw, 'batchSize', '--batch-size') ?? 4,
        };
        const result = await evaluateText(
          executor,
          model,
          corpusOf(raw, files),
          options,
          output.cancellableTask(),
        );
        output.result(
          result,
          `loss ${result.loss.toFixed(4)} nats per token, perplexity ${result.perplexity.toFixed(3)} (${result.targets} predicted tokens in ${result.sequences} sequences)`,
        );
      });
    }),
  );
}

async function evaluateGenerated(
  executor: Executor,
  model: string,
  files: readonly string[],
  raw: RawOptions,
  output: Output,
): Promise<void> {
  const options = {
    ...questionOptions(raw),
    maxTokens: countOf(raw, 'maxTokens', '--max-tokens'),
    batchSize: countOf(raw, 'batchSize', '--batch-size') ?? 4,
  };
  const task = output.cancellableTask();
  const result = await writingAnswers(raw, (write) =>
    evaluateAnswers(executor, model, files, options, write, task),
  );
  output.result(result, generatedText(result));
}

/** Evaluates with a function that writes an answer to the file of `--answers`, where there is one. */
async function writingAnswers<T>(
  raw: RawOptions,
  evaluate: (write: (answer: ScoredAnswer | AnsweredChoice) => void) => Promise<T>,
): Promise<T> {
  const path = textOf(raw, 'answers');
  const file = path === undefined ? undefined : newFile(path);
  try {
    return await evaluate((answer) => {
      if (file !== undefined) {
        writeSync(file, `${JSON.stringify(answer)}\n`);
      }
    });
  } finally {
    if (file !== undefined) {
      closeSync(file);
    }
  }
}

function newFile(path: string): number {
  try {
    return openSync(path, 'w');
  } catch (error) {
    throw inputError(`--answers ${path}: cannot be written (${messageOf(error)}): name another file.`, error);
  }
}

function generatedText(result: OpenEvaluation): string {
  const { strictMatch, strictInterval, flexibleExtract, flexibleInterval, questions, meanShots } = result;
  return (
    `exact match ${percent(strictMatch)} strict (${rangeText(strictInterval)}), ${percent(flexibleExtract)} flexible ` +
    `(${rangeText(flexibleInterval)}): ${questions} questions, ${Number(meanShots.toFixed(1))} examples before each`
  );
}

function choiceOptions(raw: RawOptions): ChoiceOptions {
  return { ...questionOptions(raw), score: ChoiceScore.options.find((score) => score === raw.score) };
}

function questionOptions(
  raw: RawOptions,
): Pick<ChoiceOptions, 'maxQuestions' | 'sampling' | 'examples' | 'shots'> {
  const examples = listOf(raw, 'examples');
  const shots = countOf(raw, 'shots', '--shots', 0);
  if (shots !== undefined && shots > 0 && examples === undefined) {
    throw inputError('--examples: is required with --shots: name files of answered questions.');
  }
  return {
    maxQuestions: countOf(raw, 'maxSequences', '--max-sequences'),
    sampling: samplingOf(raw),
    examples,
    shots,
  };
}

function choiceText(result: ChoiceEvaluation): string {
  const { accuracy, accuracyNormalized, interval, correct, questions, truncated, meanShots } = result;
  const notes = [
    `${correct} of ${questions} questions`,
    ...(meanShots > 0 ? [`${Number(meanShots.toFixed(1))} examples before each`] : []),
    ...(truncated > 0 ? [`${truncated} cut to the context`] : []),
  ];
  const normalized = accuracyNormalized === undefined ? '' : `, ${percent(accuracyNormalized)} by length`;
  return `accuracy ${percent(accuracy)} (${rangeText(interval)})${normalized} (${notes.join(', ')})`;
}

function percent(share: number): string {
  return `${(share * 100).toFixed(2)}%`;
}

function rangeText([low, high]: readonly [number, number]): string {
  return `${percent(low)} to ${percent(high)}`;
}
