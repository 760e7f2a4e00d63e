import type { CheckpointInfo } from '../../node/run/checkpointList';
import type { RunStatus } from '../../node/run/runStatus';
import { rounded, roundedOrNull, shortened, shortText } from '../../shared/assistants/shortened';
import type { RunDetailResult, RunListResult, RunRow } from '../../shared/assistants/toolResults';
import { modelName } from '../../shared/model/modelName';
import type { NamedText } from '../../shared/run/runTexts';
import { TUNE_SETTINGS, type TuneSettings } from '../../shared/settings/tuneSettings';
import type { Setting } from '../../shared/settings/settingTable';
import type { RunSummary } from '../../shared/webview/run';
import { nameOf, type RunEntry } from '../runs/runEntry';

const MOST_RUNS = 20;
const MOST_CHECKPOINTS = 20;
const MOST_FILES = 8;
const MOST_LAYERS = 64;
const MOST_LINES = 8;
const LONGEST_TEXT = 500;
const UNIT = 'nats per token';

/** What a language model is told of all runs, living ones first. */
export function runListReport(runs: readonly RunEntry[]): RunListResult {
  const { kept, omitted } = shortened(runs, MOST_RUNS);
  return { runs: kept.map(runRowReport), omittedRuns: omitted, unit: UNIT };
}

function runRowReport(run: RunEntry): RunRow {
  const { status, problem, launch } = run;
  return {
    run: nameOf(run),
    folder: run.path,
    state: run.state,
    step: status?.step ?? 0,
    steps: status?.steps ?? null,
    ...losses(status),
    startedAt: status?.createdAt ?? launch?.startedAt ?? null,
    problem: problem === undefined ? null : shortText(problem, LONGEST_TEXT),
  };
}

function losses(status: RunStatus | undefined): Pick<RunRow, 'domainLoss' | 'generalLoss'> {
  const { before, best, domainLoss, generalLoss } = status ?? {};
  return {
    domainLoss: {
      before: roundedOrNull(before?.domainLoss),
      now: roundedOrNull(domainLoss),
      best: roundedOrNull(best?.domainLoss),
    },
    generalLoss: {
      before: roundedOrNull(before?.generalLoss),
      now: roundedOrNull(generalLoss),
      atBest: roundedOrNull(best?.generalLoss),
    },
  };
}

/** All that is read of one run. What is undefined cannot be read. */
export interface RunSources {
  readonly run: RunEntry;
  readonly summary: RunSummary;
  readonly checkpoints: readonly CheckpointInfo[];
  readonly tune: TuneSettings | undefined;
  readonly texts: readonly NamedText[];
}

/** What a language model is told of one run. */
export function runDetailReport({ run, summary, checkpoints, tune, texts }: RunSources): RunDetailResult {
  const { status } = run;
  const { progress, engine, exported } = summary;
  const last = shortened([...checkpoints].reverse(), MOST_CHECKPOINTS);
  const because = status?.because ?? null;
  const error = summary.error ?? status?.error ?? null;
  return {
    ...runRowReport(run),
    unit: UNIT,
    model: summary.model === null ? null : modelName(summary.model),
    stage: progress?.stage ?? status?.stage ?? null,
    stageFraction: roundedOrNull(progress?.fraction),
    secondsLeft: summary.secondsLeft === null ? null : Math.round(summary.secondsLeft),
    silentSeconds: summary.silentSeconds,
    trainingLoss: roundedOrNull(summary.trainingLoss?.now),
    bestStep: status?.best?.step ?? null,
    exported:
      exported === null
        ? null
        : {
            name: exported.name,
            step: exported.step,
            dtype: exported.dtype,
            domainLoss: roundedOrNull(exported.losses.domainLoss),
            generalLoss: roundedOrNull(exported.losses.generalLoss),
          },
    copiedLayers: shortened(
      summary.copies.map(({ source }) => source),
      MOST_LAYERS,
    ).kept,
    checkpoints: last.kept.map(checkpointFacts),
    omittedCheckpoints: last.omitted,
    settings: tune === undefined ? {} : spokenSettings(tune),
    texts: texts.map(({ role, names }) => {
      const { kept, omitted } = shortened(names, MOST_FILES);
      return { role, files: kept, omittedFiles: omitted };
    }),
    engine: engine === null ? null : `${engine.engine}, ${engine.device}`,
    stoppedBecause: because === null ? null : shortText(because, LONGEST_TEXT),
    error: error === null ? null : shortText(error, LONGEST_TEXT),
    lastLogLines: summary.lastLines.slice(-MOST_LINES).map((line) => shortText(line, LONGEST_TEXT)),
  };
}

function checkpointFacts(info: CheckpointInfo): RunDetailResult['checkpoints'][number] {
  const { step, label, domainLoss, generalLoss, problem } = info;
  return {
    step,
    label,
    domainLoss: roundedOrNull(domainLoss),
    generalLoss: roundedOrNull(generalLoss),
    problem: problem === null ? null : shortText(problem, LONGEST_TEXT),
  };
}

/** Those that are not at their default. */
function spokenSettings(tune: TuneSettings): RunDetailResult['settings'] {
  const table: Readonly<Record<string, Setting>> = TUNE_SETTINGS;
  const given = Object.entries(tune).flatMap(([name, value]) =>
    value === table[name]?.default
      ? []
      : [[name, typeof value === 'number' ? rounded(value) : value] as const],
  );
  return Object.fromEntries(given);
}
