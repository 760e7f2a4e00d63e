import { existsSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import * as vscode from 'vscode';
import { failure, inputError } from '../../shared/common/errors';
import { JOB_FILES } from '../../shared/run/job';
import { RUN_FILES } from '../../shared/run/runFolder';
import { FromRun, RunSource, ToRun, type RunCommand, type RunTab } from '../../shared/webview/run';
import { curvesCsv } from '../../node/run/curvesCsv';
import { RunSubscription } from '../../node/runPage/runSubscription';
import type { ControlCommand } from '../../shared/run/protocol';
import type { RunController } from '../runs/runController';
import type { Services } from '../services/services';
import { revealFolder } from '../window/revealFolder';
import { saveAs } from '../window/saveAs';
import { tabTitle } from '../window/tabTitle';
import { VIEW_TYPES } from '../window/viewTypes';
import type { WebviewContent, WebviewHost } from '../webviews/webviewHost';
import { askLearningRate } from './askLearningRate';
import { openPanel, type PanelKind } from './panel';

export type RunPanelKind = PanelKind<typeof ToRun, typeof FromRun, typeof RunSource>;

/** The panel of a run: live curves, units over time, log, and buttons that control it. */
export function runPanelKind(controller: RunController): RunPanelKind {
  return {
    name: 'run',
    viewType: VIEW_TYPES.run,
    to: ToRun,
    from: FromRun,
    source: RunSource,
    title: ({ folder }) => titleOf(folder),
    connect: (host, { folder }, services, panel) =>
      new RunPanel(host, folder, { controller, services, panel }),
  };
}

interface PanelContext {
  readonly controller: RunController;
  readonly services: Services;
  readonly panel: vscode.WebviewPanel;
}

/** What answers the page of one run. */
export class RunPanel implements WebviewContent<FromRun> {
  private static readonly open = new Map<string, RunPanel>();
  private wanted: RunTab | undefined;
  private isReady = false;
  private wasMeasuring = false;
  private readonly session: RunSubscription;
  private readonly controller: RunController;
  private readonly log: Services['log'];
  private readonly panel: vscode.WebviewPanel;
  private readonly subscriptions: vscode.Disposable[];
  private pending: RunCommand | undefined;

  constructor(
    private readonly host: WebviewHost<typeof ToRun, typeof FromRun>,
    private readonly folder: string,
    { controller, services, panel }: PanelContext,
  ) {
    this.controller = controller;
    this.log = services.log;
    this.panel = panel;
    RunPanel.open.set(folder, this);
    this.session = new RunSubscription({
      folder,
      post: (message) => {
        this.post(message);
      },
      window: () => ({
        ...controller.about(folder),
        isTrusted: vscode.workspace.isTrusted,
        remoteName: vscode.env.remoteName,
        pending: this.pending,
      }),
    });
    this.subscriptions = [
      vscode.Disposable.from(
        controller.onDidChange(() => {
          this.standsOtherwise();
        }),
      ),
      panel.onDidChangeViewState(() => {
        if (!panel.visible) {
          this.session.hidden();
        }
      }),
      vscode.workspace.onDidGrantWorkspaceTrust(() => {
        this.session.refresh();
      }),
    ];
  }

  /** Shows a run: in the panel it has, or in a new one. */
  static show(folder: string, services: Services, controller: RunController): vscode.WebviewPanel {
    return openPanel(runPanelKind(controller), { folder }, services);
  }

  /** Shows a tab of the panel of a run, which is open. */
  static showTab(folder: string, tab: RunTab): void {
    const panel = RunPanel.open.get(folder);
    if (panel !== undefined) {
      panel.wanted = tab;
      panel.postWanted();
    }
  }

  ready(): void {
    this.isReady = true;
    this.session.ready();
    this.postWanted();
  }

  async receive(message: FromRun): Promise<void> {
    const { folder } = this;
    switch (message.type) {
      case 'openProblem':
        return this.openProblem(message.file, message.line);
      case 'measureStrength':
        requireTrust(folder);
        return this.controller.measureStrength(folder);
      case 'exportStrength': {
        requireTrust(folder);
        const { step, alpha, drop } = message;
        return this.controller.exportModel(folder, { step, alpha, drop });
      }
      case 'tryStrength': {
        requireTrust(folder);
        const { step, alpha, drop } = message;
        return this.controller.tryInPlayground(folder, { step, alpha, drop });
      }
      case 'zoom':
        this.session.zoomTo(message.range);
        return;
      case 'saveCurves':
        return this.save('curves.csv', await curvesCsv(join(folder, RUN_FILES.events)));
      case 'saveAnswers':
        return this.save('answers.csv', this.session.answersCsv());
      case 'savePicture':
        return this.save('curves.png', Buffer.from(message.png, 'base64'));
      case 'command':
        return this.receiveCommand(message.command);
    }
  }

  private async receiveCommand(command: RunCommand): Promise<void> {
    this.pending = command;
    this.session.refresh();
    try {
      await this.command(command);
    } finally {
      this.pending = this.pending === command ? undefined : this.pending;
      this.session.refresh();
    }
  }

  dispose(): void {
    if (RunPanel.open.get(this.folder) === this) {
      RunPanel.open.delete(this.folder);
    }
    this.session.dispose();
    vscode.Disposable.from(...this.subscriptions).dispose();
  }

  /** The page of a tab in the background is told nothing, but its title is seen. */
  private standsOtherwise(): void {
    const isMeasuring = this.controller.about(this.folder).isMeasuring === true;
    if (!this.panel.visible) {
      this.showProgress(this.controller.progressOf(this.folder));
    } else if (isMeasuring !== this.wasMeasuring) {
      this.session.refresh();
    }
    this.wasMeasuring = isMeasuring;
  }

  private showProgress(fraction: number | undefined): void {
    const done = fraction === undefined ? '' : ` · ${Math.floor(100 * fraction)}%`;
    const title = tabTitle(titleOf(this.folder), done);
    if (this.panel.title !== title) {
      this.panel.title = title;
    }
  }

  private post(message: ToRun): void {
    if ('summary' in message && message.summary !== undefined) {
      const { state, step, steps } = message.summary;
      const isUnderWay = (state === 'running' || state === 'paused') && steps !== null && step > 0;
      this.showProgress(isUnderWay ? step / Math.max(1, steps) : undefined);
    }
    this.host.post(message).then(undefined, (error: unknown) => {
      this.log.error(error instanceof Error ? error : String(error));
    });
  }

  private postWanted(): void {
    if (this.isReady && this.wanted !== undefined) {
      this.post({ type: 'showTab', tab: this.wanted });
      this.wanted = undefined;
    }
  }

  private async command(command: RunCommand): Promise<void> {
    const { folder } = this;
    switch (command) {
      case 'openConfig':
        return showFile(this.configFile());
      case 'openFolder':
        return revealFolder(folder);
      case 'openLog':
        return showFile(join(folder, RUN_FILES.events));
      case 'shareReport':
        return this.controller.shareReport(folder);
      case 'pause':
      case 'resume':
      case 'stop':
      case 'checkpoint':
      case 'setLearningRate':
        requireTrust(folder);
        return this.control(command);
      case 'export':
        requireTrust(folder);
        return this.controller.exportModel(folder);
      case 'runAgain':
        requireTrust(folder);
        return this.controller.runAgain(folder);
      case 'delete':
        requireTrust(folder);
        return this.controller.deleteRun(folder);
    }
  }

  private async control(method: ControlCommand): Promise<void> {
    if (method !== 'setLearningRate') {
      return this.controller.control(this.folder, { method });
    }
    const value = await askLearningRate(await this.controller.baseLearningRate(this.folder));
    return value === undefined ? undefined : this.controller.control(this.folder, { method, value });
  }

  private async save(ending: string, content: string | Uint8Array): Promise<void> {
    const name = `${basename(this.folder)}-${ending}`;
    const file = await saveAs(dirname(this.folder), name, content);
    if (file !== undefined) {
      await this.host.post({ type: 'saved', file });
    }
  }

  private configFile(): string {
    const inFolder = [JOB_FILES.job, RUN_FILES.spec].map((name) => join(this.folder, name));
    const file = [this.controller.configOf(this.folder) ?? '', ...inFolder].find((path) => existsSync(path));
    if (file === undefined) {
      throw inputError(
        `${this.folder} holds neither ${JOB_FILES.job} nor ${RUN_FILES.spec}: there is no configuration to open.`,
      );
    }
    return file;
  }

  private async openProblem(file: string, line: number | null): Promise<void> {
    // The page says which file; it may only be one of this run.
    if (relative(this.folder, file).startsWith('..')) {
      throw inputError(`${file} is no file of ${this.folder}: open it from the explorer.`);
    }
    await showFile(file, line ?? undefined);
  }
}

function titleOf(folder: string): string {
  return vscode.l10n.t('Run {0}', basename(folder));
}

async function showFile(file: string, line?: number): Promise<void> {
  const position = line === undefined ? undefined : new vscode.Position(line - 1, 0);
  await vscode.window.showTextDocument(vscode.Uri.file(file), {
    preview: true,
    ...(position === undefined ? {} : { selection: new vscode.Range(position, position) }),
  });
}

function requireTrust(folder: string): void {
  if (!vscode.workspace.isTrusted) {
    throw failure(
      vscode.l10n.t(
        '{0}: this workspace is not trusted, so nothing is started or controlled: trust it with "Workspaces: Manage Workspace Trust".',
        folder,
      ),
    );
  }
}
