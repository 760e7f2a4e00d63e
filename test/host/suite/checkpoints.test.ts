import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as vscode from 'vscode';
import {
  CheckpointTree,
  isCheckpoint,
  type CheckpointNode,
} from '../../../src/extension/checkpoints/checkpointTree';
import { COMPARISON_PANEL } from '../../../src/extension/panels/comparisonPanel';
import { openPanel } from '../../../src/extension/panels/panel';
import { runLogFile } from '../../../src/extension/runs/runEntry';
import type { Services } from '../../../src/extension/services/services';
import { VIEW_TYPES } from '../../../src/extension/window/viewTypes';
import type { ToComparison } from '../../../src/shared/webview/comparison';
import { manifestOf, RunFixture } from '../../support/runFixture';
import { Dialogs } from './dialogs';
import { runThat, services, writeConfig } from './life';
import { eventually, workspaceFolder } from './support';

const Q = 'model.layers.1.self_attn.q_proj.weight';
const O = 'model.layers.1.self_attn.o_proj.weight';

/** A run among those of the workspace, with checkpoints at steps 10, 20 and 30. */
function writeRun(name: string): RunFixture {
  const runs = join(workspaceFolder(), '.adept', 'runs');
  mkdirSync(runs, { recursive: true });
  const model = { [Q]: [3, 4], [O]: [0, 0] };
  const fixture = new RunFixture(
    join(workspaceFolder(), `${name}-model`),
    model,
    manifestOf(1, [0]),
    join(runs, name),
  );
  fixture.checkpoint(10, { domainLoss: 3, generalLoss: 1.5 }, { [Q]: [3, 5], [O]: [6, 8] });
  fixture.checkpoint(20, { domainLoss: 2, generalLoss: 1.75 }, { [Q]: [3, 6], [O]: [6, 8] });
  fixture.checkpoint(30, { domainLoss: 2.5, generalLoss: 1.75 }, { [Q]: [3, 6], [O]: [9, 12] });
  return fixture;
}

describe('the checkpoints view', () => {
  let all: Services;
  let dialogs: Dialogs;

  before(async () => {
    all = await services();
  });

  beforeEach(() => {
    dialogs = new Dialogs();
  });

  afterEach(async () => {
    dialogs.dispose();
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
  });

  async function listed(name: string): Promise<RunFixture> {
    const fixture = writeRun(name);
    all.runs.list.scan();
    await eventually(`${name} in the list`, () => all.runs.list.get(fixture.run.path));
    return fixture;
  }

  function nodesOf({ run }: RunFixture, tree: CheckpointTree): CheckpointNode[] {
    return tree.getChildren(tree.runNode(run.path)).filter(isCheckpoint);
  }

  function withTree<T>(work: (tree: CheckpointTree) => T): T {
    const tree = new CheckpointTree(all.runs.list);
    try {
      return work(tree);
    } finally {
      tree.dispose();
    }
  }

  const node = (fixture: RunFixture, step: number): CheckpointNode =>
    withTree((tree) => nodesOf(fixture, tree).find((one) => one.step === step) ?? assert.fail());

  it('gives the playground a checkpoint beside the base model, two of them, an export, or a model', async () => {
    const fixture = await listed('asked');
    const run = fixture.run.path;
    const sidesOf = (...args: unknown[]): Thenable<unknown> =>
      vscode.commands.executeCommand('adept.tryInPlayground', ...args);
    const base = { kind: 'base', run };
    const at = (step: number, alpha = 1, drop: number[] = []): object => ({
      ...{ kind: 'checkpoint', run, step, alpha, drop },
    });
    const [first, last] = [node(fixture, 10), node(fixture, 30)];
    assert.deepEqual(await sidesOf(first), [base, at(10)]);
    assert.deepEqual(await sidesOf(last, [last, first]), [at(10), at(30)]);
    assert.deepEqual(await sidesOf({ run, step: 20, alpha: 0.25, drop: [1] }), [base, at(20, 0.25, [1])]);
    assert.deepEqual(await sidesOf({ path: run }), [base, at(30)]);
    const model = join(workspaceFolder(), 'exported');
    assert.deepEqual(await sidesOf({ run, path: model, exported: {} }), [base, { kind: 'model', model }]);
    assert.deepEqual(await sidesOf({ path: model }), [{ kind: 'model', model }]);
    rmSync(first.info.folder, { recursive: true });
    assert.equal(await sidesOf(first), undefined);
    await eventually('why not', () =>
      dialogs.errors.find((text) => text.includes('00000010 does not exist')),
    );
  });

  it('shows each run that saved, and its checkpoints, the latest first, with the best marked', async () => {
    const fixture = await listed('shown');
    writeFileSync(join(fixture.checkpoint(40), 'state.json'), '{');
    withTree((tree) => {
      const runs = tree.getChildren();
      const [own] = runs.filter(({ run }) => run === fixture.run.path);
      assert.ok(own !== undefined);
      assert.equal(tree.getTreeItem(own).label, 'shown');
      assert.match(String(tree.getTreeItem(own).description), /^4 checkpoints/);
      const items = nodesOf(fixture, tree).map((one) => tree.getTreeItem(one));
      assert.deepEqual(
        items.map(({ label, description, contextValue }) => [label, description, contextValue]),
        [
          ['Step 40', 'cannot be used', 'broken'],
          ['Step 30', '2.500 domain · 1.750 general', 'checkpoint'],
          ['Step 20', '2.000 domain · 1.750 general · best', 'checkpoint'],
          ['Step 10', '3.000 domain · 1.500 general · lowest general loss', 'checkpoint'],
        ],
      );
      assert.deepEqual(
        items.map(({ iconPath }) => (iconPath instanceof vscode.ThemeIcon ? iconPath.id : '')),
        ['warning', 'milestone', 'star-full', 'milestone'],
      );
      const tooltip = items[0]?.tooltip;
      assert.ok(typeof tooltip === 'string' && tooltip.includes('state.json'));
    });
  });

  it('notices a checkpoint that appears or goes', async () => {
    const fixture = await listed('watched');
    const tree = new CheckpointTree(all.runs.list);
    let changes = 0;
    const subscription = tree.onDidChangeTreeData(() => {
      changes += 1;
    });
    tree.getChildren();
    fixture.checkpoint(40);
    await eventually('the view to change', () => (changes > 0 ? true : undefined));
    assert.equal(nodesOf(fixture, tree)[0]?.step, 40);
    const before = changes;
    rmSync(nodesOf(fixture, tree)[0]?.info.folder ?? '', { recursive: true });
    await eventually('the view to change again', () => (changes > before ? true : undefined));
    assert.equal(nodesOf(fixture, tree)[0]?.step, 30);
    subscription.dispose();
    tree.dispose();
  });

  it('is shown with a run opened in it by Explore Checkpoints', async () => {
    const fixture = await listed('explored');
    await vscode.commands.executeCommand('adept.exploreCheckpoints', fixture.run.path);
    assert.deepEqual(dialogs.errors, []);
    assert.deepEqual(all.checkpoints.selection, []);
  });

  it('renames a checkpoint, whose folder keeps its name', async () => {
    const fixture = await listed('renamed');
    const { problems } = dialogs.answerInput('before the rate fell');
    await vscode.commands.executeCommand('adept.renameCheckpoint', node(fixture, 20));
    assert.deepEqual(problems, [undefined]);
    const item = withTree((tree) => tree.getTreeItem(node(fixture, 20)));
    assert.equal(item.label, 'before the rate fell');
    assert.equal(item.description, '2.000 domain · 1.750 general · step 20 · best');
    assert.ok(existsSync(join(fixture.run.file('checkpoints'), 'step-00000020', 'label.json')));
  });

  it('deletes nothing without a yes, and says what would be missed', async () => {
    const fixture = await listed('kept');
    await vscode.commands.executeCommand('adept.deleteCheckpoint', node(fixture, 20));
    const [question] = dialogs.shown;
    assert.equal(question?.text, 'Delete the checkpoint Step 20 of kept?');
    assert.match(question.detail, /^It has the lowest domain loss of the run\.\n\d+ B are freed/);
    assert.deepEqual(fixture.run.checkpoints(), [10, 20, 30]);
    dialogs.press = 'Delete';
    await vscode.commands.executeCommand('adept.deleteCheckpoint', node(fixture, 20));
    assert.deepEqual(fixture.run.checkpoints(), [10, 30]);
    const rest = [node(fixture, 10), node(fixture, 30)];
    await vscode.commands.executeCommand('adept.deleteCheckpoint', rest[0], rest);
    assert.deepEqual(fixture.run.checkpoints(), []);
    assert.deepEqual(dialogs.errors, []);
  });

  it('warns of deleting what a running trainer would go on from', async () => {
    const fixture = await listed('needed');
    fixture.pretendToTrain('running');
    await vscode.commands.executeCommand('adept.deleteCheckpoint', node(fixture, 30));
    assert.match(dialogs.shown[0]?.detail ?? '', /^The run is active and would resume from it/);
    assert.deepEqual(fixture.run.checkpoints(), [10, 20, 30]);
    await vscode.commands.executeCommand('adept.resumeFromCheckpoint', node(fixture, 20));
    assert.match(dialogs.errors.join(), /needed is in use by a trainer: stop it first/);
    rmSync(fixture.run.file('trainer'));
    all.runs.list.scan();
  });

  it('says of a checkpoint that was deleted while shown what is missing and where', async () => {
    const fixture = await listed('gone');
    const stale = node(fixture, 20);
    rmSync(stale.info.folder, { recursive: true });
    dialogs.answerInput('too late');
    for (const command of [
      'adept.openTensors',
      'adept.renameCheckpoint',
      'adept.deleteCheckpoint',
      'adept.revealCheckpoint',
      'adept.resumeFromCheckpoint',
    ]) {
      await vscode.commands.executeCommand(command, stale);
    }
    await vscode.commands.executeCommand('adept.compareCheckpoints', stale, [stale, node(fixture, 30)]);
    assert.equal(dialogs.errors.length, 6);
    for (const error of dialogs.errors) {
      assert.ok(
        error.startsWith(`${stale.info.folder} does not exist: this run has checkpoints at steps 10, 30`),
        error,
      );
    }
  });

  it('compares two checkpoints, and says when one of them is deleted', async () => {
    const fixture = await listed('compared');
    const posted: ToComparison[] = [];
    const source = {
      a: { run: fixture.run.path, step: 'base' as const },
      b: { run: fixture.run.path, step: 20 },
    };
    openPanel(
      {
        ...COMPARISON_PANEL,
        connect: (host, given, given2, panel) => {
          const post = host.post.bind(host);
          host.post = (message) => {
            posted.push(message);
            return post(message);
          };
          return COMPARISON_PANEL.connect(host, given, given2, panel);
        },
      },
      source,
      all,
    );
    const shown = await eventually('the comparison', () => posted.find(({ type }) => type === 'show'));
    assert.ok(shown.type === 'show');
    assert.deepEqual(
      shown.comparison.units.map(({ name, change, difference }) => [name, change, difference]),
      [
        ['self_attn.q_proj', 0.4, 2],
        ['self_attn.o_proj', null, 10],
      ],
    );
    assert.equal(shown.comparison.b.domainLoss, 2);
    rmSync(join(fixture.run.file('checkpoints'), 'step-00000020'), { recursive: true });
    const gone = await eventually('the notice', () =>
      posted.find((message) => message.type === 'gone' && message.messages.length > 0),
    );
    assert.ok(gone.type === 'gone');
    assert.match(gone.messages.join(), /step-00000020 was deleted/);
  });

  it('compares the selected checkpoints in the order of their steps, and asks for the other of one', async () => {
    const fixture = await listed('ordered');
    const [first, second] = [node(fixture, 30), node(fixture, 10)];
    const run = fixture.run.path;
    assert.deepEqual(
      await vscode.commands.executeCommand('adept.compareCheckpoints', first, [first, second]),
      { a: { run, step: 10 }, b: { run, step: 30 } },
    );
    const { offered } = dialogs.choose('Base');
    assert.deepEqual(await vscode.commands.executeCommand('adept.compareCheckpoints', first), {
      a: { run, step: 'base' },
      b: { run, step: 30 },
    });
    assert.deepEqual(offered[0]?.slice(0, 4), ['ordered', 'Step 20', 'Step 10', 'Base']);
    assert.deepEqual(dialogs.errors, []);
    await eventually('the panel', () =>
      vscode.window.tabGroups.activeTabGroup.activeTab?.label === 'Compare base and step 30'
        ? true
        : undefined,
    );
  });

  it('opens the tensors of a checkpoint', async () => {
    const fixture = await listed('opened');
    await vscode.commands.executeCommand('adept.openTensors', node(fixture, 10));
    const input = vscode.window.tabGroups.activeTabGroup.activeTab?.input;
    assert.ok(input instanceof vscode.TabInputCustom);
    assert.equal(input.viewType, VIEW_TYPES.safetensors);
    assert.match(input.uri.fsPath, /step-00000010.delta\.safetensors$/);
  });
});

describe('resume from a checkpoint', function () {
  it('goes on from there with what came later set aside, and ends the same', async () => {
    const all = await services();
    const dialogs = new Dialogs();
    try {
      const { config, run } = writeConfig({ name: 'resumed-from', steps: 6, saveEvery: 2 });
      await vscode.commands.executeCommand('adept.startTuning', vscode.Uri.file(config));
      await runThat(all, run, 'done', ({ state }) => state === 'done');
      const delta = (folder: string): Buffer =>
        readFileSync(join(folder, 'step-00000006', 'delta.safetensors'));
      const before = delta(join(run, 'checkpoints'));
      dialogs.press = 'Set Aside and Resume';
      await vscode.commands.executeCommand('adept.resumeFromCheckpoint', { run, step: 2 });
      const asked = dialogs.shown.find(({ isModal }) => isModal);
      assert.match(asked?.detail ?? '', /step-00000006, .*step-00000004/);
      const aside = join(run, 'discarded', 'after-step-00000002');
      await eventually('the later checkpoints to be set aside', () => (existsSync(aside) ? true : undefined));
      await runThat(
        all,
        run,
        'done again',
        ({ state }) => state === 'done' && existsSync(join(run, 'report.json')),
      );
      assert.deepEqual(delta(join(run, 'checkpoints')), before);
      assert.deepEqual(delta(aside), before);
      assert.match(readFileSync(runLogFile(run), 'utf8'), /adept resume .* --checkpoint 2 --discard-later/);
      assert.deepEqual(dialogs.errors, []);
    } finally {
      dialogs.dispose();
    }
  });
});
