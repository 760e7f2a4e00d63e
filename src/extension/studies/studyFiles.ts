import * as vscode from 'vscode';
import { readStudyConfig, STUDY_ENDING, studyFileIn } from '../../node/job/studyConfigFile';
import { messageOf } from '../../shared/common/errors';
import type { Services } from '../services/services';

const ELSEWHERE = '**/{node_modules,.git}/**';
const LARGEST_COUNT = 200;

/** Every *.study.json on this machine. */
export const STUDY_SELECTOR: vscode.DocumentSelector = { scheme: 'file', pattern: `**/*${STUDY_ENDING}` };

/** The *.study.json in the active editor. */
export function activeStudyConfig(): string | undefined {
  const path = vscode.window.activeTextEditor?.document.uri.fsPath;
  return path?.endsWith(STUDY_ENDING) === true ? path : undefined;
}

/** The files of the workspace that describe a study, in order. */
export async function findStudyConfigs(): Promise<string[]> {
  const found = await vscode.workspace.findFiles(`**/*${STUDY_ENDING}`, ELSEWHERE, LARGEST_COUNT);
  return found.map(({ fsPath }) => fsPath).sort();
}

/** The *.study.json of the workspace that writes this study.json; undefined where there is none. */
export async function configOfStudy({ log }: Services, studyFile: string): Promise<string | undefined> {
  for (const config of await findStudyConfigs()) {
    try {
      if (studyFileIn(readStudyConfig(config).out) === studyFile) {
        return config;
      }
    } catch (error) {
      log.debug(messageOf(error));
    }
  }
  return undefined;
}

/** What a study that runs is known by: its study.json. */
export function studyPurpose(studyFile: string): { readonly kind: string; readonly path: string } {
  return { kind: 'study', path: studyFile };
}
