import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import * as v from 'valibot';
import { inputError } from '../../shared/errors';
import { RunFolder } from '../../node/runFolder';
import { readJson, writeJson } from '../../node/jsonFile';
import { JOB_FILES, JobReport } from '../../shared/job';
import { parseWith } from '../../shared/parse';
import type { RunConfig } from '../../shared/runConfig';
import { RUN_FILES, type RunEvent } from '../../shared/runFolder';
import { armConfig, StudyFile, StudyRun, studySettings, waysOf, type StudyConfig } from '../../shared/study';
import type { Engine } from '../engine/engine';
import { subtask, type Task } from '../task';
import { analyze } from './analyze';
import { createJob, runJob } from './wholeJob';

export interface StudyHooks {
  readonly task: Task;
  readonly onEvent: (run: string, event: RunEvent) => void;
}

const STUDY_FILE = 'study.json';

/**
 * Runs a job in every way and with every seed that a study names: the same data in the same order for all arms of a seed, the
 * same number of steps. What is done is not done again, and a run that was interrupted goes on from its last checkpoint: running the
 * study once more resumes it. Layer importance is measured once.
 * @returns what is done; all of it unless the task was cancelled
 */
export async function runStudy(
  study: StudyConfig,
  base: RunConfig,
  engine: Engine,
  { task, onEvent }: StudyHooks,
): Promise<StudyFile> {
  mkdirSync(study.out, { recursive: true });
  const known = knownRuns(study, base);
  let importance: string | undefined;
  const plan = study.seeds.flatMap((seed) => waysOf(study).map((arm) => ({ arm, seed })));
  const runs: StudyRun[] = [];
  const withKnown = (): StudyRun[] => [...runs, ...known.filter((run) => !runs.includes(run))];
  for (const [index, { arm, seed }] of plan.entries()) {
    const found = known.find((run) => run.arm === arm && run.seed === seed);
    if (found !== undefined) {
      runs.push(found);
      continue;
    }
    const share = (done: number): number => 0.05 + (0.95 * done) / plan.length;
    const part = subtask(task, share(index), share(index + 1));
    importance ??= await sharedImportance(study, base, engine, subtask(task, 0, 0.05));
    const report = await runArm({ study, base, arm, seed, importance }, engine, { task: part, onEvent });
    if (report === undefined) {
      break;
    }
    runs.push({ arm, seed, report: v.parse(StudyRun.entries.report, report) });
    writeStudy(study, base, withKnown());
  }
  return writeStudy(study, base, withKnown());
}

/** The runs that a study.json in the folder holds. @throws AdeptError (input) when they were made with other settings. */
function knownRuns(study: StudyConfig, base: RunConfig): StudyRun[] {
  const file = join(study.out, STUDY_FILE);
  if (!existsSync(file)) {
    return [];
  }
  const { settings, variants, runs } = parseWith(StudyFile, readJson(file), file);
  const changed = Object.keys(study.variants).some(
    (name) =>
      runs.some(({ arm }) => arm === name) && !isDeepStrictEqual(variants[name], study.variants[name]),
  );
  if (changed || !isDeepStrictEqual(settings, asJson(studySettings(base, study)))) {
    throw inputError(
      `${file}: its runs were made with other settings: name another folder in "out", or remove that file to begin anew.`,
    );
  }
  return runs;
}

function asJson(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}

async function sharedImportance(
  study: StudyConfig,
  base: RunConfig,
  engine: Engine,
  task: Task,
): Promise<string> {
  if (base.importance !== undefined) {
    return base.importance;
  }
  const file = join(study.out, RUN_FILES.importance);
  if (!existsSync(file)) {
    const { model, probe, analyze: settings } = base;
    writeJson(file, await analyze(engine, { model, probe, settings, scratch: study.out }, task));
  }
  return file;
}

interface ArmRun {
  readonly study: StudyConfig;
  readonly base: RunConfig;
  readonly arm: string;
  readonly seed: number;
  readonly importance: string;
}

/** @returns undefined when it was stopped */
async function runArm(
  { study, base, arm, seed, importance }: ArmRun,
  engine: Engine,
  { task, onEvent }: StudyHooks,
): Promise<JobReport | undefined> {
  const name = `${arm}-${seed}`;
  const out = join(study.out, 'runs', name);
  const file = join(out, JOB_FILES.report);
  if (!existsSync(file)) {
    const config = { ...armConfig(base, study, arm, seed, out), importance };
    const folder = existsSync(join(out, JOB_FILES.job)) ? RunFolder.at(out) : createJob(config, out);
    const hooks = {
      task: {
        ...task,
        report: (fraction: number, message: string) => {
          task.report(fraction, `${name}: ${message}`);
        },
      },
      onEvent: (event: RunEvent) => {
        onEvent(name, event);
      },
    };
    const outcome = await runJob(folder, config, engine, hooks);
    if (outcome.status === 'stopped') {
      return undefined;
    }
  }
  if (!study.keep) {
    for (const part of [JOB_FILES.expanded, JOB_FILES.exported, RUN_FILES.checkpoints]) {
      rmSync(join(out, part), { recursive: true, force: true });
    }
  }
  return parseWith(JobReport, readJson(file), file);
}

function writeStudy(study: StudyConfig, base: RunConfig, runs: readonly StudyRun[]): StudyFile {
  const { out, k, variants, seeds } = study;
  const file: StudyFile = {
    format: 'adept.study/1',
    createdAt: new Date().toISOString(),
    ...{ k, arms: waysOf(study), variants, seeds, settings: studySettings(base, study), runs: [...runs] },
  };
  writeJson(join(out, STUDY_FILE), file);
  return file;
}
