import * as vscode from 'vscode';
import { NoAnswer } from '../../node/process/noAnswer';
import { isLive, nameOf, type RunEntry } from '../runs/runEntry';
import type { ControlRequest } from '../../shared/run/protocol';
import type { Services } from '../services/services';

const READ_MILLISECONDS = 5000;

/** Asks a run's trainer for something while the person sees that an answer is awaited. One that does not answer can be ended. */
export async function controlRun(services: Services, run: RunEntry, request: ControlRequest): Promise<void> {
  const title = progressTitle(request, nameOf(run));
  const options = { location: vscode.ProgressLocation.Window, title };
  try {
    await vscode.window.withProgress(options, () => services.runs.control(run, request));
    // An answer comes at once: long enough to be read, so that it is known which run it is.
    vscode.window.setStatusBarMessage(title, READ_MILLISECONDS);
  } catch (error) {
    if (!(error instanceof NoAnswer) || !isLive(services.runs.list.get(run.path) ?? run)) {
      throw error;
    }
    await offerToEnd(services, run, error);
  }
}

function progressTitle({ method }: ControlRequest, name: string): string {
  const { l10n } = vscode;
  switch (method) {
    case 'pause':
      return l10n.t('Pausing {0} after the current step', name);
    case 'resume':
      return l10n.t('Resuming {0}', name);
    case 'stop':
      return l10n.t('Stopping {0} after a checkpoint', name);
    case 'checkpoint':
      return l10n.t('Saving a checkpoint of {0}', name);
    case 'setLearningRate':
      return l10n.t('Changing the learning rate of {0}', name);
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
  const detail = l10n.t('Progress since its last checkpoint is lost; the run can be resumed from there.');
  const sure = await vscode.window.showWarningMessage(
    l10n.t('End the process of {0}?', nameOf(run)),
    { modal: true, detail },
    end,
  );
  if (sure === end) {
    services.runs.end(services.runs.list.get(run.path) ?? run);
  }
}
