import { existsSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import * as vscode from 'vscode';
import { readJson } from '../../node/files/jsonFile';
import { studyRunFolder, studyRunsFolder } from '../../node/job/studyConfigFile';
import { messageOf } from '../../shared/common/errors';
import { parseWith } from '../../shared/common/parse';
import { plannedRuns, StudyFile } from '../../shared/study/study';
import { FromStudy, StudySource, ToStudy } from '../../shared/webview/study';
import { FolderWatches } from '../../node/files/folderWatches';
import { progressText } from '../process/progressText';
import { configOfStudy, studyPurpose } from '../studies/studyFiles';
import type { Services } from '../services/services';
import { VIEW_TYPES } from '../window/viewTypes';
import type { WebviewContent, WebviewHost } from '../webviews/webviewHost';
import { openPanel, type PanelKind } from './panel';
import { pickItem } from '../window/questions';

/** As often as a person can follow. */
const ACTIVITY_MILLISECONDS = 300;

/** The panel of a study: what its runs came to so far, read again whenever one is done, and what is being done. */
class StudyPanel implements WebviewContent<FromStudy> {
  private readonly watches = new FolderWatches(() => {
    void this.show();
  });
  private readonly subscriptions: vscode.Disposable[];
  private timer: NodeJS.Timeout | undefined;
  private config: string | undefined;

  constructor(
    private readonly host: WebviewHost<typeof ToStudy, typeof FromStudy>,
    private readonly file: string,
    private readonly services: Services,
  ) {
    this.watches.set([dirname(file)]);
    const soon = (): void => {
      this.timer ??= setTimeout(() => {
        this.timer = undefined;
        void this.showActivity();
      }, ACTIVITY_MILLISECONDS);
    };
    this.subscriptions = [services.jobs.onDidChange(soon), vscode.workspace.onDidGrantWorkspaceTrust(soon)];
  }

  async ready(): Promise<void> {
    await this.services.runs.rememberStudy(studyRunsFolder(this.file));
    await this.show();
    this.config = await configOfStudy(this.services, this.file);
    await this.showActivity();
  }

  async receive(message: FromStudy): Promise<void> {
    switch (message.type) {
      case 'openFile':
        await vscode.window.showTextDocument(vscode.Uri.file(this.file));
        break;
      case 'openRun':
        await this.openRun(message.arm);
        break;
      case 'run':
        if (this.config !== undefined) {
          await vscode.commands.executeCommand('adept.runStudy', this.config);
        }
        break;
      case 'stop':
        this.services.jobs.liveOf(studyPurpose(this.file))?.cancel();
        break;
    }
  }

  dispose(): void {
    clearTimeout(this.timer);
    this.watches.dispose();
    vscode.Disposable.from(...this.subscriptions).dispose();
  }

  private async show(): Promise<void> {
    await this.host.post(this.content());
  }

  private async showActivity(): Promise<void> {
    // The folder comes with the first run.
    this.watches.set([dirname(this.file)]);
    const live = this.services.jobs.liveOf(studyPurpose(this.file));
    const { progress } = live ?? {};
    await this.host.post({
      type: 'activity',
      activity:
        live === undefined
          ? null
          : {
              fraction: progress?.fraction ?? null,
              message: progress === undefined ? '' : progressText(progress, vscode.l10n),
            },
      canRun: this.config !== undefined && vscode.workspace.isTrusted,
    });
  }

  private content(): ToStudy {
    // Before its first run nothing is wrong with it.
    if (!existsSync(this.file)) {
      return { type: 'begin', file: this.file };
    }
    try {
      const study = parseWith(StudyFile, readJson(this.file), this.file);
      const openable = plannedRuns(study).filter((run) => existsSync(studyRunFolder(this.file, run)));
      return { type: 'show', file: this.file, study, openable };
    } catch (error) {
      return { type: 'broken', message: messageOf(error) };
    }
  }

  /** Shows the run of an arm; which seed is asked where there are several. */
  private async openRun(arm: string): Promise<void> {
    const shown = this.content();
    const runs = shown.type === 'show' ? shown.openable.filter((run) => run.arm === arm) : [];
    const items = runs.map((run) => ({ run, label: vscode.l10n.t('{0}, seed {1}', arm, run.seed) }));
    const picked = items.length > 1 ? await pickItem(items) : items[0];
    if (picked !== undefined) {
      await vscode.commands.executeCommand('adept.openRun', studyRunFolder(this.file, picked.run));
    }
  }
}

export const STUDY_PANEL: PanelKind<typeof ToStudy, typeof FromStudy, typeof StudySource> = {
  name: 'study',
  viewType: VIEW_TYPES.study,
  to: ToStudy,
  from: FromStudy,
  source: StudySource,
  title: ({ file }) => vscode.l10n.t('Study {0}', nameOfStudy(file)),
  connect: (host, { file }, services) => new StudyPanel(host, file, services),
};

/** Shows a study from its study.json. */
export function openStudy(services: Services, file: string): void {
  openPanel(STUDY_PANEL, { file }, services);
}

/** The folder that a study is in, or the one around it where it is just called so. */
function nameOfStudy(file: string): string {
  const folder = dirname(file);
  return basename(/^stud(y|ies)$/i.test(basename(folder)) ? dirname(folder) : folder);
}
