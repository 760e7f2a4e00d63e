import { Option, type Command } from 'commander';
import { inputError } from '../../shared/common/errors';
import { ChoiceScore } from '../../shared/config/runConfig';
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
  withOutput,
  type RawOptions,
  modelOf,
  MODEL_DESCRIPTION,
} from '../common/options';
import { withExecutor } from '../common/withExecutor';

export function evalCommand(): Command {
  const command = jsonCommand(
    'eval',
    'measure the loss on text, or the accuracy on multiple-choice questions',
  )
    .option('--model <DIR>', MODEL_DESCRIPTION)
    .option('--data <FILE...>', 'text, or questions in the form of MMLU or ARC')
    .addOption(
      new Option('--format <text|choices>', 'how the files are read')
        .choices(['text', 'choices'])
        .default('text'),
    )
    .addOption(
      new Option('--score <letter|text>', 'choices: score the letter or the text of the answer').choices(
        ChoiceScore.options,
      ),
    )
    .option('--examples <FILE...>', 'choices: answered questions to put before each question')
    .option('--shots <N>', 'choices: number of examples (default: 5, or 0 without examples)', parseNumber)
    .option('--seq-len <N>', 'tokens per packed sequence (default: 256)', parseNumber)
    .option('--max-sequences <N>', 'use at most N sequences or questions', parseNumber)
    .addOption(samplingOption())
    .option('--batch-size <N>', 'sequences per batch (default: 4)', parseNumber);
  return addTextSettings(addEngine(command)).action(
    withOutput(async (output, raw) => {
      const model = modelOf(raw);
      const files = requiredList(raw, 'data', '--data');
      await withExecutor(engineOf(raw), output, async (executor) => {
        if (raw.format === 'choices') {
          const result = await evaluateChoices(
            executor,
            model,
            files,
            choiceOptions(raw),
            output.cancellableTask(),
          );
          output.result(result, choiceText(result));
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

function choiceOptions(raw: RawOptions): ChoiceOptions {
  const examples = listOf(raw, 'examples');
  const shots = countOf(raw, 'shots', '--shots', 0);
  if (shots !== undefined && shots > 0 && examples === undefined) {
    throw inputError('--examples: is required with --shots: name files of answered questions.');
  }
  return {
    maxQuestions: countOf(raw, 'maxSequences', '--max-sequences'),
    sampling: samplingOf(raw),
    score: ChoiceScore.options.find((score) => score === raw.score),
    examples,
    shots,
  };
}

function choiceText(result: ChoiceEvaluation): string {
  const percent = (share: number): string => `${(share * 100).toFixed(2)}%`;
  const { accuracy, accuracyNormalized, correct, questions, truncated, meanShots } = result;
  const notes = [
    `${correct} of ${questions} questions`,
    ...(meanShots > 0 ? [`${Number(meanShots.toFixed(1))} examples before each`] : []),
    ...(truncated > 0 ? [`${truncated} cut to the context`] : []),
  ];
  const normalized = accuracyNormalized === undefined ? '' : `, ${percent(accuracyNormalized)} by length`;
  return `accuracy ${percent(accuracy)}${normalized} (${notes.join(', ')})`;
}
