import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as vscode from 'vscode';
import type { TextPreview } from '../../../src/shared/texts/textPreview';
import { openPanel } from '../../../src/extension/panels/panel';
import { PREVIEW_PANEL, PreviewPanel } from '../../../src/extension/panels/previewPanel';
import type { PreviewSource, ToPreview } from '../../../src/shared/webview/preview';
import { Dialogs } from './dialogs';
import { samplePath, services } from './life';
import { eventually, workspaceFolder } from './support';

const MODEL = (): string => samplePath('model');

function tabs(): string[] {
  return vscode.window.tabGroups.all.flatMap((group) => group.tabs.map(({ label }) => label));
}

function preview(argument: unknown): Thenable<TextPreview | undefined> {
  return vscode.commands.executeCommand<TextPreview | undefined>('adept.previewText', argument);
}

describe('previewing texts', () => {
  let dialogs: Dialogs;

  beforeEach(() => {
    dialogs = new Dialogs();
  });

  afterEach(async () => {
    dialogs.dispose();
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
  });

  it('shows the sample as its model gets it', async () => {
    const read = await preview({ model: MODEL(), files: [samplePath('domain.jsonl')], seqLen: 64 });
    assert.deepEqual(dialogs.errors, []);
    assert.deepEqual([read?.documents, read?.seqLen, read?.samples.length], [300, 64, 20]);
    await eventually('the panel', () => tabs().find((label) => label === 'Text: domain.jsonl'));
  });

  it('shows the text of a configuration as that says it is read, a folder as one text', async () => {
    const folder = join(workspaceFolder(), 'shards');
    mkdirSync(folder, { recursive: true });
    for (const name of ['a.txt', 'b.txt']) {
      writeFileSync(join(folder, name), `The text of ${name}, of some words.`);
    }
    const config = join(workspaceFolder(), 'texts.adept.json');
    const text = {
      model: MODEL(),
      probe: [samplePath('general.txt')],
      domain: { files: ['shards'], documentEnd: '</s>' },
      expand: { lowest: 1 },
      tune: { steps: 1, learningRate: 0.001, seqLen: 32 },
      out: 'runs/texts',
    };
    writeFileSync(config, JSON.stringify(text, null, 2));
    const read = await preview({ config, key: 'domain' });
    assert.deepEqual(dialogs.errors, []);
    assert.deepEqual([read?.documents, read?.documentEnd, read?.seqLen], [2, '</s>', 32]);
    await eventually('the panel', () => tabs().find((label) => label === 'Text: shards'));

    await vscode.window.showTextDocument(vscode.Uri.file(config));
    const lenses = await eventually('the links', async () => {
      const all = await vscode.commands.executeCommand<vscode.CodeLens[]>(
        'vscode.executeCodeLensProvider',
        vscode.Uri.file(config),
      );
      const found = all.filter(({ command }) => command?.command === 'adept.previewText');
      return found.length > 0 ? found : undefined;
    });
    assert.deepEqual(
      lenses.map(({ command, range }) => [command?.arguments, range.start.line]),
      [
        [[{ config, key: 'probe' }], 2],
        [[{ config, key: 'domain' }], 5],
      ],
    );
  });

  it('measures the framing when the page asks for it, and says in the page what goes wrong', async () => {
    const all = await services();
    // Each panel's own: its page asks as well, whenever it is loaded.
    const open = (source: PreviewSource): { panel: PreviewPanel; posted: ToPreview[] } => {
      const posted: ToPreview[] = [];
      let made: PreviewPanel | undefined;
      const connect: (typeof PREVIEW_PANEL)['connect'] = (host, given, own) => {
        const post = host.post.bind(host);
        host.post = (message) => {
          posted.push(message as ToPreview);
          return post(message);
        };
        made = new PreviewPanel(host, given, own);
        return made;
      };
      openPanel({ ...PREVIEW_PANEL, connect }, source, all);
      assert.ok(made !== undefined);
      return { panel: made, posted };
    };
    const files = [samplePath('domain.jsonl')];
    const { panel, posted } = open({ model: MODEL(), files, text: {} });
    await panel.receive({ type: 'read', framing: true });
    assert.ok(posted.some(({ type }) => type === 'reading'));
    const shown = posted.find((message) => message.type === 'show');
    assert.ok(shown?.type === 'show' && shown.preview.framing !== null);
    assert.equal(
      shown.preview.framing.framings.some(({ chosen }) => chosen),
      true,
    );

    const missing = [join(workspaceFolder(), 'gone.txt')];
    const other = open({ model: MODEL(), files: missing, text: {} });
    await other.panel.receive({ type: 'read', framing: false });
    const stopped = other.posted.find((message) => message.type === 'stopped');
    assert.ok(stopped?.type === 'stopped');
    assert.match(stopped.problem ?? '', /gone\.txt/);
    assert.ok(!stopped.problem?.includes('--'), stopped.problem ?? '');
    assert.deepEqual(dialogs.errors, []);
  });

  it('names a text that is missing, and no option of a command', async () => {
    const missing = join(workspaceFolder(), 'no-text.txt');
    assert.equal(await preview({ model: MODEL(), files: [missing] }), undefined);
    assert.match(dialogs.errors.join(), /no-text\.txt: there is no such file/);
    assert.ok(!dialogs.errors.join().includes('--'), dialogs.errors.join());
  });

  it('clears the text cache once the person agrees', async () => {
    assert.ok((await preview({ model: MODEL(), files: [samplePath('domain.jsonl')] })) !== undefined);
    assert.equal(await vscode.commands.executeCommand('adept.clearTextCache'), undefined);
    const [asked] = dialogs.shown.slice(-1);
    assert.match(asked?.text ?? '', /Clear the text cache of \d+ texts?, [\d.]+ .?B/);
    dialogs.press = 'Clear';
    const removed = await vscode.commands.executeCommand<number>('adept.clearTextCache');
    assert.ok(removed > 0);
    assert.match(dialogs.shown.at(-1)?.text ?? '', /removed from the text cache/);
    assert.equal(await vscode.commands.executeCommand('adept.clearTextCache'), undefined);
    assert.match(dialogs.shown.at(-1)?.text ?? '', /The text cache is empty/);
    assert.deepEqual(dialogs.errors, []);
  });
});
