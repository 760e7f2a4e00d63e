import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { JOB_FILES } from '../../shared/run/job';
import type { Localizer } from '../../shared/common/localizer';
import type { RowAction, RunRow } from '../../shared/runs/runRow';
import { studyOfRun } from '../../node/job/studyConfigFile';
import type { RunFacts } from '../../node/run/runFacts';
import type { RunPast } from '../../node/run/runPast';
import type { RunStatus } from '../../node/run/runStatus';
import { isLive, isResumable, nameOf, type RunEntry } from './runEntry';
import { activityText } from './runText';

/** What is known of a run beside its folder's small files. */
export interface RowContext {
  readonly hasConfig: boolean;
  readonly trusted: boolean;
  /** What its log says; undefined before that was read. */
  readonly past: Pick<RunPast, 'idleSeconds' | 'baseRate'> | undefined;
}

/** A run of the list as a row of the table. */
export function runRow(
  run: RunEntry,
  facts: RunFacts,
  { hasConfig, trusted, past }: RowContext,
  l10n: Localizer,
): RunRow {
  const { status } = run;
  return {
    path: run.path,
    name: nameOf(run),
    study: studyOfRun(run.path) ?? null,
    state: run.state,
    activity: run.problem ?? activityText(run, l10n),
    model: facts.model,
    layers: facts.layers === null ? null : [...facts.layers],
    learningRate: past?.baseRate ?? facts.learningRate,
    step: status?.step ?? 0,
    steps: status?.steps ?? null,
    domainChange: changeOf(status?.domainLoss, status?.before?.domainLoss),
    generalChange: changeOf(status?.generalLoss, status?.before?.generalLoss),
    seconds: secondsOf(status, past?.idleSeconds ?? 0),
    startedAt: status?.createdAt ?? run.launch?.startedAt ?? null,
    tags: [...facts.notes.tags],
    note: facts.notes.note,
    notesProblem: facts.notesProblem,
    actions: actionsOf(run, hasConfig).filter((action) => trusted || UNTRUSTED.has(action)),
  };
}

function changeOf(now: number | null | undefined, before: number | null | undefined): number | null {
  return now === null || now === undefined || before === null || before === undefined ? null : now - before;
}

function secondsOf(status: RunStatus | undefined, idle: number): number | null {
  const { createdAt = null, updatedAt = null } = status ?? {};
  const seconds =
    createdAt === null || updatedAt === null ? NaN : (Date.parse(updatedAt) - Date.parse(createdAt)) / 1000;
  return seconds >= 0 ? Math.max(0, seconds - idle) : null;
}

/** What only reads. */
const UNTRUSTED: ReadonlySet<RowAction> = new Set(['open', 'share']);

function actionsOf(run: RunEntry, hasConfig: boolean): RowAction[] {
  const isThere = existsSync(run.path);
  const possible: Readonly<Record<RowAction, boolean>> = {
    open: true,
    share: isThere,
    rename: isThere && !isLive(run),
    duplicate: hasConfig || existsSync(join(run.path, JOB_FILES.job)),
    resume: isResumable(run),
    queue: isResumable(run),
    delete: !isLive(run),
  };
  return (Object.keys(possible) as RowAction[]).filter((action) => possible[action]);
}
