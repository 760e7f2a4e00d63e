import { basename, dirname, resolve } from 'node:path';
import * as v from 'valibot';
import * as vscode from 'vscode';
import { findCluster } from '../../node/cluster/clusterFile';
import { readHeatmapFile } from '../../node/model/analysisFile';
import { machineRoom } from '../../node/files/machineRoom';
import { engineState } from '../../node/engines/engineState';
import type { TorchCompute } from '../../node/job/runConfigEdit';
import { corpusProblem, freeName, nameProblem } from '../../node/job/launchFolders';
import { namedTogether } from '../../node/texts/namedTogether';
import { failure, messageOf } from '../../shared/common/errors';
import type { ImportanceFile } from '../../shared/method/importance';
import type { LaunchFolders } from '../../shared/launch/launchConfig';
import { LaunchForm, type FormFiles } from '../../shared/launch/launchForm';
import { FromHeatmap, HeatmapSource, ToHeatmap, type LaunchContext } from '../../shared/webview/heatmap';
import type { PreviewSource } from '../../shared/webview/preview';
import type { AnalysisRequest } from '../analysis/analysisRequest';
import { analysisAgain } from '../analysis/analysisAgain';
import { launch, type RunStarter } from './launch';
import { saveAs } from '../window/saveAs';
import type { Services } from '../services/services';
import { readSetting } from '../window/settings';
import { browseForTexts } from '../texts/browse';
import { TextFacts } from '../texts/textFacts';
import { VIEW_TYPES } from '../window/viewTypes';
import type { WebviewContent, WebviewHost } from '../webviews/webviewHost';
import { openPanel, type PanelKind } from './panel';

/** Layers that are to be copied, of a model that was analyzed. */
export interface ExpandRequest {
  readonly model: string;
  /** The importance.json that the layers were chosen by. */
  readonly importance: string;
  readonly layers: readonly number[];
}

/** What the panel has others do. */
export interface HeatmapActions {
  readonly starter: RunStarter;
  /** Writes the expanded model where the person says. */
  expand(request: ExpandRequest): Promise<void>;
  /** Measures importance. */
  analyze(request: AnalysisRequest): Promise<void>;
  /** Shows a text as a model gets it. */
  previewText(source: PreviewSource): Promise<void>;
}

type Host = WebviewHost<typeof ToHeatmap, typeof FromHeatmap>;

/** What is remembered of a launch. */
const LAST_FORM = 'adept.lastLaunchForm';
const FIRST_NAME = 'tune';
// A file is written in several steps; the panel reads it when it rests.
const DEBOUNCE_MILLISECONDS = 150;

/** The heatmap panel: reads the importance.json, answers the page, writes what it asks for. */
export class HeatmapPanel implements WebviewContent<FromHeatmap> {
  /** The panel that is the active editor. */
  static active: HeatmapPanel | undefined;

  private importance: ImportanceFile | undefined;
  private marked: readonly number[] = [];
  private timer: NodeJS.Timeout | undefined;
  private readonly subscriptions: vscode.Disposable[] = [];

  constructor(
    private readonly host: Host,
    private readonly file: string,
    private readonly services: Services,
    private readonly panel: vscode.WebviewPanel,
    private readonly actions: HeatmapActions,
  ) {
    const watcher = vscode.workspace.createFileSystemWatcher(
      new vscode.RelativePattern(vscode.Uri.file(dirname(file)), basename(file)),
    );
    const readAgain = (): void => {
      clearTimeout(this.timer);
      this.timer = setTimeout(() => void this.ready(), DEBOUNCE_MILLISECONDS);
    };
    this.subscriptions.push(
      watcher,
      watcher.onDidChange(readAgain),
      watcher.onDidCreate(readAgain),
      watcher.onDidDelete(readAgain),
      vscode.workspace.onDidGrantWorkspaceTrust(() => void host.post({ type: 'trusted' })),
      services.enginesChanged.event(readAgain),
      vscode.workspace.onDidChangeConfiguration((change) => {
        if (change.affectsConfiguration('adept.engine') || change.affectsConfiguration('adept.clusterFile')) {
          readAgain();
        }
      }),
      panel.onDidChangeViewState(() => {
        this.focusChanged();
      }),
    );
    this.focusChanged();
  }

  /** Shows an importance.json, in the panel that shows it already or in a new one. */
  static show(file: string, services: Services): HeatmapPanel | undefined {
    openPanel(HEATMAP_PANEL, { file }, services);
    return HeatmapPanel.active;
  }

  /** What `adept.expand` acts upon: the layers that are marked; undefined before anything is shown. */
  get selection(): ExpandRequest | undefined {
    return this.importance === undefined
      ? undefined
      : { model: this.importance.model.path, importance: this.file, layers: this.marked };
  }

  /** Puts the focus into the launch form. @param compute how PyTorch computes, for the form to say */
  async showLaunch(compute?: TorchCompute): Promise<void> {
    this.panel.reveal();
    await this.host.post({ type: 'focusLaunch', ...(compute === undefined ? {} : { compute }) });
  }

  /** Marks a layer, or no longer, as a click on it does. */
  async toggleMark(layer: number): Promise<void> {
    await this.host.post({ type: 'toggleMark', layer });
  }

  /** Shows what was measured of the heads or neurons of a unit. */
  async showInside(unit: string): Promise<void> {
    await this.host.post({ type: 'showInside', unit });
  }

  async ready(): Promise<void> {
    try {
      const { importance, model } = readHeatmapFile(this.file);
      this.importance = importance;
      await this.host.post({
        type: 'show',
        file: this.file,
        importance,
        model,
        trusted: vscode.workspace.isTrusted,
        launch: this.launchContext(),
      });
    } catch (error) {
      this.importance = undefined;
      this.services.log.warn(messageOf(error));
      await this.host.post({ type: 'broken', message: messageOf(error) });
    }
  }

  async receive(message: FromHeatmap): Promise<void> {
    switch (message.type) {
      case 'marked':
        this.marked = message.layers;
        break;
      case 'pick':
        await this.pick(message.field);
        break;
      case 'check':
        await this.check(message);
        break;
      case 'previewText':
        await this.previewText(message);
        break;
      case 'launch':
        await this.launch(message);
        break;
      case 'measureMore':
        if (this.importance !== undefined) {
          await this.actions.analyze(analysisAgain(this.importance, message.sequences));
        }
        break;
      case 'expand':
        if (this.importance !== undefined) {
          const { path } = this.importance.model;
          await this.actions.expand({ model: path, importance: this.file, layers: message.layers });
        }
        break;
      case 'saveCsv':
        await this.save('csv', message.text);
        break;
      case 'savePicture':
        await this.save('png', Buffer.from(message.png, 'base64'));
        break;
      case 'manageTrust':
        await vscode.commands.executeCommand('workbench.trust.manage');
        break;
    }
  }

  dispose(): void {
    clearTimeout(this.timer);
    vscode.Disposable.from(...this.subscriptions).dispose();
    if (HeatmapPanel.active === this) {
      this.setActive(undefined);
    }
  }

  private focusChanged(): void {
    if (this.panel.active) {
      this.setActive(this);
    } else if (HeatmapPanel.active === this) {
      this.setActive(undefined);
    }
  }

  private setActive(panel: HeatmapPanel | undefined): void {
    HeatmapPanel.active = panel;
    this.services.contextKeys.set('adept.heatmapFocused', panel !== undefined);
  }

  /** The workspace folder that the file, or the model, lies in; the first one where none does. */
  private get folders(): LaunchFolders | null {
    const within = [this.file, this.importance?.model.path].flatMap((path) =>
      path === undefined ? [] : (vscode.workspace.getWorkspaceFolder(vscode.Uri.file(path)) ?? []),
    );
    const folder = [...within, ...(vscode.workspace.workspaceFolders ?? [])].find(
      ({ uri }) => uri.scheme === 'file',
    );
    return folder === undefined
      ? null
      : { folder: folder.uri.fsPath, runs: readSetting('adept.runsFolder', this.services.log, folder.uri) };
  }

  private launchContext(): LaunchContext {
    const { folders } = this;
    const cluster = readSetting('adept.clusterFile', this.services.log);
    const last = v.safeParse(LaunchForm, this.services.context.workspaceState.get(LAST_FORM));
    return {
      engine: readSetting('adept.engine', this.services.log),
      engines: engineState(),
      machine: machineRoom(folders?.folder),
      cluster: cluster === '' ? null : findCluster(resolve(folders?.folder ?? '', cluster)),
      folders,
      ...this.measuredTexts(),
      name: folders === null ? `${FIRST_NAME}-1` : freeName(folders, FIRST_NAME),
      last: last.success ? last.output : null,
    };
  }

  private measuredTexts(): Pick<LaunchContext, 'probe' | 'domain'> {
    const { probe, domain } = this.importance ?? {};
    return {
      ...(probe === undefined ? {} : { probe: namedTogether(probe.sources) }),
      ...(domain === undefined ? {} : { domain: namedTogether(domain.probe.sources) }),
    };
  }

  private async pick(field: FormFiles): Promise<void> {
    const { folders } = this;
    const paths = await browseForTexts(folders?.folder);
    if (paths.length > 0) {
      await this.host.post({ type: 'picked', field, paths });
    }
  }

  private async check({ name, files, texts }: Extract<FromHeatmap, { type: 'check' }>): Promise<void> {
    const { folders } = this;
    if (folders === null) {
      return;
    }
    const facts = TextFacts.now(this.importance?.model.path);
    await this.host.post({
      type: 'checked',
      name: { text: name, problem: nameProblem(folders, name, vscode.l10n) },
      files: files.map((path) => ({ path, problem: corpusProblem(folders.folder, path) })),
      texts: texts.flatMap((entries) => {
        const size = facts.sizeOf(entries.map((path) => resolve(folders.folder, path)));
        return size === undefined ? [] : [{ files: entries, ...size }];
      }),
    });
  }

  /** Paths are those of the form, relative to where its file goes. */
  private async previewText({
    files,
    text,
    seqLen,
  }: Extract<FromHeatmap, { type: 'previewText' }>): Promise<void> {
    if (this.importance !== undefined) {
      const folder = this.folders?.folder ?? dirname(this.file);
      await this.actions.previewText({
        model: this.importance.model.path,
        files: files.map((path) => resolve(folder, path)),
        text,
        ...(seqLen === undefined ? {} : { seqLen }),
      });
    }
  }

  /** What goes wrong is said in the form, where it can be put right. */
  private async launch({ form, text, queued }: Extract<FromHeatmap, { type: 'launch' }>): Promise<void> {
    const { folders } = this;
    try {
      const request =
        folders === null ? undefined : { folders, name: form.name.trim(), text, queued: queued === true };
      const file = request && (await launch(request, this.actions.starter));
      if (file === undefined) {
        await this.host.post({ type: 'notLaunched', problem: null });
        return;
      }
      await this.services.context.workspaceState.update(LAST_FORM, form);
      await this.host.post({
        type: 'launched',
        file,
        nextName: this.launchContext().name,
        ...(queued === undefined ? {} : { queued }),
      });
    } catch (error) {
      this.services.log.error(messageOf(error));
      await this.host.post({ type: 'notLaunched', problem: messageOf(error) });
    }
  }

  private async save(ending: 'csv' | 'png', content: string | Uint8Array): Promise<void> {
    const name = `${basename(this.file, '.json')}.${ending}`;
    const file = await saveAs(this.folders?.folder ?? dirname(this.file), name, content);
    if (file !== undefined) {
      await this.host.post({ type: 'saved', file });
    }
  }
}

/** By the commands, which anybody else may use as well. */
const ACTIONS: HeatmapActions = {
  starter: {
    async start(configFile, queued) {
      const started: unknown = await vscode.commands.executeCommand(
        queued ? 'adept.addToQueue' : 'adept.startTuning',
        vscode.Uri.file(configFile),
      );
      if (started === undefined) {
        throw failure(
          vscode.l10n.t(
            '{0} was written, but the run did not start: see the message or the log.',
            configFile,
          ),
        );
      }
    },
  },
  async expand(request) {
    await vscode.commands.executeCommand('adept.expand', request);
  },
  async analyze(request) {
    await vscode.commands.executeCommand('adept.analyze', request);
  },
  async previewText(source) {
    await vscode.commands.executeCommand('adept.previewText', source);
  },
};

export const HEATMAP_PANEL: PanelKind<typeof ToHeatmap, typeof FromHeatmap, typeof HeatmapSource> = {
  name: 'heatmap',
  viewType: VIEW_TYPES.heatmap,
  to: ToHeatmap,
  from: FromHeatmap,
  source: HeatmapSource,
  title: ({ file }) => vscode.l10n.t('Importance: {0}', basename(file)),
  connect: (host, { file }, services, panel) => new HeatmapPanel(host, file, services, panel, ACTIONS),
};
