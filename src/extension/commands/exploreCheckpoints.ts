import * as vscode from 'vscode';
import { openCheckpoints } from '../panels/open';
import type { Services } from '../services/services';
import { pickRun } from '../control/pickRun';

export async function run(services: Services, argument?: unknown): Promise<void> {
  const { l10n } = vscode;
  const chosen = await pickRun(services, argument, {
    prompt: l10n.t('Select the run whose checkpoints to show'),
    fits: ({ status }) => (status?.checkpoints.length ?? 0) > 0,
    none: l10n.t('No run has saved a checkpoint yet.'),
  });
  await openCheckpoints(services, chosen.path);
}
