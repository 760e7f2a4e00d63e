import * as vscode from 'vscode';
import { nameOf } from '../runs/runEntry';
import type { Services } from '../services/services';

/**
 * Whether a run starts at once. The person is asked while others are active: the queue starts one after the other, since two
 * at once take each other's processor and memory.
 * @param run the folder of the run
 * @param canWait whether the queue can start it later
 * @returns false where it is to wait in the queue
 * @throws vscode.CancellationError when the person left.
 */
export async function startsNow({ runs }: Services, run: string, canWait = true): Promise<boolean> {
  const { l10n } = vscode;
  const active = runs.list.live.filter(({ path }) => path !== run).map(nameOf);
  if (active.length === 0) {
    return true;
  }
  const [queue, now] = [l10n.t('Add to Queue'), l10n.t('Start Now')];
  const chosen = await vscode.window.showWarningMessage(
    active.length === 1
      ? l10n.t('{0} is active.', active.join())
      : l10n.t('{0} runs are active: {1}.', active.length, active.join(', ')),
    {
      modal: true,
      detail: l10n.t(
        'Runs that are active together share processor and memory: each is slower, and memory may run out. A paused run keeps its memory.',
      ),
    },
    ...(canWait ? [queue] : []),
    now,
  );
  if (chosen === undefined) {
    throw new vscode.CancellationError();
  }
  return chosen === now;
}
