import assert from 'node:assert/strict';
import { appendFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import * as vscode from 'vscode';
import { openPanel, restorePanel } from '../../../src/extension/panels/panel';
import { RunPanel, runPanelKind, type RunPanelKind } from '../../../src/extension/panels/runPanel';
import type { RunController } from '../../../src/extension/runs/runController';
import { RunSubscription } from '../../../src/node/runPage/runSubscription';
import type { RunNews } from '../../../src/shared/webview/run';
import { recordedLine, recordedLines, RecordedRun } from '../../support/recordedRun';
import { Dialogs } from './dialogs';
import { fakeServices } from './fakeServices';
import { eventually, workspaceFolder } from './support';

let runs = 0;

function newRun(): RecordedRun {
  runs += 1;
  // Beside the folder of runs: as one of the workspace's it would be a living run to every other test.
  return new RecordedRun(join(workspaceFolder(), 'recorded', `recorded-${runs}`));
}

/** A controller that notes what is asked of it. */
function fakeController(): RunController & { readonly asked: string[]; progress: number | undefined } {
  const asked: string[] = [];
  const changed = new vscode.EventEmitter<void>();
  let progress: number | undefined;
  const note = (what: string) => (): Promise<void> => {
    asked.push(what);
    return Promise.resolve();
  };
  return {
    asked,
    onDidChange: (listener) => changed.event(listener),
    progressOf: () => progress,
    get progress() {
      return progress;
    },
    set progress(now) {
      progress = now;
      changed.fire();
    },
    control: (_run, { method }) =>
      method === 'stop' ? Promise.reject(new Error('no trainer')) : note(method)(),
    exportModel: note('export'),
    tryInPlayground: note('try'),
    measureStrength: note('strength'),
    baseLearningRate: () => Promise.resolve(2e-4),
    runAgain: note('runAgain'),
    deleteRun: note('delete'),
    shareReport: note('shareReport'),
    about: () => ({}),
    configOf: () => undefined,
  };
}

/** The panel's kind, with what its page was told and the panels it made. */
function watchedKind() {
  const controller = fakeController();
  const posted: RunNews[] = [];
  const panels: RunPanel[] = [];
  const kind: RunPanelKind = {
    ...runPanelKind(controller),
    connect: (host, { folder }, services, panel) => {
      const post = host.post.bind(host);
      host.post = async (message) => {
        const arrived = await post(message);
        if (arrived && (message.type === 'snapshot' || message.type === 'update')) {
          posted.push(message);
        }
        return arrived;
      };
      const made = new RunPanel(host, folder, { controller, services, panel });
      panels.push(made);
      return made;
    },
  };
  return { kind, controller, posted, panels, services: fakeServices() };
}

/** Waits until whoever follows the run and is shown knows of a step. */
async function toldOf({ folder }: RecordedRun, step: number): Promise<void> {
  const told: RunNews[] = [];
  const subscription = new RunSubscription({
    folder,
    post: (message) => told.push(message),
    window: () => ({ isTrusted: true, remoteName: undefined, pending: undefined }),
  });
  try {
    subscription.ready();
    await eventually(`step ${step}`, () => told.find(({ summary }) => summary?.step === step));
  } finally {
    subscription.dispose();
  }
}

function snapshots(posted: readonly RunNews[]): RunNews[] {
  return posted.filter(({ type }) => type === 'snapshot');
}

describe('the run panel', () => {
  afterEach(async () => {
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
  });

  it('shows a run, follows it, says nothing while it is hidden and everything when it is shown again', async () => {
    const { kind, controller, posted, services } = watchedKind();
    const run = newRun();
    run.trainer();
    run.advance(recordedLine('"step":30,'));
    const panel = openPanel(kind, { folder: run.folder }, services);
    assert.equal(panel.title, `Run recorded-${runs}`);
    const first = await eventually('the snapshot', () => snapshots(posted)[0]);
    assert.deepEqual([first.summary?.step, first.summary?.state], [29, 'running']);
    assert.equal(panel.title, `Run recorded-${runs} · 14%`);
    assert.equal(first.evals?.length, 2);
    run.advance(recordedLine('"step":50,'));
    await eventually('an update', () => posted.find(({ summary }) => summary?.step === 49));
    await vscode.window.showTextDocument(await vscode.workspace.openTextDocument({ content: 'active' }));
    await eventually('the panel to be hidden', () => (panel.visible ? undefined : true));
    const before = posted.length;
    run.advance(recordedLines.length);
    await toldOf(run, 200);
    assert.equal(posted.length, before);
    // The tab is seen all the same.
    controller.progress = 0.5;
    assert.equal(panel.title, `Run recorded-${runs} · 50%`);
    controller.progress = undefined;
    assert.equal(panel.title, `Run recorded-${runs}`);
    panel.reveal();
    const second = await eventually('the second snapshot', () => snapshots(posted)[1]);
    assert.deepEqual([second.summary?.step, second.evals?.length], [200, 11]);
    // The page would have told of anything that went wrong in it.
    assert.deepEqual(services.lines, []);
  });

  it('has what is asked of it done, and opens what lies in the run folder', async () => {
    const { kind, controller, panels, services, posted } = watchedKind();
    const run = newRun();
    run.finish();
    appendFileSync(run.events, 'no event\n');
    openPanel(kind, { folder: run.folder }, services);
    const shown = await eventually('the snapshot', () => snapshots(posted)[0]);
    assert.equal(shown.problems?.items[0]?.line, recordedLines.length + 1);
    const [panel] = panels;
    assert.ok(panel !== undefined);
    for (const command of ['pause', 'resume', 'checkpoint', 'shareReport', 'export'] as const) {
      await panel.receive({ type: 'command', command });
    }
    assert.deepEqual(controller.asked, ['pause', 'resume', 'checkpoint', 'shareReport', 'export']);
    await assert.rejects(panel.receive({ type: 'command', command: 'stop' }), /no trainer/);
    const dialogs = new Dialogs();
    try {
      // The box takes no Enter while it says that something is wrong.
      const { problems } = dialogs.answerInput('0.5');
      await panel.receive({ type: 'command', command: 'setLearningRate' });
      assert.match(problems[0] ?? '', /A rate of 0\.5 destroys a language model/);
      const { values } = dialogs.answerInput('1e-4');
      await panel.receive({ type: 'command', command: 'setLearningRate' });
      assert.deepEqual([values, controller.asked.slice(5)], [['0.0002'], ['setLearningRate']]);
    } finally {
      dialogs.dispose();
    }
    await panel.receive({ type: 'command', command: 'openConfig' });
    assert.equal(vscode.window.activeTextEditor?.document.uri.fsPath, join(run.folder, 'job.json'));
    await panel.receive({ type: 'openProblem', file: run.events, line: 3 });
    assert.equal(vscode.window.activeTextEditor.selection.active.line, 2);
    const elsewhere = join(workspaceFolder(), 'other.json');
    await assert.rejects(panel.receive({ type: 'openProblem', file: elsewhere, line: null }), /no file of/);
  });

  it('keeps what it showed of a folder that is deleted, says so, and offers to forget it', async () => {
    const { kind, controller, posted, panels, services } = watchedKind();
    const run = newRun();
    run.finish();
    openPanel(kind, { folder: run.folder }, services);
    const shown = await eventually('the snapshot', () => snapshots(posted)[0]);
    assert.deepEqual([shown.summary?.step, shown.summary?.state], [200, 'done']);
    rmSync(run.folder, { recursive: true });
    const gone = await eventually('the news', () => posted.find(({ summary }) => summary?.state === 'gone'));
    assert.equal(gone.type, 'update');
    assert.equal(gone.summary?.step, 200);
    assert.equal(gone.curves, undefined, 'the curves stay as they are');
    assert.deepEqual(gone.summary.enabled, ['delete']);
    await panels[0]?.receive({ type: 'command', command: 'delete' });
    assert.deepEqual(controller.asked, ['delete']);
    assert.deepEqual(services.lines, []);
  });

  it('is restored from what the browser kept, and shows a folder that is gone as what it is', async () => {
    const { kind, posted, services } = watchedKind();
    const folder = join(workspaceFolder(), '.adept/runs/not-there');
    const kept = vscode.window.createWebviewPanel(kind.viewType, 'kept', vscode.ViewColumn.One);
    restorePanel(kind, kept, { source: { folder } }, services);
    const shown = await eventually('the snapshot', () => snapshots(posted)[0]);
    assert.deepEqual([shown.summary?.name, shown.summary?.state], ['not-there', 'gone']);
    assert.deepEqual(services.lines, []);
  });
});
