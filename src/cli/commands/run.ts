import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { inputError } from '../../shared/common/errors';
import { JOB_FILES, type JobReport } from '../../shared/run/job';
import { CHANGEABLE_SETTINGS, settingChanges, withChangeable } from '../../shared/run/settingsChange';
import { AS_OPTIONS, asKeysOf } from '../../shared/settings/naming';
import { optionalSettings } from '../../shared/settings/settingTable';
import type { RunConfig } from '../../shared/config/runConfig';
import { readJob } from '../../node/job/jobFile';
import { settingsOf, type ChangedRun } from '../../node/run/changeSettings';
import { requireResumable, type ResumePoint } from '../../node/run/laterResults';
import { RunFolder } from '../../node/run/runFolder';
import { checkJob } from '../../trainer/jobs/whole/jobInput';
import { readRunConfig } from '../../node/job/runConfigFile';
import type { ExecutorChoice } from '../../trainer/executor/executorChoice';
import { checkTogether, readTuneInput } from '../../trainer/jobs/tune/tuneInput';
import { tuneRun } from '../../trainer/jobs/tune/tuneRun';
import { createJob, runJob, type JobOutcome, type JobStart } from '../../trainer/jobs/whole/wholeJob';
import {
  addEngine,
  addSettings,
  engineOf,
  engineOfBegun,
  jsonCommand,
  kept,
  numberOf,
  parseNumber,
  readSettings,
  requiredText,
  textOf,
  withOutput,
  type RawOptions,
} from '../common/options';
import { nats, table, type Output } from '../common/output';
import { loggedHooks } from '../common/runLog';
import { withExecutor } from '../common/withExecutor';
import { reportOutcome } from './tune';

export function runCommand(): Command {
  const command = jsonCommand('run', 'analyze, expand, tune, evaluate and export, as configured in a file')
    .option('--config <FILE>', '*.adept.json')
    .option('--out <RUNDIR>', 'run folder, instead of the one in the file');
  return addEngine(command).action(withOutput((output, raw) => startRun(output, raw)));
}

/** Begins the run that --config describes. @param on where it computes, beyond what the options say */
export async function startRun(
  output: Output,
  raw: RawOptions,
  on: Partial<ExecutorChoice> = {},
): Promise<void> {
  const file = requiredText(raw, 'config', '--config');
  const read = readRunConfig(file);
  const naming = asKeysOf(file);
  const choice = engineOf(raw, { ...read, naming });
  const config: RunConfig = {
    ...read,
    ...(typeof raw.out === 'string' ? { out: raw.out } : {}),
    ...kept(choice),
  };
  const corpora = await checkJob(config, naming, output.task);
  const run = createJob(config, typeof raw.out === 'string' ? '--out' : naming.label('out'));
  await work(run, config, output, { choice: { ...choice, ...on }, start: { corpora } });
}

export function resumeCommand(): Command {
  const command = jsonCommand('resume', 'continue a run from its last checkpoint, or from another')
    .argument('<RUNDIR>', 'run folder')
    .option('--checkpoint <STEP>', 'step of the checkpoint to continue from (default: the last)', parseNumber)
    .option('--discard-later', 'move later results of the run aside')
    .option(
      '--config <FILE>',
      '*.adept.json: continue with what it says of the settings below, and its engine',
    );
  return addEngine(addChanges(command)).action(
    withOutput((output, raw, path = '') => resumeRun(output, raw, path)),
  );
}

/** Goes on with a run. @param on where it computes, instead of what options and run say */
export async function resumeRun(
  output: Output,
  raw: RawOptions,
  path: string,
  on?: ExecutorChoice,
): Promise<void> {
  const from = readResumePoint(path, raw);
  const changed = readChanges(path, raw, output);
  const { tune, engine } = changed ?? {};
  const job = existsSync(join(path, JOB_FILES.job)) ? readJob(path) : undefined;
  if (job) {
    if (from !== undefined || tune !== undefined) {
      requireRoomForExport(job.config);
    }
    const config = { ...job.config, ...(tune === undefined ? {} : { tune }), ...engine };
    const naming = asKeysOf(join(path, JOB_FILES.job));
    // What is computed in stays what it was, unless that is named as well.
    const choice = on ? { dtype: job.config.dtype, ...on } : engineOfBegun(raw, { ...config, naming });
    await work(RunFolder.at(path), config, output, { choice, start: { from, changed } });
    return;
  }
  const run = RunFolder.open(path);
  const naming = asKeysOf(run.file('spec'));
  const spec = { ...run.readSpec(), ...(tune === undefined ? {} : { tune }), ...engine };
  const input = await readTuneInput(spec, naming, output.task);
  const choice = on ? { dtype: spec.dtype, ...on } : engineOfBegun(raw, { ...spec, naming });
  await withExecutor(choice, output, async (executor) => {
    const outcome = await tuneRun(run, input, executor, loggedHooks(output), { from, changed });
    reportOutcome(output, run.path, outcome);
  });
}

/** @throws AdeptError (input) when the run cannot go on from the checkpoint that was named. */
function readResumePoint(path: string, raw: RawOptions): ResumePoint | undefined {
  const step = numberOf(raw, 'checkpoint');
  if (step === undefined) {
    if (raw.discardLater === true) {
      throw inputError('--discard-later: needs --checkpoint: name the step to continue from.');
    }
    return undefined;
  }
  if (!Number.isInteger(step) || step < 0) {
    throw inputError(`--checkpoint: ${step} is not a step: give one that "adept status" lists.`);
  }
  const from = { step, discardLater: raw.discardLater === true };
  requireResumable(requireRun(path), from);
  return from;
}

/** Options for the settings that a run may go on with other values of; none has a default. */
function addChanges(command: Command): Command {
  return addSettings(command, optionalSettings(CHANGEABLE_SETTINGS));
}

/**
 * What a run is to go on with: options, and where they leave it open what --config says.
 * @throws AdeptError (input) when it cannot go on with that.
 */
function readChanges(path: string, raw: RawOptions, output: Output): ChangedRun | undefined {
  const given = readSettings(optionalSettings(CHANGEABLE_SETTINGS), raw);
  const file = textOf(raw, 'config');
  if (file === undefined && Object.keys(given).length === 0) {
    return undefined;
  }
  const before = settingsOf(requireRun(path));
  const config = file === undefined ? undefined : readRunConfig(file);
  const wanted = config === undefined ? before : withChangeable(before, config.tune);
  const tune = { ...wanted, ...given };
  checkTogether(tune, file === undefined ? AS_OPTIONS : asKeysOf(file));
  if (config === undefined) {
    return { tune };
  }
  for (const change of settingChanges(withChangeable(config.tune, before), before)) {
    output.log(`${file}: ${change.name} stays ${String(change.to)}: a run cannot go on with another.`);
  }
  const { engine, ranks, dtype } = config;
  return engine === 'auto' ? { tune } : { tune, engine: kept({ engine, ranks, dtype }) };
}

/** @throws AdeptError (input) when the job could not export its final model, which would show only at its end. */
function requireRoomForExport({ export: { out } }: RunConfig): void {
  if (out !== undefined && existsSync(join(out, 'config.json'))) {
    throw inputError(
      `${out} holds a model already, and this job exports its own there: move that folder away first.`,
    );
  }
}

async function work(
  run: RunFolder,
  config: RunConfig,
  output: Output,
  { choice, start }: { readonly choice: ExecutorChoice; readonly start: JobStart },
): Promise<void> {
  await withExecutor(choice, output, async (executor) => {
    const outcome = await runJob(run, config, executor, loggedHooks(output), start);
    report(output, run.path, outcome);
  });
}

function report(output: Output, path: string, outcome: JobOutcome): void {
  if (outcome.status === 'stopped') {
    output.result(
      { run: path, ...outcome },
      `stopped at step ${outcome.step}${outcome.because === undefined ? '' : `: ${outcome.because}`}; continue with: adept resume ${path}`,
    );
    return;
  }
  output.result({ run: path, status: 'done', ...outcome.report }, prose(outcome.report));
}

function prose(report: JobReport): string {
  const { before, after, layers, parameters } = report;
  const percent = (share: number | null): string => (share === null ? '–' : `${(share * 100).toFixed(1)}%`);
  const rows = [
    ['', 'before', 'after'],
    ['domain loss', nats(before.domainLoss), nats(after.domainLoss)],
    ['general loss', nats(before.generalLoss), nats(after.generalLoss)],
    ...(before.accuracy === null ? [] : [['accuracy', percent(before.accuracy), percent(after.accuracy)]]),
  ];
  const seconds = Object.entries(report.seconds).map(([stage, time]) => `${stage} ${time.toFixed(1)} s`);
  return [
    `expanded layers ${layers.expanded.join(', ') || 'none'}: ${layers.before} layers became ${layers.after}`,
    `trained ${parameters.trained} of ${parameters.after} parameters for ${report.steps} steps`,
    '',
    table(rows),
    ...shiftLines(report),
    '',
    `time: ${seconds.join(', ')}; peak memory ${(report.peakMemory / 1e6).toFixed(0)} MB`,
    `run: ${report.out}`,
    `exported model: ${report.exported}`,
  ].join('\n');
}

function shiftLines({ tokenShift }: JobReport): string[] {
  if (tokenShift === undefined) {
    return [];
  }
  const percent = (share: number): string => `${(share * 100).toFixed(2)}%`;
  const { domain, general } = tokenShift;
  return [
    '',
    `the likeliest next token changed at ${percent(domain.changed)} of the positions of domain and ${percent(general.changed)} of general text`,
  ];
}

/** @throws AdeptError (input) when the folder holds nothing that could be resumed. */
export function requireRun(path: string): RunFolder {
  if (!existsSync(path)) {
    throw inputError(`${path} does not exist: name a run folder.`);
  }
  return readJob(path) ? RunFolder.at(path) : RunFolder.open(path);
}
