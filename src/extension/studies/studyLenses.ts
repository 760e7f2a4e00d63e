import { existsSync } from 'node:fs';
import * as vscode from 'vscode';
import { readStudyConfig, studyFileIn } from '../../node/job/studyConfigFile';
import type { Services } from '../services/services';
import { STUDY_SELECTOR, studyPurpose } from './studyFiles';

/** The links above a *.study.json: run it, stop it, show what it came to. */
export class StudyLenses implements vscode.CodeLensProvider, vscode.Disposable {
  private readonly changed = new vscode.EventEmitter<void>();
  readonly onDidChangeCodeLenses = this.changed.event;
  private readonly disposables: { dispose(): void }[];
  private wasLive = '';

  constructor(private readonly services: Services) {
    this.disposables = [
      this.changed,
      vscode.languages.registerCodeLensProvider(STUDY_SELECTOR, this),
      services.jobs.onDidChange(() => {
        this.refresh();
      }),
      vscode.workspace.onDidGrantWorkspaceTrust(() => {
        this.changed.fire();
      }),
    ];
  }

  provideCodeLenses({ uri }: vscode.TextDocument): vscode.CodeLens[] {
    const study = studyFileOf(uri.fsPath);
    if (study === undefined) {
      return [];
    }
    const { l10n } = vscode;
    const isLive = this.services.jobs.liveOf(studyPurpose(study)) !== undefined;
    const exists = existsSync(study);
    const control = isLive
      ? { title: l10n.t('$(debug-stop) Stop'), command: 'adept.stopStudy', arguments: [uri.fsPath] }
      : {
          title: exists ? l10n.t('$(debug-continue) Resume Study') : l10n.t('$(play) Run Study'),
          command: 'adept.runStudy',
          arguments: [uri.fsPath],
        };
    const open = {
      title: l10n.t('$(graph-scatter) Open Study'),
      command: 'adept.openStudy',
      arguments: [study],
    };
    return [...(vscode.workspace.isTrusted ? [control] : []), ...(exists || isLive ? [open] : [])].map(
      (command) => new vscode.CodeLens(new vscode.Range(0, 0, 0, 0), command),
    );
  }

  dispose(): void {
    vscode.Disposable.from(...this.disposables).dispose();
  }

  /** Progress alone changes no link. */
  private refresh(): void {
    const live = vscode.window.visibleTextEditors
      .map(({ document }) => studyFileOf(document.uri.fsPath))
      .filter((study) => study !== undefined && this.services.jobs.liveOf(studyPurpose(study)) !== undefined)
      .join();
    if (live !== this.wasLive) {
      this.wasLive = live;
      this.changed.fire();
    }
  }
}

/** Undefined while the file is not yet, or no longer, a study. */
function studyFileOf(config: string): string | undefined {
  try {
    return studyFileIn(readStudyConfig(config).out);
  } catch {
    return undefined;
  }
}
