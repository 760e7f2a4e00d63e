import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { EXPANSION_MANIFEST } from '../../shared/manifest';
import { JOB_FILES, JobFile, type JobReport } from '../../shared/job';
import { parseWith } from '../../shared/parse';
import type { RunConfig } from '../../shared/runConfig';
import type { NewRunEvent, RunEvent, RunSpec } from '../../shared/runFolder';
import { readManifest } from '../adept/manifest';
import { EventLog } from '../../node/eventLog';
import { readJson, writeJson } from '../../node/jsonFile';
import { RunFolder } from '../../node/runFolder';
import type { Engine } from '../engine/engine';
import { parameterCount, parametersPerLayer } from '../../shared/model/architecture';
import { readModelConfig } from '../model/config';
import type { Task } from '../task';
import { analyze } from './analyze';
import { evaluateChoices } from './evaluate';
import { expand } from './expand';
import { exportModel } from './exportModel';
import { readTuneInput } from './tuneInput';
import { tuneRun } from './tuneRun';
import type { TuneHooks, TuneOutcome } from './tuneSession';

/** Makes the run folder of a whole job. @throws AdeptError (input) when the folder is not empty. */
export function createJob(config: RunConfig): RunFolder {
  readModelConfig(config.model);
  const run = RunFolder.create(config.out);
  writeJson(join(run.path, JOB_FILES.job), {
    format: 'adept.job/1',
    createdAt: new Date().toISOString(),
    config,
  });
  return run;
}

/** The job of a run folder; undefined when `adept tune` made it. */
export function readJob(path: string): JobFile | undefined {
  const file = join(path, JOB_FILES.job);
  return existsSync(file) ? parseWith(JobFile, readJson(file), file) : undefined;
}

export type JobOutcome =
  | { readonly status: 'done'; readonly report: JobReport }
  | { readonly status: 'stopped'; readonly step: number };

/**
 * Analyze, expand, tune, evaluate, export. Each stage's result appears whole in the run folder, and a stage whose result
 * is there is not done again: resuming is running the job once more.
 */
export async function runJob(
  run: RunFolder,
  config: RunConfig,
  engine: Engine,
  hooks: TuneHooks,
): Promise<JobOutcome> {
  return new WholeJob(run, config, engine, hooks).run();
}

class WholeJob {
  private readonly seconds: Record<string, number> = {};

  constructor(
    private readonly folder: RunFolder,
    private readonly config: RunConfig,
    private readonly engine: Engine,
    private readonly hooks: TuneHooks,
  ) {}

  async run(): Promise<JobOutcome> {
    await this.timed('analyze', () => this.analyze());
    await this.timed('expand', () => this.expand());
    this.writeSpec();
    const accuracyBefore = await this.timed('choices before', () => this.accuracy(this.tunedModel()));
    const tuned = await this.timed('tune', () =>
      tuneRun(this.folder, readTuneInput(this.folder.readSpec()), this.engine, this.hooks),
    );
    if (tuned.status === 'stopped') {
      return { status: 'stopped', step: tuned.step };
    }
    const exported = await this.timed('export', () => this.export(tuned.step));
    const accuracyAfter = await this.timed('choices after', () => this.accuracy(exported));
    const report = this.report(tuned, exported, accuracyBefore, accuracyAfter);
    writeJson(this.place('report'), report);
    return { status: 'done', report };
  }

  private place(name: keyof typeof JOB_FILES): string {
    return join(this.folder.path, JOB_FILES[name]);
  }

  private async timed<T>(stage: string, work: () => Promise<T>): Promise<T> {
    const begin = performance.now();
    const result = await work();
    this.seconds[stage] = (performance.now() - begin) / 1000;
    return result;
  }

  private get task(): Task {
    return this.hooks.task;
  }

  private announce(status: (NewRunEvent & { type: 'status' })['status']): void {
    const log = EventLog.open(this.folder.file('events'), (event: RunEvent) => {
      this.hooks.onEvent(event);
    });
    log.append({ type: 'status', status, engine: { ...this.engine.describe() } });
    log.close();
  }

  private async analyze(): Promise<void> {
    if (existsSync(this.folder.file('importance'))) {
      return;
    }
    this.announce('analyzing');
    const { model, probe, analyze: settings } = this.config;
    this.folder.writeImportance(await analyze(this.engine, { model, probe, settings }, this.task));
  }

  /** The model that is tuned: the expanded one, or with `tune.full` the original. */
  private tunedModel(): string {
    return this.config.tune.full ? this.config.model : this.place('expanded');
  }

  private async expand(): Promise<void> {
    const out = this.place('expanded');
    const done = readIfWhole(out)?.equivalence;
    if (this.config.tune.full || done) {
      return;
    }
    this.announce('expanding');
    // What an interrupted expansion left behind is this job's own.
    rmSync(out, { recursive: true, force: true });
    const { model, probe, expand: choice } = this.config;
    const importance = this.folder.file('importance');
    this.folder.writeManifest(
      await expand(this.engine, { model, out, choice, importance, probe }, this.task),
    );
  }

  private writeSpec(): void {
    if (existsSync(this.folder.file('spec'))) {
      return;
    }
    const { probe, domain, eval: evaluation, engine, tune } = this.config;
    const spec: RunSpec = {
      format: 'adept.run/1',
      createdAt: new Date().toISOString(),
      model: this.tunedModel(),
      probe,
      domain,
      eval: evaluation,
      engine,
      importance: this.folder.file('importance'),
      tune,
    };
    this.folder.writeSpec(spec);
  }

  private async accuracy(model: string): Promise<number | null> {
    const { choices } = this.config;
    if (choices === undefined) {
      return null;
    }
    this.announce('evaluating');
    return (await evaluateChoices(this.engine, model, choices.files, choices.maxQuestions, this.task))
      .accuracy;
  }

  private async export(step: number): Promise<string> {
    const out = this.config.export.out ?? this.place('exported');
    const own = this.config.export.out === undefined;
    if (existsSync(join(out, 'config.json')) && own) {
      return out;
    }
    this.announce('exporting');
    if (own) {
      rmSync(out, { recursive: true, force: true });
    }
    return (await exportModel(this.folder, { out, step, alpha: this.config.export.alpha }, this.task)).out;
  }

  private report(
    tuned: TuneOutcome,
    exported: string,
    accuracyBefore: number | null,
    accuracyAfter: number | null,
  ): JobReport {
    const before = readModelConfig(this.config.model);
    const after = readModelConfig(this.tunedModel());
    const added = readManifest(this.tunedModel())?.added ?? [];
    return {
      format: 'adept.report/1',
      model: this.config.model,
      out: this.folder.path,
      exported,
      engine: { ...this.engine.describe() },
      layers: {
        before: before.numHiddenLayers,
        after: after.numHiddenLayers,
        expanded: added.map(({ source }) => source),
      },
      parameters: {
        before: parameterCount(before),
        after: parameterCount(after),
        trained: this.config.tune.full ? parameterCount(after) : added.length * parametersPerLayer(after),
      },
      steps: tuned.step,
      before: { ...tuned.before, accuracy: accuracyBefore },
      after: { domainLoss: tuned.domainLoss, generalLoss: tuned.generalLoss, accuracy: accuracyAfter },
      seconds: this.seconds,
      peakMemory: process.resourceUsage().maxRSS * 1024,
    };
  }
}

/** The manifest of an expansion that was finished: config.json is written last. */
function readIfWhole(folder: string): ReturnType<typeof readManifest> {
  const whole = existsSync(join(folder, EXPANSION_MANIFEST)) && existsSync(join(folder, 'config.json'));
  return whole ? readManifest(folder) : undefined;
}
