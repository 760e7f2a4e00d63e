import { existsSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type * as v from 'valibot';
import { version } from '../../../package.json';
import type { Curve } from '../../shared/common/curve';
import { messageOf } from '../../shared/common/errors';
import { parseWith } from '../../shared/common/parse';
import { importanceTable, type ImportanceTable } from '../../shared/heatmap/importanceTable';
import { ImportanceFile } from '../../shared/method/importance';
import { hubNameOf } from '../../shared/model/hubName';
import { modelName } from '../../shared/model/modelName';
import type { HarnessResult } from '../../shared/run/harness';
import { JOB_FILES, JobReport } from '../../shared/run/job';
import { ExpansionManifest } from '../../shared/run/manifest';
import type { RunSpec } from '../../shared/run/runFolder';
import type { RunMark } from '../../shared/run/runMark';
import { NO_NOTES, type WrittenNotes } from '../../shared/run/runNotes';
import { evaluatedTexts, namedTexts, type NamedText } from '../../shared/run/runTexts';
import type { ScorePoint } from '../../shared/run/scores';
import { StrengthFile } from '../../shared/run/strength';
import { TrainingClock } from '../../shared/run/trainingSeconds';
import { pathsOf } from '../../shared/texts/texts';
import type { TuneSettings } from '../../shared/settings/tuneSettings';
import type { AnswerRound, EvalPoint, RunSummary, RunUpdate, ShownPrompt } from '../../shared/webview/run';
import { readJson } from '../files/jsonFile';
import { readJob } from '../job/jobFile';
import { settingsOf } from '../run/changeSettings';
import { eventsOfLog } from '../run/eventsOfLog';
import { readHarnessResults } from '../run/harnessResults';
import { HistoryReader } from '../run/historyReader';
import { listExports, type RunExport } from '../run/runExports';
import { readRunFiles } from '../run/runFiles';
import type { RunFolder } from '../run/runFolder';
import { importanceFileOf } from '../run/runImportance';
import { readNotes } from '../run/runNotes';
import { runSummary } from '../runPage/runSummary';
import { namesOnly } from './namesOnly';

/** All that a report says of a run, without where anything lies. What is undefined was not measured, or cannot be read. */
export interface ReportFacts {
  /** ISO 8601. */
  readonly madeAt: string;
  readonly version: string;
  readonly summary: RunSummary;
  /** What people call the model that was given. */
  readonly model: string | undefined;
  readonly tune: TuneSettings | undefined;
  readonly changes: RunSpec['changes'];
  readonly texts: readonly NamedText[];
  readonly evaluated: ReturnType<typeof evaluatedTexts> | undefined;
  readonly evals: readonly EvalPoint[];
  readonly checkpoints: readonly EvalPoint[];
  readonly curves: Readonly<Record<'loss' | 'lossMeans' | 'learningRate' | 'tokensPerSecond', Curve>>;
  readonly marks: readonly RunMark[];
  readonly units: NonNullable<RunUpdate['importance']>;
  readonly importance: MeasuredImportance | undefined;
  readonly manifest: ExpansionManifest | undefined;
  readonly strength: StrengthFile | undefined;
  readonly prompts: readonly ShownPrompt[];
  readonly answers: readonly AnswerRound[];
  readonly scores: readonly ScorePoint[];
  readonly harness: readonly HarnessResult[];
  readonly exports: readonly RunExport[];
  readonly job: JobReport | undefined;
  /** What computed last, as it describes itself. */
  readonly engine: Readonly<Record<string, unknown>>;
  /** Of its steps and refreshes alone. */
  readonly trainingSeconds: number;
  readonly notes: WrittenNotes;
  /** What could not be read, a sentence each. */
  readonly problems: readonly string[];
}

export interface MeasuredImportance extends Pick<ImportanceFile, 'mode' | 'probe'> {
  readonly table: ImportanceTable;
}

/**
 * Reads a run for its report. A file that cannot be used leaves its part out, and is named.
 * @throws the file system's error where the run's log cannot be read
 */
export async function readReportFacts(run: RunFolder): Promise<ReportFacts> {
  const files = await readRunFiles(run.path);
  const reader = new HistoryReader(run.file('events'));
  await reader.readOn();
  const { history } = reader;
  const clock = new TrainingClock();
  await eventsOfLog(run.file('events'), (event) => {
    clock.add(event);
  });
  const read = new Readings();
  const spec = read.of(() => (run.hasSpec() ? run.readSpec() : undefined));
  const texts = spec ?? read.of(() => readJob(run.path)?.config);
  const loss = history.loss.take(true);
  const facts: ReportFacts = {
    ...{ madeAt: new Date().toISOString(), version },
    summary: runSummary(
      run.path,
      files,
      history,
      { isTrusted: false, remoteName: undefined, pending: undefined },
      reader,
    ),
    model:
      files.model === undefined ? undefined : (hubNameOf(files.model, 'models') ?? modelName(files.model)),
    tune: read.of(() => settingsOf(run)),
    changes: spec?.changes,
    texts: texts === undefined ? [] : namedTexts(texts),
    evaluated: texts === undefined ? undefined : evaluatedTexts(texts),
    ...{ evals: history.evals, checkpoints: history.checkpoints, marks: history.marks.shown },
    curves: {
      ...{ loss: loss.extremes, lossMeans: loss.means },
      learningRate: history.learningRate.take(true).extremes,
      tokensPerSecond: history.tokensPerSecond.take(true).extremes,
    },
    units: history.units.since(0),
    importance: read.of(() => measuredImportance(importanceFileOf(run, spec))),
    manifest: read.of(() => parsedFile(run.file('manifest'), ExpansionManifest)),
    strength: read.of(() => parsedFile(run.file('strength'), StrengthFile)),
    prompts: files.prompts,
    answers: history.answers.rounds,
    scores: history.scores.points,
    harness: read.of(() => readHarnessResults(run)) ?? [],
    exports: read.of(() => listExports(run.path)) ?? [],
    job: read.of(() => parsedFile(join(run.path, JOB_FILES.report), JobReport)),
    engine: history.engine ?? files.trainer?.engine ?? {},
    trainingSeconds: clock.seconds,
    notes: read.of(() => readNotes(run.path)) ?? NO_NOTES,
    problems: [
      ...read.problems,
      ...history.problems.items.map(({ file, line, message }) => `${file}, line ${line}: ${message}`),
    ],
  };
  return namesOnly(facts, knownFolders(run, files.model, texts));
}

/** What can be read, and why the rest cannot. */
class Readings {
  readonly problems: string[] = [];

  of<T>(read: () => T): T | undefined {
    try {
      return read();
    } catch (error) {
      this.problems.push(messageOf(error));
      return undefined;
    }
  }
}

function measuredImportance(file: string | undefined): MeasuredImportance | undefined {
  if (file === undefined) {
    return undefined;
  }
  const importance = parseWith(ImportanceFile, readJson(file), file);
  const { mode, probe } = importance;
  return { mode, probe, table: importanceTable(importance, file) };
}

function parsedFile<const S extends v.GenericSchema>(file: string, schema: S): v.InferOutput<S> | undefined {
  return existsSync(file) ? parseWith(schema, readJson(file), file) : undefined;
}

/** Paths that errors and logs of the run may name; a space in one of them does not end it. */
function knownFolders(
  run: RunFolder,
  model: string | undefined,
  texts: Pick<RunSpec, 'domain' | 'probe'> | undefined,
): string[] {
  const named = [texts?.domain ?? [], texts?.probe ?? []].flatMap(pathsOf);
  return [run.path, ...(model === undefined ? [] : [model]), ...named]
    .flatMap((path) => [path, dirname(path)])
    .concat([homedir(), tmpdir(), process.cwd()])
    .filter((path) => dirname(path) !== path);
}
