import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as vscode from 'vscode';
import { windowController } from '../../../src/extension/control/windowController';
import type { RunEntry } from '../../../src/extension/runs/runEntry';
import { RunsTree } from '../../../src/extension/trees/runsTree';
import { RunSubscription } from '../../../src/node/runPage/runSubscription';
import type { RunSummary } from '../../../src/shared/webview/run';
import type { Services } from '../../../src/extension/services/services';
import { eventually, extension, workspaceFolder } from './support';

/** What the extension is made of; it gives it to tests only. */
export async function services(): Promise<Services> {
  const given: unknown = await extension().activate();
  assert.ok(given !== undefined, 'the extension was not activated in test mode');
  return given as Services;
}

/** A path inside the sample that comes with the extension. */
export function samplePath(...names: string[]): string {
  return join(extension().extensionUri.fsPath, 'media', 'sample', ...names);
}

/** The importance of the sample's layers, as an analysis would have left it: enough for a run to begin at once. */
export interface RunRequest {
  readonly name: string;
  readonly steps: number;
  readonly saveEvery?: number;
}

/** Writes a *.adept.json that tunes the sample, and returns its path and that of its run folder. */
export function writeConfig({ name, steps, saveEvery = 5 }: RunRequest): { config: string; run: string } {
  const config = join(workspaceFolder(), `${name}.adept.json`);
  const run = join(workspaceFolder(), '.adept', 'runs', name);
  const job = {
    model: samplePath('model'),
    out: run,
    probe: [samplePath('general.txt')],
    domain: [samplePath('domain.jsonl')],
    eval: { domain: [samplePath('domain-eval.jsonl')], general: [samplePath('general-eval.txt')] },
    engine: 'wasm',
    analyze: { mode: 'fast', seqLen: 32, maxSequences: 4 },
    expand: { lowest: 1 },
    tune: {
      steps,
      learningRate: 0.001,
      updateEvery: 1000,
      batchSize: 1,
      seqLen: 32,
      saveEvery,
      evalEvery: 1000,
      maxProbeSequences: 4,
      maxEvalSequences: 2,
    },
  };
  mkdirSync(workspaceFolder(), { recursive: true });
  writeFileSync(config, JSON.stringify(job, null, 2));
  return { config, run };
}

/** The run once it is as wanted. */
export function runThat(
  { runs }: Services,
  path: string,
  what: string,
  fits: (run: RunEntry) => boolean,
): Promise<RunEntry> {
  return eventually(`${path} to be ${what}`, () => {
    const run = runs.list.get(path);
    return run !== undefined && fits(run) ? run : undefined;
  });
}

/** A run as the view of runs shows it. */
export function itemOf({ runs }: Services, run: string): vscode.TreeItem {
  const tree = new RunsTree(runs.list);
  const entry = runs.list.get(run);
  assert.ok(entry !== undefined, `${run} is not in the list`);
  const item = tree.getTreeItem(entry);
  tree.dispose();
  return item;
}

/** What the panel of a run would say of it now, in this window. */
export async function summaryOf(services: Services, folder: string): Promise<RunSummary> {
  const told: RunSummary[] = [];
  const controller = windowController(services);
  const subscription = new RunSubscription({
    folder,
    post: ({ summary }) => {
      told.push(...(summary === undefined ? [] : [summary]));
    },
    window: () => ({
      ...controller.about(folder),
      isTrusted: vscode.workspace.isTrusted,
      remoteName: undefined,
      pending: undefined,
    }),
  });
  try {
    subscription.ready();
    return await eventually(`what a panel says of ${folder}`, () =>
      told.find(({ state }) => state !== 'opening'),
    );
  } finally {
    subscription.dispose();
  }
}

/** The links that run and control the job. */
export async function lensesOf(file: string): Promise<string[]> {
  const lenses = await vscode.commands.executeCommand<vscode.CodeLens[]>(
    'vscode.executeCodeLensProvider',
    vscode.Uri.file(file),
    20,
  );
  return lenses
    .filter(({ command }) => command?.command !== 'adept.previewText')
    .map(({ command }) => command?.title.replace(/\$\([a-z-]+\) /, '') ?? '');
}
