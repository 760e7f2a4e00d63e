import { randomUUID } from 'node:crypto';
import { basename } from 'node:path';
import * as vscode from 'vscode';
import { inputError } from '../../shared/common/errors';
import { added, type RunQueue } from '../../shared/runs/runQueue';
import type { Services } from '../services/services';
import { freePath, isFree } from '../window/freePath';

/**
 * Adds a run to the queue, and says so.
 * @param config the *.adept.json of a new run, or whose settings a run goes on with
 * @returns the run folder: of a new run `out`, or one beside it where that is taken
 * @throws AdeptError when a run that goes on is in the queue already.
 */
export async function enqueue(
  services: Services,
  kind: 'start' | 'resume',
  config: string | null,
  out: string,
): Promise<string> {
  const { l10n } = vscode;
  let run = out;
  await services.queue.runner.change((queue) => {
    const queued = queuedRuns(queue);
    if (kind === 'resume' && queued.has(out)) {
      throw inputError(l10n.t('{0} is in the queue already.', basename(out)));
    }
    run = kind === 'resume' ? out : freePath(out, (path) => isFree(path) && !queued.has(path));
    return added(queue, { id: randomUUID(), kind, run, config });
  });
  tell(basename(run));
  return run;
}

function tell(name: string): void {
  const show = vscode.l10n.t('Show Runs');
  const text = vscode.l10n.t(
    '{0} is in the queue. It starts when no other run is active and a window with this workspace is open.',
    name,
  );
  void vscode.window.showInformationMessage(text, show).then(async (chosen) => {
    if (chosen === show) {
      await vscode.commands.executeCommand('adept.showRuns');
    }
  });
}

function queuedRuns({ items }: RunQueue): ReadonlySet<string> {
  return new Set(items.filter(({ state }) => state !== 'ended').map(({ run }) => run));
}
