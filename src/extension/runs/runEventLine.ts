import type * as vscode from 'vscode';
import type { RunEvent } from '../../shared/run/runFolder';
import { runEventLevel, runEventText } from '../../shared/run/runEventText';

/** Puts an event of a run into the log, at its level; a step shows at the level trace. */
export function runEventLine(event: RunEvent, run: string, log: vscode.LogOutputChannel): void {
  if (event.type === 'step') {
    log.trace(`${run}: step ${event.step}, loss ${event.loss.toFixed(4)}`);
    return;
  }
  const text = runEventText(event);
  if (text !== undefined) {
    log[runEventLevel(event)](`${run}: ${text}`);
  }
}
