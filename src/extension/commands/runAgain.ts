import { existsSync } from 'node:fs';
import * as vscode from 'vscode';
import { readRunTarget } from '../../node/job/runConfigFile';
import { inputError } from '../../shared/common/errors';
import { pickRun } from '../control/pickRun';
import { openRun } from '../panels/open';
import { startsNow } from '../control/startNow';
import { enqueue } from '../control/enqueue';
import { hasNotStarted } from '../runs/runEntry';
import type { Services } from '../services/services';
import { saveOpen } from './openConfig';

/**
 * Starts a run that did not start, by its file as that is now.
 * @returns the run folder; undefined where the run waits in the queue
 */
export async function run(services: Services, argument?: unknown): Promise<string | undefined> {
  const { l10n } = vscode;
  const chosen = await pickRun(services, argument, {
    prompt: l10n.t('Select the run to start again'),
    fits: hasNotStarted,
    none: l10n.t('No run failed to start, so there is none to start again.'),
  });
  const config = services.runs.configOf(chosen.path);
  if (config === undefined || !existsSync(config)) {
    throw inputError(
      l10n.t(
        '{0}: the file that it was started from is not there: run it from its *.adept.json.',
        chosen.path,
      ),
    );
  }
  await saveOpen(config);
  if (!(await startsNow(services, chosen.path))) {
    await enqueue(services, 'start', config, chosen.path);
    return undefined;
  }
  const path = await services.runs.run(readRunTarget(config), chosen.path);
  await openRun(services, path);
  return path;
}
