import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { JOB_FILES, type JobReport } from '../../../shared/run/job';
import { asKeysOf } from '../../../shared/settings/naming';
import type { RunConfig } from '../../../shared/config/runConfig';
import type { NewRunEvent, RunSpec } from '../../../shared/run/runFolder';
import type { TextLosses } from '../../../shared/run/losses';
import { readEvents } from '../../../node/run/eventWriter';
import { recordedLosses } from '../../../node/run/runExports';
import { writeJson } from '../../../node/files/jsonFile';
import { clearIncomplete } from '../../../node/files/outputFolder';
import { RunFolder } from '../../../node/run/runFolder';
import type { Executor } from '../../executor/executor';
import { requireComputable } from '../../../node/model/modelConfig';
import { Cancelled, type Task } from '../../task';
import { analyze } from '../measure/analyze';
import { readImportanceOf } from '../measure/importanceInput';
import { evaluateChoices } from '../measure/evaluate';
import { expand } from '../model/expand';
import { exportModel } from '../model/exportModel';
import { lossesOfFolder, type Measuring } from '../model/exportedLosses';
import { jobReport } from './jobReport';
import { configTexts, jobAnalysis, readJobTexts, readsLater } from './jobInput';
import { checkResumePoint } from '../tune/resumePoint';
import { tokenShifts } from '../measure/tokenShift';
import { readTuneInput, type TuneInput } from '../tune/tuneInput';
import { RunLease, type RunHooks } from '../lease/runLease';
import type { TuneCorpora } from '../texts/tuneCorpora';
import { goOnWith, preparing, tuneAt, type Continuation } from '../tune/tuneRun';

/** Makes the run folder of a whole job. @throws AdeptError (input), begun by `label`, when the folder is not empty. */
export function createJob(config: RunConfig, label: string): RunFolder {
  requireComputable(config.model, config.engine);
  return RunFolder.create(config.out, label, ({ path }) => {
    writeJson(join(path, JOB_FILES.job), {
      format: 'adept.job/1',
      createdAt: new Date().toISOString(),
      config,
    });
  });
}

export type JobOutcome =
  | { readonly status: 'done'; readonly report: JobReport }
  | { readonly status: 'stopped'; readonly step: number; readonly because?: string };

/** What a job begins with, beside its configuration. */
export interface JobStart extends Continuation {
  /** The texts of its run, where they were read already: {@link checkJob}. */
  readonly corpora?: TuneCorpora | undefined;
}

/**
 * Analyze, expand, tune, evaluate, export. Each stage's result appears whole in the run folder, and a stage whose result
 * is there is not done again: resuming is running the job once more.
 */
export async function runJob(
  folder: RunFolder,
  config: RunConfig,
  executor: Executor,
  hooks: RunHooks,
  { from, changed, corpora }: JobStart = {},
): Promise<JobOutcome> {
  // Before anything is touched.
  readEvents(folder.file('events'));
  if (folder.hasSpec()) {
    const spec = folder.readSpec();
    checkResumePoint(folder, { ...spec, tune: changed?.tune ?? spec.tune }, from);
  }
  const status = preparing(config.tune);
  return RunLease.hold({ folder, engine: executor.description, hooks, status }, async (lease) => {
    if (changed !== undefined) {
      goOnWith(lease, changed);
    }
    try {
      return await new WholeJob(lease, config, executor, { from, corpora }).run();
    } catch (error) {
      if (error instanceof Cancelled) {
        lease.emit({ type: 'status', status: 'stopped' });
        return { status: 'stopped', step: 0 };
      }
      throw error;
    }
  });
}

class WholeJob {
  private readonly seconds: Record<string, number> = {};
  private input: TuneInput | undefined;

  constructor(
    private readonly lease: RunLease,
    private readonly config: RunConfig,
    private readonly executor: Executor,
    private readonly start: JobStart,
  ) {}

  private get folder(): RunFolder {
    return this.lease.folder;
  }

  async run(): Promise<JobOutcome> {
    const corpora = readsLater(this.config)
      ? await this.timed('read', () => this.readTexts())
      : this.start.corpora;
    await this.timed('analyze', () => this.analyze());
    await this.timed('expand', () => this.expand());
    await this.writeSpec(corpora);
    const accuracyBefore = await this.accuracy('choices before', this.tunedModel());
    const tuned = await this.timed('tune', () =>
      this.tuneInput().then((input) => tuneAt(this.lease, input, this.executor, this.start.from)),
    );
    if (tuned.status === 'stopped') {
      const { step, because } = tuned;
      return { status: 'stopped', step, ...(because === undefined ? {} : { because }) };
    }
    const { out: exported, losses } = await this.timed('export', () => this.export(tuned.step));
    const after = { ...losses, accuracy: await this.accuracy('choices after', exported) };
    const tokenShift = await this.timed('token shift', () => this.tokenShift(exported));
    const before = { ...tuned.before, accuracy: accuracyBefore };
    const { config, folder, seconds } = this;
    const { engine } = this.lease;
    const made = { config, folder, engine, seconds, model: this.tunedModel(), exported, step: tuned.step };
    const report = { ...jobReport(made, { before, after }), tokenShift };
    writeJson(this.pathOf('report'), report);
    this.lease.emit({ type: 'done', step: tuned.step, message: 'the whole job' });
    return { status: 'done', report };
  }

  private pathOf(name: keyof typeof JOB_FILES): string {
    return join(this.folder.path, JOB_FILES[name]);
  }

  private async timed<T>(stage: string, work: () => Promise<T>): Promise<T> {
    const begin = performance.now();
    const result = await work();
    this.seconds[stage] = (performance.now() - begin) / 1000;
    return result;
  }

  /** Says that a stage begins. @returns the task that it reports to */
  private announce(status: (NewRunEvent & { type: 'status' })['status']): Task {
    this.lease.emit({ type: 'status', status, engine: { ...this.lease.engine } });
    return this.lease.stageTask(status);
  }

  /** Texts that take long are read where the run shows how far that is; later stages find them stored. */
  private readTexts(): Promise<TuneCorpora> {
    const task = this.announce('reading');
    return readJobTexts(this.config, asKeysOf(join(this.folder.path, JOB_FILES.job)), task);
  }

  private async analyze(): Promise<void> {
    if (existsSync(this.folder.file('importance'))) {
      return;
    }
    const { model, probe, importance, expand: choice } = this.config;
    if (importance !== undefined) {
      this.folder.writeImportance(readImportanceOf(importance, model));
      return;
    }
    const task = this.announce('analyzing');
    const domain = 'contrast' in choice ? this.config.domain : undefined;
    this.folder.writeImportance(
      await analyze(
        this.executor,
        { model, probe, domain, settings: jobAnalysis(this.config), scratch: this.folder.path },
        task,
      ),
    );
  }

  /** The model that is tuned: the expanded one, or with `tune.full` the original. */
  private tunedModel(): string {
    return this.config.tune.full ? this.config.model : this.pathOf('expanded');
  }

  private async expand(): Promise<void> {
    if (this.config.tune.full || existsSync(this.folder.file('manifest'))) {
      return;
    }
    const out = this.pathOf('expanded');
    const task = this.announce('expanding');
    // What an interrupted expansion left behind is this job's own.
    rmSync(out, { recursive: true, force: true });
    const { model, probe, expand: choice } = this.config;
    const importance = this.folder.file('importance');
    this.folder.writeManifest(await expand(this.executor, { model, out, choice, importance, probe }, task));
  }

  private async writeSpec(corpora: TuneCorpora | undefined): Promise<void> {
    if (existsSync(this.folder.file('spec'))) {
      return;
    }
    const { engine, ranks, dtype, tune, answers, evalTasks } = this.config;
    const spec: RunSpec = {
      format: 'adept.run/1',
      createdAt: new Date().toISOString(),
      model: this.tunedModel(),
      ...configTexts(this.config),
      engine,
      ...(ranks === undefined ? {} : { ranks }),
      ...(dtype === undefined ? {} : { dtype }),
      importance: this.folder.file('importance'),
      tune,
      ...(answers === undefined ? {} : { answers }),
      ...(evalTasks === undefined ? {} : { evalTasks }),
    };
    const naming = asKeysOf(join(this.folder.path, JOB_FILES.job));
    this.input = await readTuneInput(spec, naming, this.lease.task, corpora);
    this.folder.writeSpec(this.input.spec);
  }

  /** What the run depends on, read and checked once. */
  private async tuneInput(): Promise<TuneInput> {
    const { folder, lease } = this;
    this.input ??= await readTuneInput(folder.readSpec(), asKeysOf(folder.file('spec')), lease.task);
    return this.input;
  }

  private async accuracy(stage: string, model: string): Promise<number | null> {
    const { choices } = this.config;
    if (choices === undefined) {
      return null;
    }
    const task = this.announce('evaluating');
    const { accuracy } = await this.timed(stage, () =>
      evaluateChoices(this.executor, model, choices.files, choices, task),
    );
    return accuracy;
  }

  /** On the run's evaluation texts. */
  private async tokenShift(after: string): Promise<JobReport['tokenShift']> {
    const { domainEval, generalEval } = (await this.tuneInput()).corpora;
    const task = this.announce('evaluating');
    const [domain, general] = await tokenShifts(
      this.executor,
      { before: this.config.model, after },
      [domainEval, generalEval],
      task,
    );
    return domain && general && { domain, general };
  }

  /** The exported model, and what its files compute. */
  private async export(step: number): Promise<{ readonly out: string; readonly losses: TextLosses }> {
    const { out = this.pathOf('exported'), alpha, dtype } = this.config.export;
    const { executor, folder } = this;
    const { corpora } = await this.tuneInput();
    const begun = readEvents(folder.file('events')).some(
      (event) => event.type === 'status' && event.status === 'exporting',
    );
    if (begun) {
      // The folder was empty when this job began to fill it.
      clearIncomplete(out);
      if (existsSync(join(out, 'config.json'))) {
        const task = this.announce('evaluating');
        const losses =
          recordedLosses(folder.path, out) ?? (await lossesOfFolder(executor, out, corpora, task));
        return { out, losses };
      }
    }
    const task = this.announce('exporting');
    const naming = asKeysOf(join(folder.path, JOB_FILES.job));
    const measuring: Measuring = { use: (work) => work(executor), corpora, required: true };
    const made = await exportModel(folder, { out, step, alpha, dtype, naming, measuring }, task);
    if (made.warning !== undefined) {
      this.lease.emit({ type: 'log', level: 'warn', message: made.warning });
    }
    if (made.after === null) {
      throw new Error('An export whose losses are required has them.');
    }
    return { out: made.out, losses: made.after };
  }
}
