import * as vscode from 'vscode';
import type { Services } from '../services/services';
import { pickRun } from '../control/pickRun';
import { controlRun } from '../control/controlRun';

export async function run(services: Services, argument?: unknown): Promise<void> {
  const { l10n } = vscode;
  const chosen = await pickRun(services, argument, {
    prompt: l10n.t('Select the run to save a checkpoint of'),
    fits: ({ state }) => state === 'running' || state === 'paused',
    none: l10n.t('No run is active, so there is nothing to save.'),
  });
  await controlRun(services, chosen, { method: 'checkpoint' });
}
