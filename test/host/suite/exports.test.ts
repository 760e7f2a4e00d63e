import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as vscode from 'vscode';
import { askForNewFolder } from '../../../src/extension/commands/newFolder';
import { presentOutcome } from '../../../src/extension/notices/jobOutcomes';
import { FakeRun } from '../../support/fakeRun';
import { Dialogs } from './dialogs';
import { services } from './life';
import { eventually, workspaceFolder } from './support';

const losses = (domainLoss: number): object => ({ domainLoss, generalLoss: 1 });

describe('an export that was rounded', () => {
  const run = join(workspaceFolder(), 'no-such-run');

  /** The warnings about an export whose files have this domain loss; the gain was from 2 to 1. */
  async function warned(dialogs: Dialogs, after: number): Promise<string> {
    const value = {
      ...{ run, step: 6, alpha: 1, dropped: [], dtype: 'bfloat16' },
      ...{ before: losses(2), tuned: losses(1), after: losses(after) },
    };
    const purpose = { kind: 'export', path: join(workspaceFolder(), 'exported') };
    await presentOutcome(await services(), { title: '', purpose, value }, false);
    return dialogs.shown
      .filter(({ kind }) => kind === 'showWarningMessage')
      .map(({ text }) => text)
      .join();
  }

  it('is warned of where much of the gain is lost, and offered in float32', async () => {
    const dialogs = new Dialogs();
    try {
      assert.equal(await warned(dialogs, 1.01), '');
      dialogs.press = 'Export in float32…';
      assert.match(
        await warned(dialogs, 1.5),
        /Rounding to bfloat16 takes 50% of the gain: .* 2\.00000 before and 1\.00000 as trained, and is 1\.50000/,
      );
      // The command is given this run, and says that there is none.
      await eventually('the command', () => dialogs.errors.find((text) => text.includes('no-such-run')));
    } finally {
      dialogs.dispose();
    }
  });
});

describe('the losses over α, once they are measured', () => {
  it('are offered to whoever has gone on to something else, who stays there', async () => {
    const dialogs = new Dialogs();
    try {
      await vscode.window.showTextDocument(await vscode.workspace.openTextDocument({ content: 'elsewhere' }));
      const purpose = { kind: 'strength', path: join(workspaceFolder(), 'no-such-run') };
      await presentOutcome(await services(), { title: 'Measuring', purpose, value: {} }, true);
      assert.deepEqual(
        dialogs.shown.map(({ text, offers }) => [text, ...offers]),
        [['Measuring: done.', 'Open Run']],
      );
      assert.equal(vscode.window.activeTextEditor?.document.getText(), 'elsewhere');
    } finally {
      dialogs.dispose();
      await vscode.commands.executeCommand('workbench.action.closeAllEditors');
    }
  });
});

describe('the report of a run that is shared', () => {
  const folder = join(workspaceFolder(), 'shared-runs');
  let dialogs: Dialogs;

  beforeEach(() => {
    dialogs = new Dialogs();
    const run = new FakeRun(join(folder, 'one run')).tuned(2).status('started').evaluation(0, 3, 2);
    run.step(1, 2.5).step(2, 2).evaluation(2, 2.25, 2.125).status('stopped');
  });

  afterEach(() => {
    dialogs.dispose();
    rmSync(folder, { recursive: true });
  });

  const share = (): Thenable<string | undefined> =>
    vscode.commands.executeCommand('adept.shareReport', join(folder, 'one run'));

  it('is written where the person wants it, and offered to be shown', async () => {
    const file = join(folder, 'for Ann.html');
    const { proposed } = dialogs.saveTo(file);
    assert.equal(await share(), file);
    assert.deepEqual(proposed, [join(folder, 'one run-report.html')]);
    const page = readFileSync(file, 'utf8');
    assert.match(page, /<h1>one run<\/h1>/);
    assert.ok(page.includes('3.0000 → 2.2500 nats'), page.slice(0, 2000));
    assert.ok(!page.includes(workspaceFolder()));
    const [message, ...others] = dialogs.shown;
    assert.deepEqual(others, []);
    assert.match(message?.text ?? '', /^The report is in .*for Ann\.html\./);
    // The browser is offered where the file is on the person's own machine.
    const isHere = vscode.env.uiKind === vscode.UIKind.Desktop;
    assert.deepEqual(message?.offers, isHere ? ['Open', 'Reveal'] : ['Reveal']);
  });

  it('is not written where the person changes their mind, or there is no run', async () => {
    dialogs.saveTo(undefined);
    assert.equal(await share(), undefined);
    assert.deepEqual(dialogs.shown, []);
    assert.ok(!existsSync(join(folder, 'one run-report.html')));
    await vscode.commands.executeCommand('adept.shareReport', join(folder, 'none'));
    assert.match(dialogs.errors.join(), /none is not a run folder/);
  });
});

describe('where a new folder is to be', () => {
  const folder = join(workspaceFolder(), 'new-folders');
  let dialogs: Dialogs;

  beforeEach(() => {
    dialogs = new Dialogs();
    mkdirSync(join(folder, 'taken', 'inside'), { recursive: true });
    writeFileSync(join(folder, 'taken', 'file'), '');
  });

  afterEach(() => {
    dialogs.dispose();
    rmSync(folder, { recursive: true });
  });

  it('is asked with a free name, and refused where something is', async () => {
    const free = dialogs.answerInput(join(folder, 'mine'));
    const proposal = join(folder, 'taken');
    assert.equal(await askForNewFolder('Export', proposal), join(folder, 'mine'));
    assert.deepEqual([free.values, free.problems], [[`${proposal}-2`], [undefined]]);
    const { problems } = dialogs.answerInput('relative');
    // A box that refuses its answer stays: nobody gets one.
    void askForNewFolder('Export', proposal).catch(assert.ifError);
    await eventually('the refusal', () => problems.find((text) => text === 'Give an absolute path.'));
    dialogs.answerInput(undefined);
    await assert.rejects(askForNewFolder('Export', proposal), vscode.CancellationError);
  });

  it('is found by its button, and has the same name there', async () => {
    const { values } = dialogs.answerInput(undefined, join(folder, 'taken'));
    const chosen = await askForNewFolder('Export', join(folder, 'inside'));
    assert.equal(chosen, join(folder, 'taken', 'inside'));
    assert.deepEqual(values, [join(folder, 'inside'), chosen]);
  });
});
