import type { ControlRequest } from '../../shared/run/protocol';
import { dirname, join } from 'node:path';
import * as v from 'valibot';
import * as vscode from 'vscode';
import { inputError, messageOf } from '../../shared/common/errors';
import { omit } from '../../shared/common/omit';
import type { TorchCompute } from '../../node/job/runConfigEdit';
import type { ResumePoint } from '../../node/run/laterResults';
import type { RunTarget } from '../../node/job/runConfigFile';
import { PersistedValue } from '../window/persistedValue';
import { jobFolder } from '../window/folders';
import type { Children } from '../process/children';
import { readSetting } from '../window/settings';
import type { Exit } from '../process/detachedChild';
import { engineOfRun, requireEngine } from '../engines/engineMissing';
import { requireTrust } from '../window/trust';
import { endingText, type EndingText } from './endingText';
import { lastLogLinesOf, Launcher } from './launcher';
import { endingOf, isLive, isResumable, nameOf, type RunEntry } from './runEntry';
import { RunList } from './runList';
import { RunPaths } from './runPaths';
import { control, endProcess } from './trainerControl';

const EXIT_MILLISECONDS = 1000;
const Paths = v.array(v.string());
/** Of a launch that ended before it came to its run. */
const Failures = v.record(
  v.string(),
  v.object({ pid: v.number(), startedAt: v.string(), failure: v.string() }),
);
const Configs = v.record(v.string(), v.string());

/** How a run goes on. */
export interface Resumption {
  /** How torch computes it from now on; as before when left out. */
  readonly compute?: TorchCompute | undefined;
  /** The checkpoint to go on from; the last when left out. */
  readonly point?: ResumePoint | undefined;
  /** A *.adept.json whose settings it goes on with, as far as they may change. */
  readonly config?: string | undefined;
}

/** A run that ended, and what there is to say about it. */
export interface RunEnding extends EndingText {
  readonly run: RunEntry;
}

/** The runs of this workspace: which there are, how they are started and controlled, and what became of them. */
export class Runs implements vscode.Disposable {
  readonly list: RunList;
  private readonly ended = new vscode.EventEmitter<RunEnding>();
  /** Fires once for each run that ended, also for one that did while no host was there. */
  readonly onDidEnd = this.ended.event;
  private readonly moved = new vscode.EventEmitter<{ readonly from: string; readonly to: string }>();
  readonly onDidRename = this.moved.event;

  private readonly launcher: Launcher;
  private readonly paths: RunPaths;
  private readonly alive: PersistedValue<typeof Paths>;
  /** The *.adept.json of each run, the one that was started last at the end. */
  private readonly configs: PersistedValue<typeof Configs>;
  /** Why runs did not start, until they do or are removed. */
  private readonly failures: PersistedValue<typeof Failures>;
  /** The runs that open documents describe. */
  private readonly ofDocuments = new Map<string, string>();
  private readonly stopping = new Set<string>();
  private readonly exits = new Map<string, Exit>();

  constructor(
    context: vscode.ExtensionContext,
    private readonly children: Children,
    private readonly log: vscode.LogOutputChannel,
  ) {
    const { workspaceState } = context;
    this.paths = new RunPaths(context, log);
    this.alive = new PersistedValue(workspaceState, 'runs.alive', Paths, []);
    this.configs = new PersistedValue(workspaceState, 'runs.configs', Configs, {});
    this.failures = new PersistedValue(workspaceState, 'runs.notStarted', Failures, {});
    this.list = new RunList({
      parents: () => this.paths.parents,
      single: () => [...this.paths.single, ...this.alive.value, ...this.ofDocuments.values()],
    });
    this.launcher = new Launcher(join(jobFolder(context), 'runs'), this.list);
  }

  /** Finds the runs, re-attaches to the living ones, and reports those that ended while no host was there. */
  start(): void {
    const before = new Set(this.alive.value);
    this.list.onDidEnd.add((run) => {
      void this.report(run);
    });
    this.list.onDidChange.add(() => {
      const live = this.list.live.map(({ path }) => path);
      if (live.join('\n') !== this.alive.value.join('\n')) {
        void this.alive.set(live);
      }
    });
    for (const [path, launch] of Object.entries(this.failures.value)) {
      this.list.launched(path, launch);
    }
    this.list.start();
    for (const path of this.launcher.attachAll((error) => {
      this.log.warn(messageOf(error));
    })) {
      before.add(path);
    }
    for (const run of [...before].flatMap((path) => this.list.get(path) ?? [])) {
      if (isLive(run)) {
        this.log.info(`${nameOf(run)}: re-attached, ${run.state} (${run.path})`);
      } else {
        void this.report(run);
      }
    }
  }

  /**
   * Starts the whole job of a *.adept.json.
   * @param target what the file says, as it was read
   * @param out the run folder, instead of the one that the file names
   * @returns the run folder
   * @throws AdeptError when nothing can be started.
   */
  async run({ file: config, ...target }: RunTarget, out?: string): Promise<string> {
    const runtime = this.children.runtime(vscode.l10n.t('Start Tuning'));
    const path = out ?? target.out;
    const existing = this.list.get(path);
    if (existing !== undefined && isLive(existing)) {
      throw inputError(`${path} is being worked on already: stop it first, or name another "out".`);
    }
    const engine = target.engine === 'auto' ? readSetting('adept.engine', this.log) : 'auto';
    requireEngine(engine === 'auto' ? target.engine : engine);
    const args = [
      'run',
      '--config',
      config,
      '--engine',
      engine,
      ...(out === undefined ? [] : ['--out', out]),
    ];
    await this.remember(path);
    await this.forgetFailure(path);
    await this.configs.set({ ...omit(this.configs.value, path), [path]: config });
    await this.launcher.start(runtime, args, path, dirname(config));
    return path;
  }

  /** Starts a trainer for a run that nobody works on. @throws AdeptError when it cannot be started. */
  async resume(run: RunEntry, { compute, point, config }: Resumption = {}): Promise<void> {
    // A run that is done goes on from one of its checkpoints, or with more steps.
    const isContinued = point !== undefined || config !== undefined;
    if (!isResumable(run) && !(run.state === 'done' && isContinued)) {
      throw inputError(
        `${run.path} is ${run.state}: only a run that is paused or was interrupted can be resumed.`,
      );
    }
    const runtime = this.children.runtime(vscode.l10n.t('Resume'));
    requireEngine(compute === undefined ? engineOfRun(run.path) : 'torch');
    const args = [
      ...['resume', run.path],
      ...(point === undefined ? [] : ['--checkpoint', String(point.step)]),
      ...(point?.discardLater === true ? ['--discard-later'] : []),
      ...(config === undefined ? [] : ['--config', config]),
      ...computeArguments(compute),
    ];
    await this.forgetFailure(run.path);
    await this.launcher.start(runtime, args, run.path, dirname(run.path));
  }

  /** Asks the trainer of a run for something. @throws NoAnswer; AdeptError when no trainer works on it. */
  async control(run: RunEntry, request: ControlRequest): Promise<void> {
    requireTrust(nameOf(run));
    if (request.method === 'stop') {
      this.stopping.add(run.path);
    }
    await control(run, request);
    if (request.method === 'pause' || request.method === 'stop') {
      this.list.granted(run.path, request.method);
    } else {
      this.list.scan();
    }
  }

  /** Ends the process of a run without asking it; what it did since its last checkpoint is lost. */
  end(run: RunEntry): boolean {
    requireTrust(nameOf(run));
    this.stopping.add(run.path);
    return endProcess(run);
  }

  /** Keeps a run in the list that lies elsewhere. */
  async remember(path: string): Promise<void> {
    if (await this.paths.add(path)) {
      this.list.scan();
    }
  }

  /** Has the runs of a study in the list, also those to come. @param folder whose subfolders they are */
  async rememberStudy(folder: string): Promise<void> {
    if (await this.paths.addStudy(folder)) {
      this.list.scan();
    }
  }

  /** Whether a run is one of a study that was run or opened here. */
  isOfStudy(path: string): boolean {
    return this.paths.isOfStudy(path);
  }

  /** Takes a run out of the list whose folder is not there, or is there no longer. */
  async remove(path: string): Promise<void> {
    await this.configs.set(omit(this.configs.value, path));
    await this.paths.remove(path);
    await this.forgetFailure(path);
    this.list.forget(path);
  }

  /** The folder of a run, which nobody works on, has another name: what is remembered of it goes with it. */
  async renamed(from: string, to: string): Promise<void> {
    const config = this.configs.value[from];
    if (config !== undefined) {
      await this.configs.set({ ...omit(this.configs.value, from), [to]: config });
    }
    await this.paths.rename(from, to);
    await this.forgetFailure(from);
    this.list.forget(from);
    this.moved.fire({ from, to });
  }

  /** The run that was last started from a *.adept.json. */
  lastOf(config: string): string | undefined {
    return Object.entries(this.configs.value).findLast(([, file]) => file === config)?.[0];
  }

  /** The *.adept.json that a run was started from. */
  configOf(run: string): string | undefined {
    return this.configs.value[run];
  }

  /** How the last process of a run ended, where this host saw it. */
  exitOf(run: string): Exit | undefined {
    return this.exits.get(run);
  }

  /** Has the run of an open document in the list, wherever it lies. */
  follow(document: string, run: string | undefined): void {
    if (this.ofDocuments.get(document) === run) {
      return;
    }
    if (run === undefined) {
      this.ofDocuments.delete(document);
    } else {
      this.ofDocuments.set(document, run);
    }
    this.list.scan();
  }

  dispose(): void {
    this.list.dispose();
    this.ended.dispose();
    this.moved.dispose();
  }

  private async forgetFailure(path: string): Promise<void> {
    await this.failures.set(omit(this.failures.value, path));
  }

  private async report(run: RunEntry): Promise<void> {
    const exit = await this.launcher.exitOf(run.path, EXIT_MILLISECONDS);
    const asked = this.stopping.delete(run.path);
    if (exit === undefined) {
      this.exits.delete(run.path);
    } else {
      this.exits.set(run.path, exit);
    }
    const ending = endingText(run, exit, lastLogLinesOf(run.path), vscode.l10n);
    this.launcher.forget(run.path);
    if (endingOf(run) === 'notStarted' && !asked) {
      this.list.notStarted(run.path, ending.text);
      const { pid = 0, startedAt = '' } = run.launch ?? {};
      const launch = { pid, startedAt, failure: ending.text };
      await this.failures.set({ ...this.failures.value, [run.path]: launch });
    } else {
      this.list.forget(run.path);
    }
    this.log.info(ending.text);
    // Whoever ended it knows.
    this.ended.fire({ run, ...ending, ...(asked ? { severity: 'quiet' } : {}) });
  }
}

function computeArguments(compute: TorchCompute | undefined): string[] {
  return compute === undefined
    ? []
    : ['--engine', 'torch', '--ranks', String(compute.ranks), '--dtype', compute.dtype];
}
