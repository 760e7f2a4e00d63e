import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as vscode from 'vscode';
import { COMMANDS } from '../../../src/shared/contributions/extensionCommands';
import { EXTENSION_SETTINGS } from '../../../src/shared/contributions/extensionSettings';
import { eventually, extension, workspaceFolder } from './support';

describe('the extension in its host', () => {
  it('activates', async () => {
    const adept = extension();
    await adept.activate();
    assert.equal(adept.isActive, true);
    assert.equal(adept.extensionKind, vscode.ExtensionKind.Workspace);
  });

  it('registers every command of the table, and no other', async () => {
    await extension().activate();
    const registered = (await vscode.commands.getCommands(true)).filter((id) =>
      /^adept\.[a-zA-Z]+$/.test(id),
    );
    assert.deepEqual(registered.sort(), Object.keys(COMMANDS).sort());
  });

  it('has the settings of the table with their defaults', () => {
    for (const [name, { default: value }] of Object.entries(EXTENSION_SETTINGS)) {
      assert.deepEqual(vscode.workspace.getConfiguration().inspect(name)?.defaultValue, value, name);
    }
  });

  it('copies diagnostics that name its version, VS Code and the machine, and nothing of the workspace', async () => {
    await vscode.commands.executeCommand('adept.copyDiagnostics');
    const text = await vscode.env.clipboard.readText();
    assert.match(text, /^ADEPT \d+\.\d+\.\d+\n/);
    assert.ok(text.includes(vscode.version) && text.includes(process.version), text);
    assert.ok(!text.includes(workspaceFolder()), text);
  });

  it('opens *.adept.json as JSON with comments, checked against its schema', async () => {
    const file = join(workspaceFolder(), 'broken.adept.json');
    writeFileSync(file, '{\n  // a comment is no error\n  "model": 3,\n  "stepz": 1\n}\n');
    const document = await vscode.workspace.openTextDocument(file);
    await vscode.window.showTextDocument(document);
    assert.equal(document.languageId, 'jsonc');
    const messages = await eventually('diagnostics of the JSON schema', () => {
      const found = vscode.languages.getDiagnostics(document.uri).map(({ message }) => message);
      return found.length >= 3 ? found : undefined;
    });
    assert.ok(
      messages.some((message) => message.includes('Expected "string"')),
      messages.join('\n'),
    );
    assert.ok(messages.some((message) => message.includes('stepz')));
    assert.ok(messages.some((message) => message.includes('"probe"')));
    assert.ok(!messages.some((message) => message.toLowerCase().includes('comment')));
  });
});
