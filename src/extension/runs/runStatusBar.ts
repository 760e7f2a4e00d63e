import * as vscode from 'vscode';
import { nameOf, type RunEntry } from './runEntry';
import type { RunList } from './runList';
import { activityText, nats, stepsText, transitionText } from './runText';

/** One item of the status bar for the runs that are alive; a click opens the first of them. */
export class RunStatusBar implements vscode.Disposable {
  private readonly item: vscode.StatusBarItem;
  private readonly subscription: { dispose(): void };

  constructor(list: RunList) {
    this.item = vscode.window.createStatusBarItem('adept.run', vscode.StatusBarAlignment.Left);
    this.item.name = 'ADEPT';
    this.subscription = list.onDidChange.add(() => {
      this.show(list.live);
    });
  }

  dispose(): void {
    this.subscription.dispose();
    this.item.dispose();
  }

  private show(live: readonly RunEntry[]): void {
    const [first] = live;
    if (first === undefined) {
      this.item.hide();
      return;
    }
    const { l10n } = vscode;
    this.item.text = statusBarText(live, first);
    this.item.tooltip = live
      .map((run) => l10n.t('{0}: {1}', nameOf(run), activityText(run, l10n)))
      .join('\n');
    this.item.accessibilityInformation = {
      label: l10n.t('ADEPT run {0}: {1}', nameOf(first), activityText(first, l10n)),
      role: 'button',
    };
    this.item.command = { command: 'adept.openRun', title: l10n.t('Open Run'), arguments: [first.path] };
    this.item.show();
  }
}

/** `$(sync~spin) ADEPT 120/500  domain 2.31`, or `$(sync~spin) ADEPT  resuming  120/500` */
function statusBarText(live: readonly RunEntry[], first: RunEntry): string {
  const { state, status } = first;
  const icon = state === 'paused' ? '$(debug-pause)' : '$(sync~spin)';
  const more = live.length > 1 ? ` +${live.length - 1}` : '';
  const tuning = status !== undefined && (status.stage === 'tuning' || status.step > 0);
  const done = tuning
    ? [
        stepsText(status),
        ...(status.domainLoss === null
          ? []
          : [vscode.l10n.t('domain {0}', nats(status.domainLoss).slice(0, -2))]),
      ]
    : status?.progress
      ? [`${Math.floor(status.progress.fraction * 100)}%`]
      : [];
  const transition = transitionText(first, vscode.l10n);
  return [`${icon} ADEPT`, ...(transition === undefined ? [] : [transition]), ...done].join('  ') + more;
}
