import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import * as vscode from 'vscode';
import { analyzeArguments } from '../../../src/extension/analysis/analysisRequest';
import { jobFolder } from '../../../src/extension/window/folders';
import { Jobs } from '../../../src/extension/process/jobs';
import { JobStore } from '../../../src/extension/process/jobStore';
import { ModelsTree } from '../../../src/extension/trees/modelsTree';
import type { Services } from '../../../src/extension/services/services';
import { Dialogs } from './dialogs';
import { samplePath, services } from './life';
import { eventually, workspaceFolder } from './support';

/** Quick enough for a test. */
const FAST = { mode: 'fast', seqLen: 32, maxSequences: 4, engine: 'wasm' } as const;

function tabs(): string[] {
  return vscode.window.tabGroups.all.flatMap((group) => group.tabs.map(({ label }) => label));
}

/** Labels, descriptions and context values of the view of models. */
function modelItems({ models }: Services): vscode.TreeItem[] {
  const tree = new ModelsTree(models);
  const roots = tree.getChildren();
  const items = [...roots, ...roots.flatMap((root) => tree.getChildren(root))].map((one) =>
    tree.getTreeItem(one),
  );
  tree.dispose();
  return items;
}

/** Whether no job of this workspace waits for a window. */
function isTakenUp({ context }: Services): boolean {
  return new JobStore(jobFolder(context)).list(assert.ifError).length === 0;
}

describe('analyzing models', () => {
  let dialogs: Dialogs;

  beforeEach(() => {
    dialogs = new Dialogs();
  });

  afterEach(async () => {
    dialogs.dispose();
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
  });

  it('analyzes the sample, shows the heatmap, and lists both in the view of models', async () => {
    const file = await vscode.commands.executeCommand<string>('adept.analyze', { sample: true });
    assert.deepEqual(dialogs.errors, []);
    assert.equal(dirname(file), join(workspaceFolder(), '.adept', 'importance'));
    const importance = JSON.parse(readFileSync(file, 'utf8')) as { mode: string; layers: unknown[] };
    assert.deepEqual([importance.mode, importance.layers.length], ['exact', 8]);
    await eventually('the heatmap', () =>
      tabs().find((label) => label.startsWith('Importance: sample-model')),
    );

    const items = modelItems(await services());
    const model = items.find(({ id }) => id === samplePath('model'));
    assert.ok(model !== undefined);
    assert.equal(model.contextValue, 'model analyzed');
    assert.match(String(model.description), /^[\d.]+ [kM] · 8 layers · analyzed · llama$/);
    const analysis = items.find(({ id }) => id === file);
    assert.match(
      String(analysis?.description),
      /^exact · base loss \d\.\d{4} · least important: layer \d · /,
    );
  });

  it('takes model and text from its argument, and writes where that says', async () => {
    const out = join(workspaceFolder(), 'elsewhere.json');
    const { messages, increments } = dialogs.cancelProgress();
    const file = await vscode.commands.executeCommand<string>('adept.analyze', {
      ...FAST,
      // Long enough to be told of the second.
      seqLen: 128,
      model: samplePath('model'),
      probe: [samplePath('general.txt')],
      domain: [samplePath('domain.jsonl')],
      out,
    });
    assert.deepEqual(dialogs.errors, []);
    assert.equal(file, out);
    assert.ok(existsSync(out));
    // The second text's pass is no repetition of the first, to the eye or to the bar.
    const texts = messages.flatMap((message) => /^(general|domain) text: /.exec(message)?.[1] ?? []);
    assert.ok(texts.includes('domain'), messages.join('\n'));
    assert.ok(texts.lastIndexOf('general') < texts.indexOf('domain'), messages.join('\n'));
    const shownUpTo = (end: number): number =>
      increments.slice(0, end).reduce((sum, increment) => sum + increment, 0);
    const half = shownUpTo(messages.findIndex((message) => message.startsWith('domain text: ')));
    const whole = shownUpTo(increments.length);
    assert.ok(half <= 50 && whole >= 50 && whole <= 100, `${half} and ${whole} percent`);
  });

  it('names what is missing in a folder that is no model, and starts nothing', async () => {
    const folder = join(workspaceFolder(), 'no-model');
    mkdirSync(folder);
    const request = { ...FAST, model: folder, probe: [samplePath('general.txt')] };
    assert.equal(await vscode.commands.executeCommand('adept.analyze', request), undefined);
    assert.equal(dialogs.errors.length, 1);
    assert.match(dialogs.errors[0] ?? '', /no-model.*config\.json/);
    assert.ok((await services()).models.all.every(({ path }) => path !== folder));
  });

  it('names a text that is missing', async () => {
    const request = { ...FAST, model: samplePath('model'), probe: [join(workspaceFolder(), 'no-text.txt')] };
    assert.equal(await vscode.commands.executeCommand('adept.analyze', request), undefined);
    assert.match(dialogs.errors.join(), /no-text\.txt: there is no such file/);
  });

  it('shows a damaged model and a damaged analysis in the view, with the reason', async () => {
    const { models } = await services();
    const model = join(workspaceFolder(), 'damaged-model');
    mkdirSync(model);
    writeFileSync(join(model, 'config.json'), readFileSync(samplePath('model', 'config.json')));
    writeFileSync(join(model, 'model.safetensors'), 'no weights');
    const file = join(workspaceFolder(), '.adept', 'importance', 'damaged.json');
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, '{"format":"adept.importance/7"}');
    await models.refresh();
    const items = modelItems(await services());
    const damaged = items.find(({ id }) => id === model);
    assert.equal(damaged?.contextValue, 'unusable');
    assert.match(String(damaged.description), /model\.safetensors: is not a complete safetensors file/);
    const analysis = items.find(({ id }) => id === file);
    assert.match(
      String(analysis?.description),
      /damaged\.json: "format" is adept\.importance\/7, of a newer version/,
    );
  });

  it('is cancelled without leaving a file or a process', async () => {
    const progress = dialogs.cancelProgress();
    const out = join(workspaceFolder(), 'cancelled.json');
    const request = {
      model: samplePath('model'),
      probe: [samplePath('general.txt')],
      engine: 'wasm',
      mode: 'exact',
      seqLen: 128,
      out,
    };
    const ended = vscode.commands.executeCommand('adept.analyze', request);
    await eventually('its progress', () => progress.messages.find((message) => message.includes('layer')));
    progress.cancel();
    assert.equal(await ended, undefined);
    assert.deepEqual([dialogs.shown, existsSync(out)], [[], false]);
    assert.ok(isTakenUp(await services()));
  });

  it('goes on without its window, and the next one is given the result once', async () => {
    const all = await services();
    const out = join(workspaceFolder(), 'left-behind.json');
    const model = samplePath('model');
    const window = (): Jobs => new Jobs(all.context, all.children, all.log);
    const first = window();
    const left = first.run({
      title: 'Analyzing the sample',
      args: analyzeArguments({ ...FAST, model, probe: [samplePath('general.txt')], out }),
      cwd: workspaceFolder(),
      purpose: { kind: 'analyze', path: out },
    });
    first.dispose();
    await assert.rejects(left, vscode.CancellationError);

    const [second, third] = [window(), window()];
    const given: unknown[] = [];
    for (const jobs of [second, third]) {
      jobs.attachAll(
        ({ purpose }, value) => given.push([purpose.path, value.mode]),
        (_, error) => {
          assert.ok(error instanceof vscode.CancellationError, String(error));
        },
      );
    }
    await eventually('the result', () => (given.length > 0 ? true : undefined));
    await eventually('nothing left to take up', () => (isTakenUp(all) ? true : undefined));
    assert.deepEqual(given, [[out, 'fast']]);
    second.dispose();
    third.dispose();
  });

  it('names the setting when Node.js cannot be started', async () => {
    const configuration = vscode.workspace.getConfiguration();
    await configuration.update('adept.nodePath', '/nowhere/node', vscode.ConfigurationTarget.Global);
    try {
      const request = { ...FAST, model: samplePath('model'), probe: [samplePath('general.txt')] };
      assert.equal(await vscode.commands.executeCommand('adept.analyze', request), undefined);
      assert.match(dialogs.errors.join(), /\/nowhere\/node \(setting adept\.nodePath\) cannot be started/);
    } finally {
      await configuration.update('adept.nodePath', undefined, vscode.ConfigurationTarget.Global);
    }
  });

  it('expands the layers of its argument and finds the result in the view of models', async () => {
    const importance = join(workspaceFolder(), 'elsewhere.json');
    const out = join(workspaceFolder(), 'expanded-model');
    const request = { model: samplePath('model'), importance, layers: [1, 2], out };
    assert.equal(await vscode.commands.executeCommand('adept.expand', request), out);
    assert.deepEqual(dialogs.errors, []);
    const found = (await services()).models.get(out);
    assert.equal(found?.summary?.layers, 10);
  });

  it('refuses to expand without layers', async () => {
    const request = { model: samplePath('model'), importance: 'x.json', layers: [] };
    assert.equal(await vscode.commands.executeCommand('adept.expand', request), undefined);
    assert.match(dialogs.errors.join(), /"layers" is not usable/);
  });
});
