import * as vscode from 'vscode';
import { registerCommands } from './commands/register';
import { ContextKeys } from './contextKeys';
import { registerPanels } from './panels/register';
import type { Services } from './services';
import { registerTrees } from './trees/register';

/** Registers what the extension offers and computes nothing: every handler loads what it needs when it first runs. */
export function activate(context: vscode.ExtensionContext): void {
  const log = vscode.window.createOutputChannel('ADEPT', { log: true });
  const services: Services = { context, log, contextKeys: new ContextKeys() };
  context.subscriptions.push(
    log,
    ...registerCommands(services),
    ...registerTrees(),
    ...registerPanels(services),
  );
}
