import assert from 'node:assert/strict';
import { cpSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as vscode from 'vscode';
import { showSafetensors } from '../../../src/extension/editors/safetensorsEditor';
import { VIEW_TYPES } from '../../../src/extension/window/viewTypes';
import type { ToSafetensors } from '../../../src/shared/webview/safetensors';
import { manifestOf } from '../../support/runFixture';
import { writeRaw } from '../../support/rawSafetensors';
import { fakeServices } from './fakeServices';
import { eventually, extension, workspaceFolder } from './support';

type FileMessage = Extract<ToSafetensors, { type: 'file' }>;

describe('the editor of weight files', () => {
  afterEach(async () => {
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
  });

  /** A folder of the workspace with weights of two layers, the second of which was added. */
  function writeModel(name: string): string {
    const folder = join(workspaceFolder(), name);
    mkdirSync(folder, { recursive: true });
    const file = join(folder, 'model.safetensors');
    writeRaw(file, { 'model.layers.0.mlp.up_proj.weight': [1, 2], 'model.layers.1.mlp.up_proj.weight': [1] });
    writeFileSync(join(folder, 'adept-manifest.json'), JSON.stringify(manifestOf(1, [0])));
    return file;
  }

  /** An editor of a file, with what it says to its page. */
  function open(file: string | vscode.Uri): { said: ToSafetensors[]; files: () => FileMessage[] } {
    const said: ToSafetensors[] = [];
    const panel = vscode.window.createWebviewPanel('adept.probe', 'weights', vscode.ViewColumn.Active);
    const { webview } = panel;
    const post = webview.postMessage.bind(webview);
    Object.defineProperty(webview, 'postMessage', {
      value: (message: ToSafetensors) => {
        said.push(message);
        return post(message);
      },
    });
    showSafetensors(typeof file === 'string' ? vscode.Uri.file(file) : file, panel, fakeServices());
    return { said, files: () => said.filter((message): message is FileMessage => message.type === 'file') };
  }

  it('is offered beside others, and opens a file', async () => {
    const file = writeModel('offered');
    await vscode.commands.executeCommand('vscode.openWith', vscode.Uri.file(file), VIEW_TYPES.safetensors);
    const input = vscode.window.tabGroups.activeTabGroup.activeTab?.input;
    assert.ok(input instanceof vscode.TabInputCustom);
    assert.equal(input.viewType, VIEW_TYPES.safetensors);
  });

  it('shows the header of a file, and what was added', async () => {
    const { said, files } = open(writeModel('shown-weights'));
    await eventually('the rows', () => said.find(({ type }) => type === 'rows'));
    const [first] = files();
    assert.deepEqual(first?.facts.added, [{ layer: 1, source: 0 }]);
    assert.deepEqual(first.facts.problems, []);
    // A late word of the file's creation has it read once more, and ends the reading before.
    const rows = await eventually('the rows of the last reading', () => {
      const last = said.findLastIndex(({ type }) => type === 'file');
      const found = said.slice(last).flatMap((message) => (message.type === 'rows' ? message.rows : []));
      return found.length > 0 ? found : undefined;
    });
    assert.deepEqual(
      rows.map(({ name, dtype, shape, byteLength, added }) => [name, dtype, shape, byteLength, added]),
      [
        ['model.layers.0.mlp.up_proj.weight', 'F32', [2], 8, false],
        ['model.layers.1.mlp.up_proj.weight', 'F32', [1], 4, true],
      ],
    );
  });

  it('reads the file again when it changes, is deleted, and comes back', async () => {
    const file = writeModel('changing');
    const { files } = open(file);
    const count = async (what: string, fits: (message: FileMessage) => boolean): Promise<FileMessage> =>
      eventually(what, () => {
        const last = files().at(-1);
        return last !== undefined && fits(last) ? last : undefined;
      });
    await count('the file', ({ facts }) => facts.tensors === 2);
    const whole = readFileSync(file);
    writeFileSync(file, whole.subarray(0, whole.length - 4));
    const cut = await count('the damage', ({ facts }) => facts.problems.length > 0);
    assert.equal(cut.facts.tensors, 2);
    assert.match(
      cut.facts.problems[0] ?? '',
      /model\.layers\.1\.mlp\.up_proj\.weight": its bytes 8 to 12 lie outside/,
    );
    rmSync(file);
    const gone = await count('the loss', ({ facts }) => facts.tensors === 0);
    assert.match(gone.facts.problems[0] ?? '', /there is no such file/);
    writeFileSync(`${file}.part`, whole);
    renameSync(`${file}.part`, file);
    await count('the file again', ({ facts }) => facts.tensors === 2 && facts.problems.length === 0);
  });

  it('reads the sample', async () => {
    const file = join(workspaceFolder(), 'sample.safetensors');
    cpSync(join(extension().extensionPath, 'media/sample/model/model.safetensors'), file);
    const { said, files } = open(file);
    await eventually('the rows', () => said.find(({ type }) => type === 'rows'));
    assert.ok((files()[0]?.facts.tensors ?? 0) > 50);
    assert.ok(existsSync(file));
  });

  it('says of a file that lies on no disk why it cannot be shown', async () => {
    const { files } = open(vscode.Uri.parse('untitled:weights.safetensors'));
    const message = await eventually('the refusal', () => files()[0]);
    assert.match(message.facts.problems[0] ?? '', /only a local file can be read/);
  });
});
