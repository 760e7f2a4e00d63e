import { dirname } from 'node:path';
import * as vscode from 'vscode';
import { messageOf } from '../../shared/common/errors';
import { NOTES_FILE } from '../../shared/run/runNotes';
import { FromRuns, RunsSource, ToRuns, type TickedComparison } from '../../shared/webview/runs';
import { RunFactsReader } from '../../node/run/runFacts';
import { notesFile, writeNotes } from '../../node/run/runNotes';
import { CurvesOfRuns } from '../../node/runPage/runCurves';
import { PastOfRuns } from '../../node/runPage/runPasts';
import { Throttle } from '../../node/runPage/throttle';
import { compareSettings } from '../comparison/tickedSettings';
import { runRow } from '../runs/runRow';
import type { Services } from '../services/services';
import { workspaceFolders } from '../window/folders';
import { saveAs } from '../window/saveAs';
import { requireTrust } from '../window/trust';
import { VIEW_TYPES } from '../window/viewTypes';
import type { WebviewContent, WebviewHost } from '../webviews/webviewHost';
import { changedQueue, shownQueue } from './queueView';
import { actOnRow } from './rowActions';
import { openPanel, type PanelKind } from './panel';

/** A living run is news every second; a page of many of them is brought up to date this often. */
const UPDATE_MILLISECONDS = 400;

type Host = WebviewHost<typeof ToRuns, typeof FromRuns>;

/** What answers the page of all runs. */
class RunsPanel implements WebviewContent<FromRuns> {
  static shown: RunsPanel | undefined;
  private readonly facts = new RunFactsReader();
  private ticked: readonly string[] = [];
  private wanted: readonly string[] | undefined;
  private sentRows = '';
  private sentComparison = '';
  private readonly rowsThrottle = new Throttle(() => void this.postRows(), UPDATE_MILLISECONDS);
  private readonly curvesThrottle = new Throttle(() => void this.postCurves(), UPDATE_MILLISECONDS);
  private readonly curves = new CurvesOfRuns(() => {
    this.curvesThrottle.request();
  });
  private readonly past = new PastOfRuns(
    () => {
      this.rowsThrottle.request();
    },
    (error) => {
      this.services.log.warn(messageOf(error));
    },
  );
  private readonly subscriptions: { dispose(): void }[];

  constructor(
    private readonly host: Host,
    private readonly services: Services,
    panel: vscode.WebviewPanel,
  ) {
    RunsPanel.shown = this;
    const { runs } = services;
    this.subscriptions = [
      services.queue.runner.onDidChange.add(() => {
        void this.postQueue();
      }),
      runs.list.onDidChange.add(() => {
        this.rowsThrottle.request();
        this.curves.look();
      }),
      runs.onDidRename(({ from, to }) => {
        this.ticked = this.ticked.map((path) => (path === from ? to : path));
        void host.post({ type: 'renamed', from, to });
      }),
      vscode.workspace.onDidSaveTextDocument(({ uri }) => {
        if (uri.fsPath.endsWith(NOTES_FILE)) {
          this.rowsThrottle.request();
        }
      }),
      vscode.workspace.onDidGrantWorkspaceTrust(() => {
        this.rowsThrottle.request();
      }),
      panel.onDidChangeViewState(() => {
        if (!panel.visible) {
          this.rowsThrottle.close();
          this.curvesThrottle.close();
        }
      }),
    ];
  }

  /** Ticks these runs, now or when the page is there. */
  async tick(paths: readonly string[]): Promise<void> {
    this.wanted = paths;
    await this.postWanted();
  }

  async ready(): Promise<void> {
    this.sentRows = '';
    this.sentComparison = '';
    this.rowsThrottle.open();
    this.curvesThrottle.open();
    await this.postRows();
    await this.postCurves();
    await this.postWanted();
    void this.services.queue.runner.tick();
  }

  async receive(message: FromRuns): Promise<void> {
    switch (message.type) {
      case 'ticked':
        this.ticked = message.paths;
        this.curves.set(message.paths);
        await this.postComparison();
        await this.postCurves();
        break;
      case 'act':
        await actOnRow(message.action, message.path);
        break;
      case 'compare':
        await vscode.commands.executeCommand('adept.compareRuns', message.paths);
        break;
      case 'notes':
        await this.writeNotes(message);
        break;
      case 'openNotes':
        await vscode.window.showTextDocument(vscode.Uri.file(notesFile(message.path)));
        break;
      case 'saveCsv':
        await this.saveCsv(message.text);
        break;
      case 'queue':
      case 'queued':
        requireTrust(vscode.l10n.t('Queue'));
        await this.services.queue.runner.change((queue) => changedQueue(queue, message));
        break;
    }
  }

  dispose(): void {
    if (RunsPanel.shown === this) {
      RunsPanel.shown = undefined;
    }
    this.rowsThrottle.close();
    this.curvesThrottle.close();
    this.curves.dispose();
    for (const subscription of this.subscriptions) {
      subscription.dispose();
    }
  }

  private async writeNotes({ path, notes }: Extract<FromRuns, { type: 'notes' }>): Promise<void> {
    try {
      requireTrust(vscode.l10n.t('Notes'));
      writeNotes(this.knownRun(path), notes);
    } catch (error) {
      this.services.log.warn(messageOf(error));
      await this.host.post({ type: 'notSaved', path, problem: messageOf(error) });
    }
    this.sentRows = '';
    await this.postRows();
  }

  /** The page says which folder; it may only be that of a run. */
  private knownRun(path: string): string {
    if (this.services.runs.list.get(path) === undefined) {
      throw new Error(`${path} is not in the list of runs`);
    }
    return path;
  }

  private async saveCsv(text: string): Promise<void> {
    const folder =
      workspaceFolders()[0]?.uri.fsPath ?? dirname(this.services.runs.list.entries[0]?.path ?? '');
    const file = await saveAs(folder, 'runs.csv', text);
    if (file !== undefined) {
      await this.host.post({ type: 'saved', file });
    }
  }

  private async postRows(): Promise<void> {
    const { list } = this.services.runs;
    const trusted = vscode.workspace.isTrusted;
    const rows = list.entries.map((run) =>
      runRow(
        run,
        this.facts.read(run.path),
        {
          hasConfig: this.services.runs.configOf(run.path) !== undefined,
          trusted,
          past: this.past.of(run.path),
        },
        vscode.l10n,
      ),
    );
    this.past.look(list.entries.map(({ path, status }) => ({ path, updatedAt: status?.updatedAt ?? null })));
    this.facts.keep(rows.map(({ path }) => path));
    const message = { type: 'rows', rows, trusted } as const;
    const text = JSON.stringify(message);
    if (text !== this.sentRows && (await this.host.post(message))) {
      this.sentRows = text;
    }
    await this.postQueue();
    await this.postComparison();
  }

  private async postQueue(): Promise<void> {
    const queue = shownQueue(this.services.queue.runner, this.services.runs.list.live);
    await this.host.post({ type: 'queue', queue });
  }

  private async postCurves(): Promise<void> {
    await this.host.post({ type: 'curves', curves: this.curves.current });
  }

  private async postComparison(): Promise<void> {
    const comparison: TickedComparison = compareSettings(
      this.ticked,
      (path) => this.past.of(path),
      vscode.l10n,
    );
    const text = JSON.stringify(comparison);
    if (text !== this.sentComparison && (await this.host.post({ type: 'comparison', comparison }))) {
      this.sentComparison = text;
    }
  }

  private async postWanted(): Promise<void> {
    if (this.wanted !== undefined && (await this.host.post({ type: 'tick', paths: [...this.wanted] }))) {
      this.wanted = undefined;
    }
  }
}

export const RUNS_PANEL: PanelKind<typeof ToRuns, typeof FromRuns, typeof RunsSource> = {
  name: 'runs',
  viewType: VIEW_TYPES.runs,
  to: ToRuns,
  from: FromRuns,
  source: RunsSource,
  title: () => vscode.l10n.t('Runs'),
  connect: (host, _source, services, panel) => new RunsPanel(host, services, panel),
};

/** Shows the table of runs. @param ticked the runs to tick; those that are when left out */
export async function showRuns(services: Services, ticked?: readonly string[]): Promise<void> {
  openPanel(RUNS_PANEL, {}, services);
  if (ticked !== undefined) {
    await RunsPanel.shown?.tick(ticked);
  }
}
