import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { makePackage } from '../support/makePackage';
import { Editor } from './support/editor';
import { wholeFlow } from './support/flow';
import { mouseOf } from './support/hands';
import { unavailable } from './support/provided';
import { sampleWorkspace } from './support/sampleWorkspace';

describe('the package, installed in an untouched profile', { skip: unavailable() }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'adept-vsix-'));
  let editor: Editor;

  before(async () => {
    editor = await Editor.open({
      vsix: makePackage().file,
      workspace: sampleWorkspace(folder),
    });
  });

  after(async () => {
    await editor.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it('has its commands once the folder is trusted', async () => {
    await editor.trust();
    const entries = await editor.paletteEntries('ADEPT');
    assert.ok(entries.includes('ADEPT: Analyze Model'), entries.join('\n'));
    assert.ok(entries.includes('ADEPT: Set Up Native Engine'), entries.join('\n'));
  });

  it('shows its views', async () => {
    await editor.runCommand('View: Show ADEPT');
    await editor.evidently('the model in the workspace', () =>
      editor.page.getByRole('treeitem', { name: /^workspace-model, 8 layers/ }).waitFor(),
    );
  });

  it('runs its commands', async () => {
    await editor.runCommand('ADEPT: Copy Diagnostics');
    await editor.page.getByText('ADEPT: diagnostics copied').waitFor();
    assert.match(await editor.page.evaluate(() => navigator.clipboard.readText()), /^ADEPT \d+\.\d+\.\d+\n/);
  });

  it('brings a trainer that measures its sample without anything else', () => {
    const [name] = readdirSync(editor.extensions).filter((entry) => entry.startsWith('adept-vscode'));
    assert.ok(name !== undefined);
    const installed = join(editor.extensions, name);
    const sample = join(installed, 'media/sample');
    const importance = join(folder, 'importance.json');
    const analyzed = spawnSync(
      process.execPath,
      [
        join(installed, 'out/cli.cjs'),
        'analyze',
        ...['--model', join(sample, 'model'), '--probe', join(sample, 'general.txt')],
        ...['--max-sequences', '2', '--seq-len', '64', '--engine', 'wasm', '--out', importance, '--json'],
      ],
      { encoding: 'utf8', cwd: folder },
    );
    assert.equal(analyzed.status, 0, analyzed.stderr);
    const result = JSON.parse(analyzed.stdout.trim().split('\n').at(-1) ?? '') as { baseLoss: unknown };
    assert.ok(typeof result.baseLoss === 'number' && result.baseLoss > 0 && result.baseLoss < 10);
  });

  describe('from the palette to the exported model with the mouse', () => {
    wholeFlow(() => editor, mouseOf);
  });

  it('violated no content security policy and left no error of its own', () => {
    assert.deepEqual(editor.problems, []);
  });
});
