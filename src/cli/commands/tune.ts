import { resolve } from 'node:path';
import type { Command } from 'commander';
import { inputError } from '../../shared/common/errors';
import type { RunSpec } from '../../shared/run/runFolder';
import { AS_OPTIONS, asKeysOf, type Naming } from '../../shared/settings/naming';
import { TUNE_SETTINGS } from '../../shared/settings/tuneSettings';
import { TEXT_SETTINGS } from '../../shared/settings/textSettings';
import { flagOf } from '../../shared/settings/settingTable';
import { configTexts } from '../../trainer/jobs/whole/jobInput';
import { peakMemory } from '../../node/process/peakMemory';
import { RunFolder } from '../../node/run/runFolder';
import { dryRun, type DryRun } from '../../trainer/jobs/whole/dryRun';
import { corpusMessages, type Corpus } from '../../trainer/data/corpus/corpus';
import { overlapTexts } from '../../trainer/jobs/texts/tuneCorpora';
import type { ExecutorChoice } from '../../trainer/executor/executorChoice';
import { checkAsked } from '../../trainer/jobs/tune/checkAsked';
import { readTuneInput } from '../../trainer/jobs/tune/tuneInput';
import { readRunConfig } from '../../node/job/runConfigFile';
import { tuneRun } from '../../trainer/jobs/tune/tuneRun';
import type { TuneOutcome } from '../../trainer/jobs/tune/tuneSession';
import {
  addEngine,
  addSettings,
  addTextSettings,
  corpusOf,
  engineOf,
  jsonCommand,
  kept,
  listOf,
  optionKey,
  withOutput,
  readSettings,
  requiredList,
  requiredText,
  textOf,
  type RawOptions,
  modelOf,
} from '../common/options';
import { nats, table, type Output } from '../common/output';
import { loggedHooks } from '../common/runLog';
import { withExecutor } from '../common/withExecutor';

// Options that --config stands for, beside the settings.
const INPUT_FLAGS = [
  '--model',
  '--domain',
  '--replay',
  '--probe',
  '--eval',
  '--eval-general',
  '--importance',
  '--answers',
  '--out',
];

export function tuneCommand(): Command {
  const command = jsonCommand('tune', 'train the added layers of an expanded model')
    .option('--config <FILE>', '*.adept.json; its "model" is the expanded model')
    .option('--model <DIR>', 'expanded model folder')
    .option('--domain <FILE...>', 'domain text to train on')
    .option('--replay <FILE...>', 'general text to train on as well; --replay-share is its share')
    .option('--probe <FILE...>', 'general text on which importance is measured')
    .option('--eval <FILE...>', 'held-out domain text; by default the first training sequences')
    .option('--eval-general <FILE...>', 'held-out general text; by default the probe')
    .option(
      '--importance <FILE>',
      'importance.json of the base model, for the initial learning rates; by default measured',
    )
    .option(
      '--answers [FILE]',
      'answer prompts before the first step and at each evaluation: those of FILE, or a default set',
    )
    .option('--out <RUNDIR>', 'run folder; must be empty or not exist')
    .option(
      '--dry-run',
      'check everything, estimate memory and time, and start nothing; without an importance.json of this engine a few steps are timed',
    );
  return addTextSettings(addSettings(addEngine(command), TUNE_SETTINGS)).action(
    withOutput(async (output, raw) => {
      const { spec: asked, out, naming, choice } = readRequest(raw);
      checkAsked(asked, naming);
      const input = await readTuneInput(asked, naming, output.task);
      const { spec } = input;
      if (raw.dryRun === true) {
        await withExecutor(choice, output, async (executor) => {
          reportDryRun(output, await dryRun(input, executor, output.task), input.corpora.corpora);
        });
        return;
      }
      await withExecutor(choice, output, async (executor) => {
        const run = RunFolder.create(out, naming.label('out'), (folder) => {
          if (input.manifest) {
            folder.writeManifest(input.manifest);
          }
          if (input.importance) {
            folder.writeImportance(input.importance);
          }
          folder.writeSpec(spec);
        });
        const outcome = await tuneRun(run, input, executor, loggedHooks(output));
        reportOutcome(output, run.path, outcome);
      });
    }),
  );
}

interface TuneRequest {
  readonly spec: RunSpec;
  readonly choice: ExecutorChoice;
  readonly out: string;
  /** How errors call what was asked for. */
  readonly naming: Naming;
}

function readRequest(raw: RawOptions): TuneRequest {
  const config = textOf(raw, 'config');
  return config === undefined ? fromOptions(raw) : fromConfig(config, raw);
}

function fromConfig(file: string, raw: RawOptions): TuneRequest {
  const settings = Object.entries({ ...TUNE_SETTINGS, ...TEXT_SETTINGS }).map(([name, setting]) =>
    flagOf(name, setting),
  );
  const clash = [...INPUT_FLAGS, ...settings].find((flag) => raw[optionKey(flag)] !== undefined);
  if (clash !== undefined) {
    throw inputError(`${clash}: cannot be given together with --config: put it into ${file}.`);
  }
  const config = readRunConfig(file);
  const { model, importance, tune, answers, evalTasks, out } = config;
  const naming = asKeysOf(file);
  const choice = engineOf(raw, { ...config, naming });
  const optional = {
    ...(importance === undefined ? {} : { importance }),
    ...(answers === undefined ? {} : { answers }),
    ...(evalTasks === undefined ? {} : { evalTasks }),
  };
  const spec = { ...stamp(), model, ...configTexts(config), ...kept(choice), ...optional, tune };
  return { out, spec, choice, naming };
}

function fromOptions(raw: RawOptions): TuneRequest {
  const absolute = (files: readonly string[]): ReturnType<typeof corpusOf> =>
    corpusOf(
      raw,
      files.map((file) => resolve(file)),
    );
  const domainEval = listOf(raw, 'eval');
  const generalEval = listOf(raw, 'evalGeneral');
  const importance = textOf(raw, 'importance');
  const replay = listOf(raw, 'replay');
  const choice = engineOf(raw);
  return {
    choice,
    out: requiredText(raw, 'out', '--out'),
    naming: AS_OPTIONS,
    spec: {
      ...stamp(),
      model: resolve(modelOf(raw)),
      domain: absolute(requiredList(raw, 'domain', '--domain')),
      ...(replay ? { replay: [{ ...absolute(replay), weight: 1 }] } : {}),
      probe: absolute(requiredList(raw, 'probe', '--probe')),
      eval: {
        ...(domainEval ? { domain: absolute(domainEval) } : {}),
        ...(generalEval ? { general: absolute(generalEval) } : {}),
      },
      ...kept(choice),
      ...(importance === undefined ? {} : { importance: resolve(importance) }),
      tune: readSettings(TUNE_SETTINGS, raw),
      ...answersOf(raw),
    },
  };
}

/** `--answers` by itself asks the default set. */
function answersOf(raw: RawOptions): Pick<RunSpec, 'answers'> {
  const prompts = textOf(raw, 'answers');
  return prompts === undefined && raw.answers !== true
    ? {}
    : { answers: prompts === undefined ? {} : { prompts: resolve(prompts) } };
}

function stamp(): Pick<RunSpec, 'format' | 'createdAt'> {
  return { format: 'adept.run/1', createdAt: new Date().toISOString() };
}

function reportDryRun(output: Output, result: DryRun, corpora: readonly Corpus[]): void {
  const {
    steps,
    sequences,
    epochs,
    replayed,
    parametersTrained,
    trainableShare,
    memoryBytes,
    secondsPerStep,
    timed,
    notTimed,
  } = result;
  const time =
    secondsPerStep === null
      ? `time per step not known: ${notTimed ?? ''}`
      : `about ${secondsPerStep.toPrecision(2)} s per step, ${(secondsPerStep * steps).toPrecision(2)} s for all${timed ? ' (steps were timed here)' : ''}`;
  const memory = `about ${(memoryBytes / 1e6).toFixed(0)} MB of memory`;
  const units = result.rates?.map(({ source, name, importance, normalized, learningRate }) => [
    `${source}.${name}`,
    importance.toExponential(2),
    (normalized ?? 0).toFixed(2),
    learningRate.toPrecision(3),
  ]);
  const rates =
    units === undefined
      ? 'the learning rates of the units are measured at the start\n'
      : `\n${table([['unit', 'importance', '0 to 1', 'learning rate'], ...units])}\n\n`;
  output.result(
    result,
    `${steps} steps, ${epochs.toFixed(2)} times over ${sequences} sequences${replayed > 0 ? `, and ${replayed} sequences of replay` : ''}\n` +
      `trained: ${parametersTrained} parameters, ${(trainableShare * 100).toFixed(1)}% of all\n` +
      `${memory}; ${time}\n${rates}${[
        ...corpora.flatMap(corpusMessages).map(({ message }) => message),
        ...overlapTexts(result.overlaps),
      ]
        .map((text) => `${text}\n`)
        .join('')}nothing was started`,
  );
}

/** Says how a run ended. */
export function reportOutcome(output: Output, path: string, outcome: TuneOutcome): void {
  const { before } = outcome;
  const peak = peakMemory();
  output.result(
    { run: path, ...outcome, peakMemory: peak },
    `${outcome.status} at step ${outcome.step}, loss ${nats(outcome.loss)}\n` +
      (outcome.because === undefined ? '' : `why: ${outcome.because}\n`) +
      `domain loss ${nats(before.domainLoss)} → ${nats(outcome.domainLoss)}, general loss ${nats(before.generalLoss)} → ${nats(outcome.generalLoss)}\n` +
      `peak memory ${(peak / 1e6).toFixed(0)} MB\nrun: ${path}`,
  );
}
