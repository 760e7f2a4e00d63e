import type { Command } from 'commander';
import { budgetedPlans, stepSeconds, type BudgetedChoice } from '../../shared/estimate/budgetedPlan';
import { inputError } from '../../shared/common/errors';
import { speedFrom } from '../../shared/estimate/estimate';
import { plannedFrozenDtype } from '../../shared/estimate/frozenDtype';
import { plannedEngine } from '../../shared/estimate/plan';
import { layerValues } from '../../shared/method/layerChoice';
import { TUNE_SETTINGS } from '../../shared/settings/tuneSettings';
import { isInBfloat16 } from '../../node/model/storedTypes';
import { readImportanceOf } from '../../trainer/jobs/measure/importanceInput';
import {
  countOf,
  jsonCommand,
  numberOf,
  parseNumber,
  requiredText,
  textOf,
  withOutput,
  type RawOptions,
  modelOf,
  MODEL_DESCRIPTION,
} from '../common/options';
import { table } from '../common/output';
import { planCluster, pricedConfig, requireNone, SEQUENCES_PER_STEP } from './planCluster';

const MEGABYTE = 1e6;
const HOUR = 3600;
/** Plans that are printed; all of them stand in the JSON. */
const SHOWN = 8;

export function planCommand(): Command {
  return jsonCommand('plan', 'list the layers that fit a budget, or what a run takes on a cluster')
    .option('--model <DIR>', MODEL_DESCRIPTION)
    .option(
      '--importance <FILE>',
      'importance.json of the model; its duration calibrates the speed of this machine',
    )
    .option('--memory <MB>', 'memory limit of the trainer', parseNumber)
    .option('--hours <H>', 'time limit of all steps, without evaluations', parseNumber)
    .option(
      '--slowdown <X>',
      'limit of inference time relative to the original model: 1.1 is 10 % slower',
      parseNumber,
    )
    .option('--steps <N>', 'optimizer steps', parseNumber)
    .option(
      '--batch-size <N>',
      `sequences per forward pass (default: ${TUNE_SETTINGS.batchSize.default})`,
      parseNumber,
    )
    .option('--seq-len <N>', `tokens per sequence (default: ${TUNE_SETTINGS.seqLen.default})`, parseNumber)
    .option(
      '--grad-accum <N>',
      `forward passes per step (default: ${TUNE_SETTINGS.gradAccum.default})`,
      parseNumber,
    )
    .option('--cluster <FILE>', 'plan a run in bfloat16 on these GPUs instead (adept.cluster/1)')
    .option('--tokens <N>', 'with --cluster: training tokens of the run', parseNumber)
    .option('--layers <3,7>', 'with --cluster: layers to expand')
    .option('--full', 'with --cluster: tune every parameter')
    .option(
      '--sequences <N>',
      `with --cluster: sequences of one optimizer step, all GPUs together (default: ${SEQUENCES_PER_STEP})`,
      parseNumber,
    )
    .action(
      withOutput((output, raw) => {
        if (textOf(raw, 'cluster') !== undefined) {
          planCluster(output, raw);
          return;
        }
        requireNone(raw, ['tokens', 'layers', 'full', 'sequences']);
        const { plans, steps } = plansOf(raw);
        const [best] = plans;
        const hours = steps === undefined ? [] : [`hours for ${steps} steps`];
        const rows = plans
          .slice(0, SHOWN)
          .map(({ layers, price, seconds }) => [
            String(layers.length),
            layers.join(','),
            price.memoryBytes === undefined ? '–' : (price.memoryBytes / MEGABYTE).toFixed(0),
            ...(steps === undefined ? [] : [seconds === undefined ? '–' : (seconds / HOUR).toPrecision(2)]),
            price.inferenceFactor.toFixed(2),
          ]);
        output.result(
          { plans },
          best === undefined
            ? 'no layer fits: raise the memory, the hours or the slow-down'
            : `${table([['k', 'layers', 'MB', ...hours, 'inference ×'], ...rows])}\n\nbest: --layers ${best.layers.join(',')} (adept expand)`,
        );
      }),
    );
}

function plansOf(raw: RawOptions): { plans: BudgetedChoice[]; steps: number | undefined } {
  const model = modelOf(raw);
  const file = requiredText(raw, 'importance', '--importance');
  const hours = positive(raw, 'hours');
  const memory = positive(raw, 'memory');
  const steps = countOf(raw, 'steps', '--steps');
  if (steps === undefined && hours !== undefined) {
    throw inputError('--steps: is required with --hours: give the number of steps.');
  }
  const config = pricedConfig(model);
  const importance = readImportanceOf(file, model);
  const speed = speedFrom(importance, config);
  if (hours !== undefined && speed === undefined) {
    throw inputError(`--hours: ${file} has no speed of this machine for ${model}: analyze the model here.`);
  }
  const engine = plannedEngine(importance.engine) ?? 'wasm';
  if (engine === 'torch' && memory !== undefined) {
    throw inputError(
      `--memory: ${file} was measured on torch, whose memory is not known: leave it out, or analyze on another engine.`,
    );
  }
  const tune = {
    batchSize: countOf(raw, 'batchSize', '--batch-size') ?? TUNE_SETTINGS.batchSize.default,
    seqLen: countOf(raw, 'seqLen', '--seq-len') ?? TUNE_SETTINGS.seqLen.default,
    gradAccum: countOf(raw, 'gradAccum', '--grad-accum') ?? TUNE_SETTINGS.gradAccum.default,
    full: false,
  };
  const frozen = plannedFrozenDtype({
    ...{ engine, choice: TUNE_SETTINGS.frozenWeights.default },
    ...{ inBfloat16: isInBfloat16(model), analyzed: importance.engine },
  });
  const plans = budgetedPlans(
    layerValues(importance.layers, config.numHiddenLayers, `${file}: "layers"`),
    { config, tune, engine, frozen, speed },
    stepSeconds(steps),
    {
      memoryBytes: memory === undefined ? undefined : memory * MEGABYTE,
      seconds: hours === undefined ? undefined : hours * HOUR,
      inferenceFactor: positive(raw, 'slowdown'),
    },
  );
  return { plans, steps };
}

function positive(raw: RawOptions, key: string): number | undefined {
  const value = numberOf(raw, key);
  if (value !== undefined && !(value > 0)) {
    throw inputError(`--${key}: ${value} is not usable: give a number above 0.`);
  }
  return value;
}
