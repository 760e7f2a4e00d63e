import * as vscode from 'vscode';
import { pickRun } from '../control/pickRun';
import { runAgain } from '../control/runAgain';
import { openRun } from '../panels/open';
import { hasNotStarted } from '../runs/runEntry';
import type { Services } from '../services/services';
import { saveOpen } from './openConfig';

/** Starts a run once more that did not start. @returns the run folder */
export async function run(services: Services, argument?: unknown): Promise<string> {
  const { l10n } = vscode;
  const chosen = await pickRun(services, argument, {
    prompt: l10n.t('Select the run to start again'),
    fits: hasNotStarted,
    none: l10n.t('No run failed to start, so there is none to start again.'),
  });
  const config = services.runs.configOf(chosen.path);
  if (config !== undefined) {
    await saveOpen(config);
  }
  const path = await runAgain(services, chosen);
  await openRun(services, path);
  return path;
}
