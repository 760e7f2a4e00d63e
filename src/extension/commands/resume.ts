import * as vscode from 'vscode';
import { isResumable } from '../runs/runEntry';
import type { Services } from '../services/services';
import { pickRun } from '../control/pickRun';
import { controlRun } from '../control/controlRun';

export async function run(services: Services, argument?: unknown): Promise<void> {
  const { l10n } = vscode;
  const chosen = await pickRun(services, argument, {
    prompt: l10n.t('Select the run to resume'),
    fits: (one) => one.state === 'paused' || isResumable(one),
    none: l10n.t('No run is paused or was interrupted, so there is none to resume: start one.'),
  });
  if (chosen.state === 'paused') {
    await controlRun(services, chosen, { method: 'resume' });
  } else {
    await services.runs.resume(chosen);
  }
}
