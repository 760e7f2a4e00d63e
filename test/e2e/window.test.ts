import assert from 'node:assert/strict';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { analyzeSteps } from './shared/analyzeSteps';
import { aWeightFile, checkpoints } from './shared/checkpoints';
import { HIDDEN_COMMAND, inRestrictedMode, onceTrusted } from './shared/extension';
import { aRun } from './shared/life';
import { Editor } from './support/editor';
import { unavailable } from './support/provided';
import { sampleWorkspace } from './support/sampleWorkspace';

/** To open one takes as long as most of what is done in it: these go one after the other through the same. */
describe('one window', { skip: unavailable() }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'adept-window-'));
  let editor: Editor;
  const windowOf = (): Editor => editor;

  before(async () => {
    editor = await Editor.open({
      keybindings: [HIDDEN_COMMAND],
      settings: { 'editor.minimap.enabled': false },
    });
  });

  after(async () => {
    await editor.close();
    rmSync(folder, { recursive: true, force: true });
  });

  inRestrictedMode(windowOf);
  aWeightFile(windowOf);
  onceTrusted(windowOf);
  checkpoints(windowOf);

  it('is given a model and texts', async () => {
    await editor.runCommand('View: Close All Editors');
    cpSync(sampleWorkspace(folder), editor.workspace, { recursive: true });
    const broken = join(editor.workspace, 'broken-model');
    mkdirSync(broken);
    writeFileSync(join(broken, 'config.json'), '{ "model_type": "llama" }');
    writeFileSync(join(broken, 'model.safetensors'), 'no weights');
    await editor.runCommand('View: Show ADEPT');
    await editor.evidently('the model that came into the workspace', () =>
      editor.page.getByRole('treeitem', { name: /^workspace-model, 8 layers/ }).waitFor(),
    );
  });

  analyzeSteps(windowOf);
  aRun(windowOf);

  it('violated no content security policy and left no error of its own', () => {
    assert.deepEqual(editor.problems, []);
  });
});
