import * as vscode from 'vscode';
import { ActionResult } from '../../shared/assistants/toolResults';
import { failure, inputError } from '../../shared/common/errors';
import { controlRun } from '../control/controlRun';
import { isLive, nameOf, type RunEntry } from '../runs/runEntry';
import { activityText } from '../runs/runText';
import type { Services } from '../services/services';
import { folderPaths } from './analyses';
import type { AssistantTool } from './assistantTool';
import { confirmAction, DECLINED } from './confirmAction';
import { knownRun } from './known';

export const tool: AssistantTool<'adept_stop_run'> = {
  result: ActionResult,
  doing: ({ run }) => vscode.l10n.t('Stopping the run {0}', run),
  answer: async (services, { run: called }, token) => {
    const { l10n } = vscode;
    const run = liveRun(services, called);
    const stop = l10n.t('Stop Run');
    const chosen = await confirmAction(
      {
        question: l10n.t('Stop the run {0}?', nameOf(run)),
        facts: [
          l10n.t('Run folder: {0}', run.path),
          activityText(run, l10n),
          l10n.t('It saves a checkpoint after the current step and ends; it can be resumed.'),
        ],
        answers: [stop],
      },
      token,
    );
    if (chosen !== stop) {
      return DECLINED;
    }
    // It may have come to its end meanwhile.
    await controlRun(services, liveRun(services, run.path), { method: 'stop' });
    return outcome(services, run);
  },
};

function liveRun({ runs }: Services, called: string): RunEntry {
  const run = knownRun(runs.list.entries, called, folderPaths());
  if (!isLive(run)) {
    const live = runs.list.live.map(nameOf);
    throw inputError(
      `${nameOf(run)} is ${run.state}, so there is nothing to stop: ${live.length === 0 ? 'no run is active' : `active are ${live.join(', ')}`}.`,
    );
  }
  return run;
}

/** @throws AdeptError (failure) where the trainer did not answer; the person was then offered to end its process */
function outcome({ runs }: Services, { path }: RunEntry): ActionResult {
  const now = runs.list.get(path);
  if (now !== undefined && isLive(now) && now.asked !== 'stop') {
    throw failure(
      `${path}: its trainer does not answer, so it was not stopped; the person was offered to end its process.`,
    );
  }
  return {
    done: true,
    folder: path,
    message: `${nameOf({ path })} saves a checkpoint after the step it is at, and ends.`,
  };
}
