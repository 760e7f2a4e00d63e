import * as vscode from 'vscode';
import { hasNotStarted, isLive, isResumable, nameOf, type RunEntry, type EntryState } from '../runs/runEntry';
import type { RunList } from '../runs/runList';
import { studyOfRun } from '../../node/job/studyConfigFile';
import { activityText, lossText, nats, rowText, standingText, stepsText } from '../runs/runText';
import { STATE_LOOKS, turns, type StateTone } from '../../shared/run/stateLook';
import { exportItem, type ExportNode, ExportNodes } from './exportItem';

export type RunsElement = RunEntry | ExportNode;

export function isExport(element: RunsElement): element is ExportNode {
  return 'exported' in element;
}

/** The view `adept.runs`: every run, the living ones first, and below each what was exported of it. */
export class RunsTree implements vscode.TreeDataProvider<RunsElement>, vscode.Disposable {
  private readonly changed = new vscode.EventEmitter<undefined>();
  readonly onDidChangeTreeData = this.changed.event;
  private readonly subscriptions: { dispose(): void }[];
  private readonly exports = new ExportNodes();

  constructor(private readonly list: RunList) {
    this.subscriptions = [
      list.onDidChange.add(() => {
        this.changed.fire(undefined);
      }),
      list.onDidRemove.add((path) => {
        this.exports.forget(path);
      }),
    ];
  }

  /** Something was exported, or its folder is gone. */
  refresh(): void {
    this.changed.fire(undefined);
  }

  getChildren(element?: RunsElement): RunsElement[] {
    if (element === undefined) {
      return [...this.list.entries];
    }
    return isExport(element) ? [] : this.exports.of(element.path);
  }

  getParent(element: RunsElement): RunsElement | undefined {
    return isExport(element) ? this.list.get(element.run) : undefined;
  }

  getTreeItem(element: RunsElement): vscode.TreeItem {
    return isExport(element) ? exportItem(element) : this.runItem(element);
  }

  private runItem(run: RunEntry): vscode.TreeItem {
    const { None, Collapsed } = vscode.TreeItemCollapsibleState;
    const item = new vscode.TreeItem(nameOf(run), this.exports.of(run.path).length > 0 ? Collapsed : None);
    item.id = run.path;
    const study = studyOfRun(run.path);
    item.description = [
      ...(study === undefined ? [] : [study]),
      run.problem ?? rowText(run, vscode.l10n),
    ].join(' · ');
    item.tooltip = tooltipOf(run);
    item.contextValue = contextOf(run);
    item.iconPath = iconOf(run.state);
    item.accessibilityInformation = { label: labelOf(run) };
    item.command = { command: 'adept.openRun', title: vscode.l10n.t('Open Run'), arguments: [run.path] };
    return item;
  }

  dispose(): void {
    vscode.Disposable.from(...this.subscriptions, this.changed).dispose();
  }
}

/** Says at the view's icon how many runs are alive. */
export function badgeOf(live: readonly RunEntry[]): vscode.ViewBadge | undefined {
  const [only] = live;
  if (only === undefined) {
    return undefined;
  }
  const tooltip =
    live.length === 1
      ? vscode.l10n.t('{0}: {1}', nameOf(only), activityText(only, vscode.l10n))
      : vscode.l10n.t('{0} runs in progress', live.length);
  return { value: live.length, tooltip };
}

/** What context menus go by. */
function contextOf(run: RunEntry): string {
  const { state, status } = run;
  const life =
    state === 'running'
      ? 'live'
      : state === 'paused' || state === 'starting'
        ? state
        : isResumable(run)
          ? 'ended'
          : hasNotStarted(run)
            ? 'notStarted'
            : state;
  const saved = (status?.checkpoints.length ?? 0) > 0 ? ' checkpointed' : '';
  return `run ${life}${saved}`;
}

/** A colour for every state: VS Code has its own for some icons, which say something else. */
const COLOURS: Readonly<Record<StateTone, string>> = {
  plain: 'foreground',
  good: 'testing.iconPassed',
  waits: 'charts.yellow',
  unsure: 'list.warningForeground',
  wrong: 'list.errorForeground',
};

function iconOf(state: EntryState): vscode.ThemeIcon {
  const { icon, tone } = STATE_LOOKS[state];
  return new vscode.ThemeIcon(turns(state) ? `${icon}~spin` : icon, new vscode.ThemeColor(COLOURS[tone]));
}

/** For screen readers, without signs that they would spell out. */
function labelOf(run: RunEntry): string {
  const { status } = run;
  const { l10n } = vscode;
  const parts = [l10n.t('Run {0}', nameOf(run)), standingText(run, l10n)];
  if (run.problem !== undefined) {
    parts.push(run.problem);
  } else if (status !== undefined) {
    const { step, steps, domainLoss, generalLoss, best } = status;
    parts.push(steps === null ? l10n.t('step {0}', step) : l10n.t('step {0} of {1}', step, steps));
    if (domainLoss !== null) {
      parts.push(l10n.t('domain loss {0}', nats(domainLoss)));
    }
    if (generalLoss !== null) {
      parts.push(l10n.t('general loss {0}', nats(generalLoss)));
    }
    if (best?.domainLoss !== undefined && best.domainLoss !== null) {
      parts.push(l10n.t('best domain loss {0} at step {1}', nats(best.domainLoss), best.step));
    }
  }
  return parts.join(', ');
}

function tooltipOf(run: RunEntry): string {
  const { status } = run;
  const { l10n } = vscode;
  const lines = [run.path, run.problem ?? standingText(run, l10n)];
  if (status !== undefined) {
    const { before, best, domainLoss, generalLoss, checkpoints, error, because } = status;
    lines.push(l10n.t('step {0}', stepsText(status)));
    if (domainLoss !== null) {
      lines.push(l10n.t('domain loss {0}', lossText(domainLoss, before?.domainLoss, l10n)));
    }
    if (generalLoss !== null) {
      lines.push(l10n.t('general loss {0}', lossText(generalLoss, before?.generalLoss, l10n)));
    }
    if (best?.domainLoss !== undefined && best.domainLoss !== null) {
      lines.push(l10n.t('best domain loss {0} at step {1}', nats(best.domainLoss), best.step));
    }
    lines.push(l10n.t('{0} checkpoints', checkpoints.length));
    if (error !== null) {
      lines.push(error);
    }
    if (because !== null) {
      lines.push(because);
    }
    if (isLive(run) && status.pid !== null) {
      lines.push(l10n.t('process {0}', status.pid));
    }
  }
  return lines.join('\n');
}
