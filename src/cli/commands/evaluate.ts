import { Option, type Command } from 'commander';
import { evaluateChoices, evaluateText } from '../../trainer/jobs/evaluate';
import {
  countOf,
  engineOf,
  engineOption,
  jsonCommand,
  withOutput,
  parseNumber,
  requiredList,
  requiredText,
} from '../options';
import { withEngine } from '../withEngine';

export function evalCommand(): Command {
  return jsonCommand('eval', 'measure the loss on text, or the accuracy on multiple-choice questions')
    .option('--model <DIR>', 'Hugging Face model folder')
    .option('--data <FILE...>', 'text, or questions as MMLU has them')
    .addOption(
      new Option('--format <text|choices>', 'how the files are read')
        .choices(['text', 'choices'])
        .default('text'),
    )
    .option('--seq-len <N>', 'tokens per packed sequence (default: 256)', parseNumber)
    .option('--max-sequences <N>', 'use only the first N sequences, or questions', parseNumber)
    .option('--batch-size <N>', 'sequences computed at once (default: 4)', parseNumber)
    .addOption(engineOption())
    .action(
      withOutput(async (output, raw) => {
        const model = requiredText(raw, 'model', '--model');
        const files = requiredList(raw, 'data', '--data');
        const maxSequences = countOf(raw, 'maxSequences', '--max-sequences');
        await withEngine(engineOf(raw), output, async (engine) => {
          if (raw.format === 'choices') {
            const result = await evaluateChoices(
              engine,
              model,
              files,
              maxSequences,
              output.cancellableTask(),
            );
            output.result(
              result,
              `accuracy ${(result.accuracy * 100).toFixed(2)}% (${result.correct} of ${result.questions} questions${result.truncated ? `, ${result.truncated} cut to the context` : ''})`,
            );
            return;
          }
          const options = {
            seqLen: countOf(raw, 'seqLen', '--seq-len') ?? 256,
            maxSequences,
            batchSize: countOf(raw, 'batchSize', '--batch-size') ?? 4,
          };
          const result = await evaluateText(engine, model, files, options, output.cancellableTask());
          output.result(
            result,
            `loss ${result.loss.toFixed(4)} nats per token, perplexity ${result.perplexity.toFixed(3)} (${result.targets} predicted tokens in ${result.sequences} sequences)`,
          );
        });
      }),
    );
}
