import * as vscode from 'vscode';
import { NoAnswer } from '../../node/process/noAnswer';
import { isLive, nameOf, type RunEntry } from '../runs/runEntry';
import type { ControlRequest } from '../runs/trainerControl';
import type { Services } from '../services/services';

/**
 * Asks a run's trainer for something while the person sees that an answer is awaited. One that does not answer can be ended.
 * @param doing what the person is told
 */
export async function controlRun(
  services: Services,
  run: RunEntry,
  request: ControlRequest,
  doing: string,
): Promise<void> {
  const options = { location: vscode.ProgressLocation.Window, title: doing };
  try {
    await vscode.window.withProgress(options, () => services.runs.control(run, request));
  } catch (error) {
    if (!(error instanceof NoAnswer) || !isLive(services.runs.list.get(run.path) ?? run)) {
      throw error;
    }
    await offerToEnd(services, run, error);
  }
}

async function offerToEnd(services: Services, run: RunEntry, problem: NoAnswer): Promise<void> {
  const { l10n } = vscode;
  services.log.warn(problem.message);
  const end = l10n.t('End Its Process');
  const chosen = await vscode.window.showWarningMessage(problem.message, end);
  if (chosen !== end) {
    return;
  }
  const detail = l10n.t('What it did since its last checkpoint is lost; it can be resumed from there.');
  const sure = await vscode.window.showWarningMessage(
    l10n.t('End the process of {0}?', nameOf(run)),
    { modal: true, detail },
    end,
  );
  if (sure === end) {
    services.runs.end(services.runs.list.get(run.path) ?? run);
  }
}
