import * as vscode from 'vscode';
import { registerAssistantTools } from './assistants/register';
import { CheckpointsView } from './checkpoints/checkpointsView';
import { registerCommands } from './commands/register';
import { ContextKeys } from './window/contextKeys';
import { registerEditors } from './editors/register';
import { Models } from './models/models';
import { registerPanels } from './panels/register';
import { Children } from './process/children';
import { Jobs } from './process/jobs';
import { WindowQueue } from './queue/windowQueue';
import { RunStatusBar } from './runs/runStatusBar';
import { Runs } from './runs/runs';
import type { Services } from './services/services';
import { registerTrees } from './trees/register';

/**
 * Registers what the extension offers and computes nothing: every handler loads what it needs when it first runs.
 * @returns what the extension is made of, to its own tests
 */
export function activate(context: vscode.ExtensionContext): Services | undefined {
  const log = vscode.window.createOutputChannel('ADEPT', { log: true });
  const children = new Children(context, log);
  const jobs = new Jobs(context, children, log);
  const runs = new Runs(context, children, log);
  const queue = new WindowQueue(context, runs, log);
  const models = new Models(context, log);
  const checkpoints = new CheckpointsView(runs.list);
  const services: Services = {
    context,
    log,
    contextKeys: new ContextKeys(),
    children,
    jobs,
    runs,
    queue,
    models,
    checkpoints,
    enginesChanged: new vscode.EventEmitter<void>(),
  };
  context.subscriptions.push(
    log,
    jobs,
    queue,
    runs,
    models,
    checkpoints,
    services.enginesChanged,
    ...registerCommands(services),
    ...registerTrees(services),
    ...registerPanels(services),
    ...registerEditors(services),
    ...registerAssistantTools(services),
    new RunStatusBar(runs.list),
  );
  void beginLife(services);
  return context.extensionMode === vscode.ExtensionMode.Test ? services : undefined;
}

/** After activation, whose time the person waits for. */
async function beginLife(services: Services): Promise<void> {
  const { startLife } = await import('./life');
  services.context.subscriptions.push(startLife(services));
}
