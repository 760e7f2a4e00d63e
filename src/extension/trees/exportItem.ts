import { basename } from 'node:path';
import * as vscode from 'vscode';
import { messageOf } from '../../shared/common/errors';
import { EXPORTS_FILE } from '../../shared/run/exportRecord';
import { exportFacts } from '../../shared/run/exportText';
import { JOB_FILES } from '../../shared/run/job';
import { fileSignature } from '../../node/files/fileSignature';
import { listExports, type RunExport } from '../../node/run/runExports';
import { nats } from '../runs/runText';
import { shortPath } from '../window/folders';
import { OPEN_EXPORT } from './itemCommands';

/** An exported model below its run; `path` is what commands of the context menus are given. */
export interface ExportNode {
  readonly run: string;
  readonly path: string;
  /** What is known of it; a sentence where the list of exports cannot be read. */
  readonly exported: RunExport | string;
}

const FILES = [JOB_FILES.job, JOB_FILES.report, JOB_FILES.exported, EXPORTS_FILE];

/** The exports of runs, read again only when the files that name them changed. */
export class ExportNodes {
  private readonly known = new Map<string, { readonly signature: string; readonly nodes: ExportNode[] }>();

  of(run: string): ExportNode[] {
    const signature = fileSignature(run, FILES);
    const known = this.known.get(run);
    if (known?.signature === signature) {
      return known.nodes;
    }
    const nodes = read(run);
    this.known.set(run, { signature, nodes });
    return nodes;
  }

  forget(run: string): void {
    this.known.delete(run);
  }
}

function read(run: string): ExportNode[] {
  try {
    return listExports(run).map((exported) => ({ run, path: exported.out, exported }));
  } catch (error) {
    return [{ run, path: run, exported: messageOf(error) }];
  }
}

export function exportItem({ run, path, exported }: ExportNode): vscode.TreeItem {
  const { l10n } = vscode;
  if (typeof exported === 'string') {
    const item = new vscode.TreeItem(l10n.t('Exports cannot be read'));
    item.description = exported;
    item.tooltip = exported;
    item.iconPath = new vscode.ThemeIcon('warning', new vscode.ThemeColor('list.warningForeground'));
    item.contextValue = 'damaged';
    return item;
  }
  const { dtype, losses } = exported;
  const facts = exportFacts(exported, l10n);
  const item = new vscode.TreeItem(basename(path));
  item.id = `${run}\n${path}`;
  item.description = facts.join(' · ');
  const { domainLoss = null, generalLoss = null } = losses ?? {};
  const measured = [
    ...(domainLoss === null ? [] : [l10n.t('domain loss {0}', nats(domainLoss))]),
    ...(generalLoss === null ? [] : [l10n.t('general loss {0}', nats(generalLoss))]),
  ];
  item.tooltip = [shortPath(path), ...facts, ...(dtype === undefined ? [] : [dtype]), ...measured].join('\n');
  item.iconPath = new vscode.ThemeIcon('package');
  item.contextValue = 'export';
  item.accessibilityInformation = {
    label: [l10n.t('Exported model {0}', basename(path)), ...facts].join(', '),
  };
  item.command = { command: OPEN_EXPORT, title: l10n.t('Open'), arguments: [path] };
  return item;
}
