import { Option, type Command } from 'commander';
import * as v from 'valibot';
import { inputError } from '../../shared/common/errors';
import { omit } from '../../shared/common/omit';
import { ExportDtype } from '../../shared/config/runConfig';
import { asKeysOf } from '../../shared/settings/naming';
import { RunFolder } from '../../node/run/runFolder';
import { exportModel, type ExportRequest, type ExportResult } from '../../trainer/jobs/model/exportModel';
import type { ExecutorChoice } from '../../trainer/executor/executorChoice';
import type { Measuring } from '../../trainer/jobs/model/exportedLosses';
import {
  addEngineChoice,
  engineOfBegun,
  jsonCommand,
  layersOf,
  numberOf,
  withOutput,
  parseNumber,
  requiredText,
  type RawOptions,
} from '../common/options';
import { nats, type Output } from '../common/output';
import { withExecutor } from '../common/withExecutor';

export function exportCommand(): Command {
  const command = jsonCommand('export', 'write a tuned model as a Hugging Face folder')
    .option('--run <RUNDIR>', 'run folder')
    .option('--checkpoint <STEP>', 'step of the checkpoint (default: the last)', parseNumber)
    .option('--alpha <X>', 'strength of the added layers, 0 (original model) to 1 (default: 1)', parseNumber)
    .option(
      '--drop <4,16>',
      'added layers to remove, numbered as in the tuned model ("adept dial" suggests some)',
    )
    .addOption(
      new Option(
        `--dtype <${ExportDtype.options.join('|')}>`,
        "data type of the weights; auto: each tensor in the source's own, so that frozen ones keep every byte",
      )
        .choices(ExportDtype.options)
        .default('auto'),
    )
    .option('--no-measure', 'do not read rounded weights back to measure their losses')
    .option('--out <DIR>', 'folder of the exported model; must be empty or not exist');
  return addEngineChoice(command).action(
    withOutput(async (output, raw) => {
      const run = RunFolder.open(requiredText(raw, 'run', '--run'));
      const result = await exportModel(run, requestOf(raw, run, output), output.cancellableTask());
      if (result.warning !== undefined) {
        output.log(`warning: ${result.warning}`);
      }
      output.result(result, prose(result));
    }),
  );
}

/** @throws AdeptError (input) naming the option that is not usable. */
function requestOf(raw: RawOptions, run: RunFolder, output: Output): ExportRequest {
  const out = requiredText(raw, 'out', '--out');
  const step = numberOf(raw, 'checkpoint');
  const alpha = numberOf(raw, 'alpha');
  if (step !== undefined && (!Number.isInteger(step) || step < 0)) {
    throw inputError(`--checkpoint: ${step} is not a step: give one that "adept status" lists.`);
  }
  if (alpha !== undefined && (alpha < 0 || alpha > 1)) {
    throw inputError(`--alpha: ${alpha} is out of range: give a number from 0 to 1.`);
  }
  const measuring = raw.measure === false ? undefined : measuringOf(raw, run, output);
  return {
    ...{ out, step, alpha, measuring, drop: layersOf(raw, 'drop', '--drop') },
    dtype: v.parse(ExportDtype, raw.dtype),
  };
}

/** What computes is opened only if something is to be measured; where the options leave it open it is what the run began with. */
function measuringOf(raw: RawOptions, run: RunFolder, output: Output): Measuring {
  const choice = (): ExecutorChoice =>
    engineOfBegun(omit(raw, 'dtype'), { ...run.readSpec(), naming: asKeysOf(run.file('spec')) });
  if (raw.engine !== 'auto' || raw.ranks !== undefined) {
    // What is wrong with the options shows before anything is written.
    choice();
  }
  return { required: false, use: (work) => withExecutor(choice(), output, work) };
}

function prose({ out, step, dtype, trained, frozen, before, after, notMeasured }: ExportResult): string {
  const change = (kind: 'domainLoss' | 'generalLoss'): string =>
    `${nats(before[kind])} before, ${nats(after?.[kind] ?? null)} as exported`;
  return [
    `checkpoint of step ${step} exported in ${dtype}: ${trained} trained tensors, ${frozen} frozen ones`,
    after === null
      ? `the losses of the files were not measured: ${notMeasured ?? ''}`
      : `domain loss ${change('domainLoss')}; general loss ${change('generalLoss')}`,
    `written: ${out}`,
  ].join('\n');
}
