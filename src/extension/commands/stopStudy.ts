import { resolve } from 'node:path';
import * as vscode from 'vscode';
import { readStudyConfig, studyFileIn } from '../../node/job/studyConfigFile';
import { inputError } from '../../shared/common/errors';
import { pathOf } from '../control/arguments';
import type { Services } from '../services/services';
import { activeStudyConfig, studyPurpose } from '../studies/studyFiles';

/** Stops a study after it has saved the run that is under way; running it again goes on there. */
export function run(services: Services, argument?: unknown): void {
  const config = pathOf(argument) ?? activeStudyConfig();
  const job =
    config === undefined
      ? undefined
      : services.jobs.liveOf(studyPurpose(studyFileIn(readStudyConfig(resolve(config)).out)));
  if (job === undefined) {
    throw inputError(vscode.l10n.t('This study is not running in this window.'));
  }
  job.cancel();
}
