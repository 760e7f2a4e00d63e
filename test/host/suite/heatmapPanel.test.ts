import assert from 'node:assert/strict';
import { ENGLISH } from '../../../src/shared/common/localizer';
import { cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as vscode from 'vscode';
import { launch } from '../../../src/extension/panels/launch';
import type { AnalysisRequest } from '../../../src/extension/analysis/analysisRequest';
import { HEATMAP_PANEL, HeatmapPanel, type ExpandRequest } from '../../../src/extension/panels/heatmapPanel';
import { openPanel } from '../../../src/extension/panels/panel';
import { launchText } from '../../../src/shared/launch/launchConfig';
import { freshForm, readForm } from '../../../src/shared/launch/launchForm';
import type { PreviewSource } from '../../../src/shared/webview/preview';
import { importanceFile } from '../../support/importanceFile';
import { fakeServices } from './fakeServices';
import { eventually, extension, workspaceFolder } from './support';

/** An importance.json in the workspace, about the sample model's config.json. */
function writeAnalysis(name: string): { file: string; model: string } {
  const model = join(workspaceFolder(), name);
  mkdirSync(model, { recursive: true });
  cpSync(join(extension().extensionPath, 'media/sample/model/config.json'), join(model, 'config.json'));
  const importance = importanceFile([8, 7, 6, 5, 4, 3, 2, 1]);
  const file = join(model, 'importance.json');
  writeFileSync(file, JSON.stringify({ ...importance, model: { ...importance.model, path: model } }));
  return { file, model };
}

describe('the heatmap panel', () => {
  /** Opens the panel of a file; `shown` counts how often the page said that it shows layers. */
  function open(file: string) {
    const services = fakeServices();
    const expanded: ExpandRequest[] = [];
    const previewed: PreviewSource[] = [];
    const analyzed: AnalysisRequest[] = [];
    const state = { shown: 0 };
    let panel: HeatmapPanel | undefined;
    const actions = {
      starter: { start: () => Promise.resolve() },
      expand: (request: ExpandRequest) => {
        expanded.push(request);
        return Promise.resolve();
      },
      analyze: (request: AnalysisRequest) => {
        analyzed.push(request);
        return Promise.resolve();
      },
      previewText: (source: PreviewSource) => {
        previewed.push(source);
        return Promise.resolve();
      },
    };
    openPanel(
      {
        ...HEATMAP_PANEL,
        connect: (host, source, _services, webview) => {
          const made = new HeatmapPanel(host, source.file, services, webview, actions);
          panel = made;
          return {
            ready: () => made.ready(),
            receive: async (message) => {
              await made.receive(message);
              state.shown += message.type === 'marked' ? 1 : 0;
            },
            dispose: () => {
              made.dispose();
            },
          };
        },
      },
      { file },
      services,
    );
    assert.ok(panel !== undefined);
    return { panel, services, state, expanded, previewed, analyzed };
  }

  afterEach(async () => {
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
  });

  it('shows an importance.json in a page that answers, and knows what is marked', async () => {
    const { file, model } = writeAnalysis('shown');
    const { panel, state, expanded, previewed, analyzed } = open(file);
    await eventually('the page to show the heatmap', () => (state.shown > 0 ? true : undefined));
    assert.equal(HeatmapPanel.active, panel);
    await panel.receive({ type: 'marked', layers: [6, 7] });
    assert.deepEqual(panel.selection, { model, importance: file, layers: [6, 7] });
    await panel.receive({ type: 'expand', layers: [6, 7] });
    assert.deepEqual(expanded, [{ model, importance: file, layers: [6, 7] }]);
    await panel.receive({ type: 'previewText', files: ['texts'], text: { documentEnd: 'none' }, seqLen: 64 });
    const files = [join(workspaceFolder(), 'texts')];
    assert.deepEqual(previewed, [{ model, files, text: { documentEnd: 'none' }, seqLen: 64 }]);
    await panel.receive({ type: 'measureMore', sequences: 24 });
    const [again] = analyzed;
    assert.deepEqual([again?.model, again?.maxSequences], [model, 24]);
    // What the menu of a cell does.
    await panel.toggleMark(5);
    await eventually('the page to mark it', () =>
      panel.selection?.layers.join() === '5' ? true : undefined,
    );
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
    await eventually('the panel to be gone', () => (HeatmapPanel.active === undefined ? true : undefined));
  });

  it('says what is wrong with a file and shows it again when it is put right', async () => {
    const { file } = writeAnalysis('mended');
    const good = readFileSync(file, 'utf8');
    writeFileSync(file, good.slice(0, good.length / 2));
    const { panel, services, state } = open(file);
    await eventually('the log to name the file', () => services.lines.find((line) => line.includes(file)));
    const selected = (): ExpandRequest | undefined => panel.selection;
    assert.equal(selected(), undefined);
    assert.equal(state.shown, 0);
    writeFileSync(file, good);
    await eventually('the page to show the heatmap', () => (state.shown > 0 ? true : undefined));
    assert.deepEqual(selected()?.layers, []);
  });
});

describe('a launch', () => {
  /** A plan that can be run, and the text of its file. */
  function plan(name: string) {
    const { file, model } = writeAnalysis(`model-of-${name}`);
    const domain = join(workspaceFolder(), 'domain.txt');
    writeFileSync(domain, 'text');
    const folders = { folder: workspaceFolder(), runs: '.adept/runs' };
    const form = freshForm(name, [domain]);
    const settings = { ...form.settings, steps: '3', learningRate: '0.001' };
    const reading = readForm({ ...form, settings, files: { ...form.files, domain } }, ENGLISH);
    const text = launchText({
      reading,
      model,
      importance: file,
      probe: { sources: [], sequences: 8 },
      layers: [7],
      compute: { engine: 'wasm' },
      folders,
    });
    return { folders, name, text };
  }

  const starterOf = (started: string[]) => ({
    start: (file: string) => {
      started.push(file);
      return Promise.resolve();
    },
  });

  it('writes the file that was shown and starts it', async () => {
    const started: string[] = [];
    const request = plan('first');
    const file = await launch(request, starterOf(started));
    assert.equal(file, join(workspaceFolder(), 'first.adept.json'));
    assert.deepEqual(started, [file]);
    assert.equal(readFileSync(file, 'utf8'), request.text);
  });

  it('starts nothing where the run folder is taken, a text is missing or the text is no configuration', async () => {
    const started: string[] = [];
    const taken = plan('taken');
    mkdirSync(join(workspaceFolder(), '.adept/runs/taken'), { recursive: true });
    writeFileSync(join(workspaceFolder(), '.adept/runs/taken/run.json'), '{}');
    await assert.rejects(launch(taken, starterOf(started)), /exists already: choose another name/);
    const lacking = plan('lacking');
    const text = lacking.text.replaceAll('domain.txt', 'nowhere.txt');
    await assert.rejects(
      launch({ ...lacking, text }, starterOf(started)),
      /nowhere\.txt: there is no such file/,
    );
    const replayed = JSON.stringify({ ...(JSON.parse(lacking.text) as object), replay: ['gone.txt'] });
    await assert.rejects(
      launch({ ...lacking, text: replayed }, starterOf(started)),
      /gone\.txt: there is no such file/,
    );
    await assert.rejects(
      launch({ ...lacking, text: '{"model": "m"}' }, starterOf(started)),
      /lacking\.adept\.json: "probe"/,
    );
    assert.deepEqual(started, []);
    assert.equal(existsSync(join(workspaceFolder(), 'lacking.adept.json')), false);
  });
});
