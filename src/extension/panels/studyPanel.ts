import { basename, dirname } from 'node:path';
import * as vscode from 'vscode';
import { readJson } from '../../node/files/jsonFile';
import { messageOf } from '../../shared/common/errors';
import { parseWith } from '../../shared/common/parse';
import { StudyFile } from '../../shared/study/study';
import { FromStudy, StudySource, ToStudy } from '../../shared/webview/study';
import { FolderWatches } from '../../node/files/folderWatches';
import type { Services } from '../services/services';
import { VIEW_TYPES } from '../window/viewTypes';
import type { WebviewContent, WebviewHost } from '../webviews/webviewHost';
import { openPanel, type PanelKind } from './panel';

/** The panel of a study: what its runs came to so far, read again whenever one is done. */
class StudyPanel implements WebviewContent<FromStudy> {
  private readonly watches = new FolderWatches(() => void this.ready());

  constructor(
    private readonly host: WebviewHost<typeof ToStudy, typeof FromStudy>,
    private readonly file: string,
  ) {
    this.watches.set([dirname(file)]);
  }

  async ready(): Promise<void> {
    await this.host.post(this.content());
  }

  /** The page asks for one thing alone. */
  async receive(): Promise<void> {
    await vscode.window.showTextDocument(vscode.Uri.file(this.file));
  }

  dispose(): void {
    this.watches.dispose();
  }

  private content(): ToStudy {
    try {
      return { type: 'show', file: this.file, study: parseWith(StudyFile, readJson(this.file), this.file) };
    } catch (error) {
      return { type: 'broken', message: messageOf(error) };
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
  connect: (host, { file }) => new StudyPanel(host, file),
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
