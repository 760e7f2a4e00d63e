import type { Command } from 'commander';
import { tokenShift } from '../../trainer/jobs/measure/tokenShift';
import {
  addEngine,
  addTextSettings,
  corpusOf,
  countOf,
  engineOf,
  jsonCommand,
  parseNumber,
  requiredList,
  modelOf,
  samplingOf,
  samplingOption,
  withOutput,
} from '../common/options';
import { withExecutor } from '../common/withExecutor';

export function shiftCommand(): Command {
  const command = jsonCommand('shift', 'count positions whose most likely next token changed')
    .option('--before <DIR>', 'Hugging Face folder of the original model')
    .option('--after <DIR>', 'Hugging Face folder of the tuned model')
    .option('--data <FILE...>', 'text whose positions are compared')
    .option('--seq-len <N>', 'tokens per packed sequence (default: 256)', parseNumber)
    .option('--max-sequences <N>', 'use at most N sequences', parseNumber)
    .addOption(samplingOption())
    .option('--batch-size <N>', 'sequences per batch (default: 4)', parseNumber);
  return addTextSettings(addEngine(command)).action(
    withOutput(async (output, raw) => {
      const models = {
        before: modelOf(raw, 'before', '--before'),
        after: modelOf(raw, 'after', '--after'),
      };
      const files = corpusOf(raw, requiredList(raw, 'data', '--data'));
      const options = {
        seqLen: countOf(raw, 'seqLen', '--seq-len') ?? 256,
        maxSequences: countOf(raw, 'maxSequences', '--max-sequences'),
        sampling: samplingOf(raw),
        batchSize: countOf(raw, 'batchSize', '--batch-size') ?? 4,
      };
      const result = await withExecutor(engineOf(raw), output, (executor) =>
        tokenShift(executor, models, files, options, output.cancellableTask()),
      );
      const percent = (share: number): string => `${(share * 100).toFixed(2)}%`;
      output.result(
        result,
        `the likeliest token changed at ${percent(result.changed)} of ${result.positions} positions: ` +
          `${percent(result.marginal)} to one that was second or third before, ${percent(result.shifted)} to one beyond`,
      );
    }),
  );
}
