import { existsSync } from 'node:fs';
import * as vscode from 'vscode';
import { readRunTarget } from '../../node/job/runConfigFile';
import { inputError } from '../../shared/common/errors';
import { isRunFolder } from '../runs/runDiscovery';
import type { RunEntry } from '../runs/runEntry';
import type { Services } from '../services/services';
import { resumeRun } from './resumeRun';

/**
 * Starts a run that did not start, by its file as that is now.
 * @returns the run that works
 * @throws AdeptError when nobody knows its file; vscode.CancellationError when the person left.
 */
export async function runAgain(services: Services, run: RunEntry): Promise<string> {
  const config = services.runs.configOf(run.path);
  if (isRunFolder(run.path)) {
    return resumeRun(services, run);
  }
  if (config === undefined || !existsSync(config)) {
    throw inputError(
      vscode.l10n.t(
        '{0}: the file that it was started from is not there: run it from its *.adept.json.',
        run.path,
      ),
    );
  }
  return services.runs.run(readRunTarget(config), run.path);
}
