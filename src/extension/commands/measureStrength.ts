import { dirname } from 'node:path';
import * as vscode from 'vscode';
import { inputError } from '../../shared/common/errors';
import { measurementOf } from '../process/purposes';
import { requireEngine } from '../engines/engineMissing';
import { presentOutcome } from '../notices/jobOutcomes';
import { nameOf } from '../runs/runEntry';
import type { Services } from '../services/services';
import { readSetting } from '../window/settings';
import { pickRun } from '../control/pickRun';

/** Measures what the added layers of a run are worth, at every strength and one by one; the run's panel shows it. */
export async function run(services: Services, argument?: unknown): Promise<void> {
  const { l10n } = vscode;
  const chosen = await pickRun(services, argument, {
    prompt: l10n.t('Select the run to measure'),
    fits: ({ status }) => (status?.checkpoints.length ?? 0) > 0,
    none: l10n.t('No run has saved a checkpoint yet, so there is nothing to measure.'),
  });
  const title = l10n.t('Measuring losses over α for {0}', nameOf(chosen));
  const purpose = measurementOf(chosen.path);
  if (services.jobs.liveOf(purpose) !== undefined) {
    throw inputError(l10n.t('{0} is being measured already.', nameOf(chosen)));
  }
  const value = await services.jobs.run({
    title,
    args: ['dial', chosen.path, '--engine', requireEngine(readSetting('adept.engine', services.log))],
    cwd: dirname(chosen.path),
    purpose,
  });
  await presentOutcome(services, { title, purpose, value }, true);
}
