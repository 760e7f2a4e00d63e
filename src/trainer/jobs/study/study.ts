import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import { failure, messageOf } from '../../../shared/common/errors';
import { readJson, writeJson } from '../../../node/files/jsonFile';
import { readModelOutline } from '../../../node/model/modelConfig';
import { RunFolder } from '../../../node/run/runFolder';
import { JOB_FILES, JobReport } from '../../../shared/run/job';
import { parseWith } from '../../../shared/common/parse';
import type { RunConfig } from '../../../shared/config/runConfig';
import { RUN_FILES, type RunEvent } from '../../../shared/run/runFolder';
import { StudyRun, type StudyConfig, type StudyFile } from '../../../shared/study/study';
import type { Executor } from '../../executor/executor';
import { subtask, type Task } from '../../task';
import { analyze, watching } from '../measure/analyze';
import { StudyFolder, type PlannedRun } from './studyFolder';
import { createJob, runJob, type JobOutcome } from '../whole/wholeJob';

export interface StudyHooks {
  readonly task: Task;
  readonly onEvent: (run: string, event: RunEvent) => void;
}

// Of the bar; importance is measured once.
const IMPORTANCE_SHARE = 0.05;

/**
 * Runs a job with every arm and every seed that a study names: the same data in the same order for all arms of a seed, the
 * same number of steps. What is done is not done again, and a run that was interrupted goes on from its last checkpoint: running the
 * study once more resumes it. Layer importance is measured once. A run that fails is noted, and the others go on.
 * @returns what is done; all of it unless the task was cancelled, or runs failed
 * @throws AdeptError (input) when the folder holds another study
 */
export async function runStudy(
  study: StudyConfig,
  base: RunConfig,
  executor: Executor,
  { task, onEvent }: StudyHooks,
): Promise<StudyFile> {
  const folder = await StudyFolder.open(study, base, executor.description);
  const { planned } = folder;
  const share = (done: number): number => IMPORTANCE_SHARE + ((1 - IMPORTANCE_SHARE) * done) / planned.length;
  let importance: string | undefined;
  for (const [index, run] of planned.entries()) {
    if (folder.isDone(run)) {
      continue;
    }
    const part = subtask(task, share(index), share(index + 1));
    importance ??= await sharedImportance(
      folder,
      base,
      study.k,
      executor,
      subtask(task, 0, IMPORTANCE_SHARE),
    );
    try {
      const report = await runArm(
        folder,
        run,
        { importance, keep: study.variants[run.arm]?.keep ?? study.keep },
        executor,
        {
          task: part,
          onEvent,
        },
      );
      if (report === undefined) {
        break;
      }
      folder.record({ ...run, report: v.parse(StudyRun.entries.report, report) });
    } catch (error) {
      folder.recordFailure({ ...run, message: messageOf(error) });
    }
  }
  return folder.file;
}

async function sharedImportance(
  folder: StudyFolder,
  base: RunConfig,
  k: number,
  executor: Executor,
  task: Task,
): Promise<string> {
  if (base.importance !== undefined) {
    return base.importance;
  }
  const file = folder.importanceFile;
  if (!existsSync(file)) {
    const { model, probe } = base;
    const settings = watching(base.analyze, k, readModelOutline(model).numHiddenLayers);
    writeJson(file, await analyze(executor, { model, probe, settings, scratch: folder.path }, task));
  }
  return file;
}

interface ArmOptions {
  readonly importance: string;
  readonly keep: boolean;
}

/**
 * @returns undefined when it was stopped
 * @throws AdeptError when it fails, or ends early because it forgets too much
 */
async function runArm(
  folder: StudyFolder,
  run: PlannedRun,
  { importance, keep }: ArmOptions,
  executor: Executor,
  hooks: StudyHooks,
): Promise<JobReport | undefined> {
  const { config, begun } = folder.jobOf(run, importance);
  const { out } = config;
  const file = join(out, JOB_FILES.report);
  if (!existsSync(file)) {
    const outcome = await runJob(
      begun ? RunFolder.at(out) : createJob(config, out),
      config,
      executor,
      hooksOf(run, hooks),
    );
    if (outcome.status === 'stopped') {
      requireAsked(outcome);
      return undefined;
    }
  }
  if (!keep) {
    for (const part of [JOB_FILES.expanded, JOB_FILES.exported, RUN_FILES.checkpoints]) {
      rmSync(join(out, part), { recursive: true, force: true });
    }
  }
  return parseWith(JobReport, readJson(file), file);
}

/** @throws AdeptError (failure) saying why it stopped, where nobody asked for it: it will not go on by itself. */
function requireAsked({ step, because }: JobOutcome & { status: 'stopped' }): void {
  if (because !== undefined) {
    throw failure(`stopped at step ${step}: ${because}`);
  }
}

/** Says of everything which run it belongs to. */
function hooksOf({ arm, seed }: PlannedRun, { task, onEvent }: StudyHooks): Parameters<typeof runJob>[3] {
  const name = `${arm}-${seed}`;
  return {
    task: {
      ...task,
      report: (fraction, message) => {
        task.report(fraction, `${name}: ${message}`);
      },
    },
    onEvent: (event) => {
      onEvent(name, event);
    },
  };
}
