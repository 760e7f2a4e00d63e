import { resolve } from 'node:path';
import type { Command } from 'commander';
import { inputError } from '../../shared/errors';
import { ImportanceFile } from '../../shared/importance';
import { parseWith } from '../../shared/parse';
import type { RunSpec } from '../../shared/runFolder';
import { TUNE_SETTINGS } from '../../shared/settings';
import { readJson } from '../../node/jsonFile';
import { peakMemory } from '../../node/peakMemory';
import { RunFolder } from '../../node/runFolder';
import { readTuneInput } from '../../trainer/jobs/tuneInput';
import { readRunConfig } from '../../node/runConfigFile';
import { tuneRun } from '../../trainer/jobs/tuneRun';
import type { TuneOutcome } from '../../trainer/jobs/tuneSession';
import {
  addSettings,
  engineOf,
  engineOption,
  jsonCommand,
  listOf,
  withOutput,
  readSettings,
  requiredList,
  requiredText,
  textOf,
  type RawOptions,
} from '../options';
import { nats, type Output } from '../output';
import { logEvent } from '../runLog';
import { withEngine } from '../withEngine';

export function tuneCommand(): Command {
  const command = jsonCommand('tune', 'train the added layers of an expanded model')
    .option('--config <FILE>', '*.adept.json; its "model" is the expanded model')
    .option('--model <DIR>', 'expanded model folder')
    .option('--domain <FILE...>', 'domain text to train on')
    .option('--probe <FILE...>', 'general text on which importance is measured')
    .option('--eval <FILE...>', 'held-out domain text; by default the first training sequences')
    .option('--eval-general <FILE...>', 'held-out general text; by default the probe')
    .option(
      '--importance <FILE>',
      'importance.json of the base model, to seed the learning rates; by default measured',
    )
    .option('--out <RUNDIR>', 'run folder; must be empty or not exist')
    .addOption(engineOption());
  return addSettings(command, TUNE_SETTINGS).action(
    withOutput(async (output, raw) => {
      const { spec, out } = readRequest(raw);
      const input = readTuneInput(spec);
      await withEngine(spec.engine, output, async (engine) => {
        const run = RunFolder.create(out);
        run.writeSpec(spec);
        if (input.manifest) {
          run.writeManifest(input.manifest);
        }
        if (spec.importance !== undefined) {
          run.writeImportance(parseWith(ImportanceFile, readJson(spec.importance), spec.importance));
        }
        const outcome = await tuneRun(run, input, engine, {
          task: output.task,
          onEvent: (event) => {
            logEvent(output, event);
          },
        });
        reportOutcome(output, run.path, outcome);
      });
    }),
  );
}

function readRequest(raw: RawOptions): { spec: RunSpec; out: string } {
  const config = textOf(raw, 'config');
  return config === undefined ? fromOptions(raw) : fromConfig(config, raw);
}

function fromConfig(file: string, raw: RawOptions): { spec: RunSpec; out: string } {
  const clash = ['model', 'domain', 'probe', 'eval', 'out'].find((key) => raw[key] !== undefined);
  if (clash !== undefined) {
    throw inputError(`--${clash}: cannot be given together with --config: put it into ${file}.`);
  }
  const { model, domain, probe, eval: evaluation, engine, tune, out } = readRunConfig(file);
  return { out, spec: { ...stamp(), model, domain, probe, eval: evaluation, engine, tune } };
}

function fromOptions(raw: RawOptions): { spec: RunSpec; out: string } {
  const absolute = (files: readonly string[]): string[] => files.map((file) => resolve(file));
  const domainEval = listOf(raw, 'eval');
  const generalEval = listOf(raw, 'evalGeneral');
  const importance = textOf(raw, 'importance');
  return {
    out: requiredText(raw, 'out', '--out'),
    spec: {
      ...stamp(),
      model: resolve(requiredText(raw, 'model', '--model')),
      domain: absolute(requiredList(raw, 'domain', '--domain')),
      probe: absolute(requiredList(raw, 'probe', '--probe')),
      eval: {
        ...(domainEval ? { domain: absolute(domainEval) } : {}),
        ...(generalEval ? { general: absolute(generalEval) } : {}),
      },
      engine: engineOf(raw),
      ...(importance === undefined ? {} : { importance: resolve(importance) }),
      tune: readSettings(TUNE_SETTINGS, raw),
    },
  };
}

function stamp(): Pick<RunSpec, 'format' | 'createdAt'> {
  return { format: 'adept.run/1', createdAt: new Date().toISOString() };
}

/** Says how a run ended. */
export function reportOutcome(output: Output, path: string, outcome: TuneOutcome): void {
  const { before } = outcome;
  const peak = peakMemory();
  output.result(
    { run: path, ...outcome, peakMemory: peak },
    `${outcome.status} at step ${outcome.step}, loss ${nats(outcome.loss)}\n` +
      `domain loss ${nats(before.domainLoss)} → ${nats(outcome.domainLoss)}, general loss ${nats(before.generalLoss)} → ${nats(outcome.generalLoss)}\n` +
      `peak memory ${(peak / 1e6).toFixed(0)} MB\nrun: ${path}`,
  );
}
