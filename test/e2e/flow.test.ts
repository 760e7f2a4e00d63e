import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { TORCH_MISSING } from '../support/torchPython';
import { aRunOnRanks, torchSetUp } from './shared/ranksRun';
import { Editor } from './support/editor';
import { wholeFlow } from './support/flow';
import { keyboardOf } from './support/hands';
import { unavailable } from './support/provided';
import { sampleWorkspace } from './support/sampleWorkspace';

describe('a window in which models are trained', { skip: unavailable() }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'adept-flow-'));
  let editor: Editor;
  const windowOf = (): Editor => editor;

  before(async () => {
    editor = await Editor.open({
      workspace: sampleWorkspace(folder),
      settings: { 'security.workspace.trust.enabled': false },
      env: TORCH_MISSING === false ? torchSetUp(join(folder, 'home')) : {},
    });
  });

  after(async () => {
    await editor.close();
    rmSync(folder, { recursive: true, force: true });
  });

  // By mouse the same way leads through the window of package.test.ts.
  describe('from the palette to the exported model with the keyboard alone', () => {
    wholeFlow(windowOf, keyboardOf);
  });

  describe('a run on two ranks of PyTorch', { skip: TORCH_MISSING }, () => {
    aRunOnRanks(windowOf);
  });

  it('violated no content security policy and left no error of its own', () => {
    assert.deepEqual(editor.problems, []);
  });
});
