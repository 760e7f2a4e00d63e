import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as v from 'valibot';
import { EXPORTS_FILE, ExportsFile } from '../../shared/run/exportRecord';
import { PromptSet } from '../../shared/run/answers';
import { StrengthFile } from '../../shared/run/strength';
import type { Copies } from '../../shared/run/layerText';
import { ExpansionManifest } from '../../shared/run/manifest';
import { JOB_FILES, JobFile } from '../../shared/run/job';
import { RUN_FILES, RunSpec, TrainerFile } from '../../shared/run/runFolder';
import { messageOf } from '../../shared/common/errors';
import type { RunProblem, ShownExport, ShownPrompt } from '../../shared/webview/run';
import { errorCode } from '../files/fileError';
import { exportsThere, lastMeasured, ReportOfExport } from './runExports';
import type { PlannedSteps } from './timeLeft';
import { isAlive, isUnfinishedJob } from './runState';

/** What the small files of a run folder say, as far as they can be read. */
export interface RunFilesContent {
  /** The folder of the model that was given: the original one of a whole job, otherwise the one that is tuned. */
  readonly model: string | undefined;
  readonly steps: number | undefined;
  /** What lies between its steps; undefined where no file says. */
  readonly plan: PlannedSteps | undefined;
  readonly createdAt: string | undefined;
  readonly trainer: TrainerFile | undefined;
  /** Whether the trainer lived before anything else was read; undefined when none ever worked on the run. */
  readonly isAlive: boolean | undefined;
  /** Whether it is a whole job that has not written its report, which comes last. */
  readonly isUnfinishedJob: boolean;
  /** Whether the folder is there. */
  readonly exists: boolean;
  /** Whether there is a file that says what the run does. */
  readonly hasConfig: boolean;
  /** Which layers were added, and what they copy. */
  readonly copies: Copies;
  /** What the added layers are worth; undefined where it was not measured. */
  readonly strength: StrengthFile | undefined;
  /** What the model is asked as the run goes on. */
  readonly prompts: readonly ShownPrompt[];
  /** The export made last whose losses are known and whose folder is there. */
  readonly exported: ShownExport | undefined;
  readonly problems: readonly RunProblem[];
}

/** Reads run.json, job.json, trainer.json, manifest.json, dial.json, prompts.json, exports.json and report.json. A file that is missing says nothing; one that cannot be used is a problem. */
export async function readRunFiles(folder: string): Promise<RunFilesContent> {
  const problems: RunProblem[] = [];
  const [spec, job, trainer, strength, prompts, manifest, exports, report] = await Promise.all([
    readFact(join(folder, RUN_FILES.spec), RunSpec, 'adept.run/1', problems),
    readFact(join(folder, JOB_FILES.job), JobFile, 'adept.job/1', problems),
    readFact(join(folder, RUN_FILES.trainer), TrainerFile, 'adept.trainer/1', problems),
    readFact(join(folder, RUN_FILES.strength), StrengthFile, 'adept.dial/1', problems),
    readFact(join(folder, RUN_FILES.prompts), PromptSet, 'adept.prompts/1', problems),
    readFact(join(folder, RUN_FILES.manifest), ExpansionManifest, 'adept.manifest/1', problems),
    readFact(join(folder, EXPORTS_FILE), ExportsFile, 'adept.exports/1', problems),
    readFact(join(folder, JOB_FILES.report), ReportOfExport, 'adept.report/1', problems),
  ]);
  return {
    model: looseText(job, 'config', 'model') ?? looseText(spec, 'model'),
    steps: looseNumber(spec, 'tune', 'steps') ?? looseNumber(job, 'config', 'tune', 'steps'),
    plan: spec.parsed ?? job.parsed?.config,
    createdAt: looseText(spec, 'createdAt') ?? looseText(job, 'createdAt'),
    trainer: trainer.parsed,
    isAlive: trainer.parsed === undefined ? undefined : isAlive(trainer.parsed),
    isUnfinishedJob: isUnfinishedJob(folder),
    strength: strength.parsed,
    prompts: (prompts.parsed?.prompts ?? []).map(({ text, source, reference }) => ({
      ...{ text, source },
      ...(reference === undefined ? {} : { reference }),
    })),
    copies: manifest.parsed?.added.map(({ layer, source }) => ({ layer, source })) ?? [],
    exported: lastMeasured(
      exportsThere(folder, { noted: exports.parsed, report: report.parsed, job: job.parsed }),
    ),
    exists: existsSync(folder),
    hasConfig: spec.raw !== undefined || job.raw !== undefined,
    problems,
  };
}

interface Fact<T> {
  /** What the file holds, whether it fits or not. */
  readonly raw: unknown;
  readonly parsed: T | undefined;
}

async function readFact<const S extends v.GenericSchema>(
  file: string,
  schema: S,
  format: string,
  problems: RunProblem[],
): Promise<Fact<v.InferOutput<S>>> {
  const nothing = { raw: undefined, parsed: undefined };
  const report = (message: string): void => {
    problems.push({ file, line: null, message });
  };
  let raw: unknown;
  try {
    raw = JSON.parse(await readFile(file, 'utf8'));
  } catch (error) {
    if (errorCode(error) !== 'ENOENT') {
      report(`it cannot be read as JSON (${messageOf(error)}): correct it`);
    }
    return nothing;
  }
  const parsed = v.safeParse(schema, raw);
  if (parsed.success) {
    return { raw, parsed: parsed.output };
  }
  report(newerFormat(raw, format) ?? fieldProblem(parsed.issues[0]));
  return { raw, parsed: undefined };
}

function newerFormat(raw: unknown, known: string): string | undefined {
  const format = looseText({ raw }, 'format');
  const [kind] = known.split('/');
  return format === undefined || format === known || !format.startsWith(`${kind}/`)
    ? undefined
    : `its format is "${format}", and this version of ADEPT reads "${known}": update ADEPT to see all of the run`;
}

function fieldProblem(issue: v.BaseIssue<unknown>): string {
  const path = v.getDotPath(issue);
  return `${path === null ? 'the content' : `"${path}"`} is not usable (${issue.message}): correct it`;
}

/** The value at a path of keys, also of a file that does not fit as a whole. */
function loose({ raw }: { readonly raw: unknown }, keys: readonly string[]): unknown {
  return keys.reduce<unknown>(
    (value, key) =>
      typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[key] : undefined,
    raw,
  );
}

function looseText(fact: { readonly raw: unknown }, ...keys: readonly string[]): string | undefined {
  const value = loose(fact, keys);
  return typeof value === 'string' ? value : undefined;
}

function looseNumber(fact: { readonly raw: unknown }, ...keys: readonly string[]): number | undefined {
  const value = loose(fact, keys);
  return Number.isInteger(value) && (value as number) >= 0 ? (value as number) : undefined;
}
