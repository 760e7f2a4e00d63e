import type { Command } from 'commander';
import { inputError } from '../../shared/common/errors';
import { RunFolder } from '../../node/run/runFolder';
import { exportModel } from '../../trainer/jobs/model/exportModel';
import { jsonCommand, layersOf, numberOf, withOutput, parseNumber, requiredText } from '../common/options';

export function exportCommand(): Command {
  return jsonCommand('export', 'write a tuned model as a Hugging Face folder')
    .option('--run <RUNDIR>', 'run folder')
    .option('--checkpoint <STEP>', 'step of the checkpoint (default: the last)', parseNumber)
    .option('--alpha <X>', 'strength of the added layers, 0 (original model) to 1 (default: 1)', parseNumber)
    .option(
      '--drop <4,16>',
      'added layers to remove, numbered as in the tuned model ("adept dial" suggests some)',
    )
    .option('--out <DIR>', 'folder of the exported model; must be empty or not exist')
    .action(
      withOutput(async (output, raw) => {
        const run = RunFolder.open(requiredText(raw, 'run', '--run'));
        const out = requiredText(raw, 'out', '--out');
        const step = numberOf(raw, 'checkpoint');
        const alpha = numberOf(raw, 'alpha');
        if (step !== undefined && (!Number.isInteger(step) || step < 0)) {
          throw inputError(`--checkpoint: ${step} is not a step: give one that "adept status" lists.`);
        }
        if (alpha !== undefined && (alpha < 0 || alpha > 1)) {
          throw inputError(`--alpha: ${alpha} is out of range: give a number from 0 to 1.`);
        }
        const result = await exportModel(
          run,
          { out, step, alpha, drop: layersOf(raw, 'drop', '--drop') },
          output.cancellableTask(),
        );
        output.result(
          result,
          `checkpoint of step ${result.step} exported: ${result.trained} trained tensors, ${result.frozen} frozen ones unchanged\nwritten: ${result.out}`,
        );
      }),
    );
}
