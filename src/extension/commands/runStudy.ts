import { basename, dirname, resolve } from 'node:path';
import * as vscode from 'vscode';
import { readRunConfig } from '../../node/job/runConfigFile';
import { readStudyConfig, STUDY_ENDING, studyFileIn } from '../../node/job/studyConfigFile';
import { inputError } from '../../shared/common/errors';
import { pathOf } from '../control/arguments';
import { requireEngine } from '../engines/engineMissing';
import { presentOutcome } from '../notices/jobOutcomes';
import { openStudy } from '../panels/studyPanel';
import type { Services } from '../services/services';
import { activeStudyConfig, findStudyConfigs, studyPurpose } from '../studies/studyFiles';
import { shortPath } from '../window/folders';
import { readSetting } from '../window/settings';
import { saveOpen } from './openConfig';
import { pickItem } from '../window/questions';

/**
 * Runs a study, or goes on with it, and shows it: that of the argument, of the active editor, or one that is picked.
 * @returns its study.json, when it is done or was stopped
 */
export async function run(services: Services, argument?: unknown): Promise<string> {
  const config = resolve(pathOf(argument) ?? activeStudyConfig() ?? (await pickStudyConfig()));
  await saveOpen(config);
  const { out, job } = readStudyConfig(config);
  const file = studyFileIn(out);
  const { engine } = readRunConfig(job);
  const chosen = requireEngine(engine === 'auto' ? readSetting('adept.engine', services.log) : engine);
  const purpose = studyPurpose(file);
  openStudy(services, file);
  if (services.jobs.liveOf(purpose) !== undefined) {
    return file;
  }
  const title = vscode.l10n.t('Study {0}', basename(config, STUDY_ENDING));
  const value = await services.jobs.run({
    title,
    args: ['study', '--config', config, '--engine', chosen],
    cwd: dirname(config),
    purpose,
  });
  await presentOutcome(services, { title, purpose, value }, true);
  return file;
}

async function pickStudyConfig(): Promise<string> {
  const { l10n } = vscode;
  const files = await findStudyConfigs();
  if (files.length === 0) {
    throw inputError(l10n.t('There is no *.study.json in this workspace: make one with “New Study”.'));
  }
  const items = files.map((path) => ({ path, label: shortPath(path) }));
  const picked = await pickItem(items, { placeHolder: l10n.t('Select the study to run') });
  if (picked === undefined) {
    throw new vscode.CancellationError();
  }
  return picked.path;
}
