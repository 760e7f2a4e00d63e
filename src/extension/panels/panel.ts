import * as v from 'valibot';
import * as vscode from 'vscode';
import { KeptState } from '../../shared/webview/common';
import type { Services } from '../services/services';
import { tabTitle } from '../window/tabTitle';
import { type WebviewContent, WebviewHost, type WebviewKind } from '../webviews/webviewHost';

/** A kind of editor panel. `source` says what a panel shows, as JSON: there is one panel for each source. */
export interface PanelKind<
  To extends v.GenericSchema,
  From extends v.GenericSchema,
  Source extends v.GenericSchema,
> extends WebviewKind<To, From> {
  readonly viewType: `adept.${string}`;
  readonly source: Source;
  title(source: v.InferOutput<Source>): string;
  /** Makes what answers the page. Runs before the page is loaded: post nothing before `ready`. */
  connect(
    host: WebviewHost<To, From>,
    source: v.InferOutput<Source>,
    services: Services,
    panel: vscode.WebviewPanel,
  ): WebviewContent<v.InferOutput<From>>;
  /** Where the bundle lies; out/webview when left out. */
  readonly folder?: vscode.Uri;
}

const open = new Map<string, vscode.WebviewPanel>();

/** Shows the panel of a source: the one that is open already, or a new one. */
export function openPanel<
  To extends v.GenericSchema,
  From extends v.GenericSchema,
  Source extends v.GenericSchema,
>(
  kind: PanelKind<To, From, Source>,
  source: v.InferOutput<Source>,
  services: Services,
  column: vscode.ViewColumn = vscode.ViewColumn.Active,
): vscode.WebviewPanel {
  const existing = open.get(keyOf(kind.viewType, source));
  if (existing !== undefined) {
    existing.reveal();
    return existing;
  }
  const panel = vscode.window.createWebviewPanel(kind.viewType, tabTitle(kind.title(source)), column, {
    enableFindWidget: true,
  });
  attach(panel, kind, source, services);
  return panel;
}

/** Where the panel of a source is; undefined where there is none. */
export function columnOf(viewType: `adept.${string}`, source: unknown): vscode.ViewColumn | undefined {
  const panel = open.get(keyOf(viewType, source));
  return panel && (panel.viewColumn ?? vscode.ViewColumn.Active);
}

/** Whether the panel of a source is there to be seen. */
export function isVisible(viewType: `adept.${string}`, source: unknown): boolean {
  return open.get(keyOf(viewType, source))?.visible === true;
}

/** Closes the panel of a source, where there is one. */
export function closePanel(viewType: `adept.${string}`, source: unknown): void {
  open.get(keyOf(viewType, source))?.dispose();
}

/**
 * Lets VS Code restore the panels of a kind after a reload. `package.json` needs `onWebviewPanel:VIEWTYPE`.
 * @param load is called when there is a panel to restore: activation loads no panel
 */
export function registerPanel<
  To extends v.GenericSchema,
  From extends v.GenericSchema,
  Source extends v.GenericSchema,
>(
  viewType: `adept.${string}`,
  load: () => Promise<PanelKind<To, From, Source>>,
  services: Services,
): vscode.Disposable {
  return vscode.window.registerWebviewPanelSerializer(viewType, {
    async deserializeWebviewPanel(panel: vscode.WebviewPanel, state: unknown): Promise<void> {
      restorePanel(await load(), panel, state, services);
    },
  });
}

/** Fills a panel that VS Code kept; one that kept nothing usable is closed. */
export function restorePanel<
  To extends v.GenericSchema,
  From extends v.GenericSchema,
  Source extends v.GenericSchema,
>(kind: PanelKind<To, From, Source>, panel: vscode.WebviewPanel, state: unknown, services: Services): void {
  const kept = v.safeParse(KeptState, state);
  const source = v.safeParse(kind.source, kept.success ? kept.output.source : undefined);
  if (source.success) {
    attach(panel, kind, source.output, services);
  } else {
    services.log.warn(`A ${kind.viewType} panel was not restored: its saved state is not usable.`);
    panel.dispose();
  }
}

function attach<To extends v.GenericSchema, From extends v.GenericSchema, Source extends v.GenericSchema>(
  panel: vscode.WebviewPanel,
  kind: PanelKind<To, From, Source>,
  source: v.InferOutput<Source>,
  services: Services,
): void {
  const key = keyOf(kind.viewType, source);
  const title = kind.title(source);
  const host = new WebviewHost(panel.webview, kind, services, {
    title,
    source,
    ...(kind.folder === undefined ? {} : { folder: kind.folder }),
  });
  open.set(key, panel);
  panel.title = tabTitle(title);
  panel.onDidChangeViewState(() => {
    if (!panel.visible) {
      host.hidden();
    }
  });
  panel.onDidDispose(() => {
    open.delete(key);
    host.dispose();
  });
  host.load(kind.connect(host, source, services, panel));
}

function keyOf(viewType: string, source: unknown): string {
  return `${viewType} ${JSON.stringify(source)}`;
}
