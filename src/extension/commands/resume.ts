import * as vscode from 'vscode';
import { isResumable } from '../runs/runEntry';
import type { Services } from '../services/services';
import { pickRun } from '../control/pickRun';
import { openRun } from '../panels/open';
import { resumeRun } from '../control/resumeRun';

export async function run(services: Services, argument?: unknown): Promise<void> {
  const { l10n } = vscode;
  const chosen = await pickRun(services, argument, {
    prompt: l10n.t('Select the run to resume'),
    fits: (one) => one.state === 'paused' || isResumable(one),
    none: l10n.t('No run is paused or was interrupted, so there is none to resume: start one.'),
  });
  const path = await resumeRun(services, chosen);
  if (path !== undefined && path !== chosen.path) {
    await openRun(services, path);
  }
}
