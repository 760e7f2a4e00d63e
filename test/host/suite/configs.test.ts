import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as vscode from 'vscode';
import { writeConfig } from './life';
import { eventually, workspaceFolder } from './support';

/** What is said of a document once something is, by the words that it is said of. */
async function saidOf(document: vscode.TextDocument): Promise<Map<string, vscode.Diagnostic>> {
  const found = await eventually('diagnostics', () => {
    const all = vscode.languages.getDiagnostics(document.uri);
    return all.length > 0 ? all : undefined;
  });
  return new Map(found.map((one) => [document.getText(one.range), one]));
}

describe('a configuration in the editor', () => {
  afterEach(async () => {
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
  });

  it('shows what a run would refuse as errors, and what hardly anybody means as warnings, where it stands', async () => {
    const { config } = writeConfig({ name: 'diagnosed', steps: 10 });
    const text = readFileSync(config, 'utf8')
      .replace('domain.jsonl', 'no-such.jsonl')
      .replace('"lowest": 1', '"layers": [2, 99]')
      .replace('"learningRate": 0.001', '"learningRate": 50');
    writeFileSync(config, text);
    const document = await vscode.workspace.openTextDocument(vscode.Uri.file(config));
    await vscode.window.showTextDocument(document);
    const said = await saidOf(document);
    const [missing] = [...said].find(([words]) => words.includes('no-such.jsonl')) ?? [];
    assert.ok(missing !== undefined);
    assert.equal(said.get(missing)?.severity, vscode.DiagnosticSeverity.Error);
    assert.match(said.get(missing)?.message ?? '', /no such file/);
    assert.equal(said.get('99')?.message, 'The model has layers 0 to 7: there is no layer 99.');
    assert.equal(said.get('50')?.severity, vscode.DiagnosticSeverity.Warning);
    assert.ok(
      [...said.values()].every(({ source }) => source === 'ADEPT'),
      'nothing is said twice',
    );

    const edit = new vscode.WorkspaceEdit();
    const whole = new vscode.Range(0, 0, document.lineCount, 0);
    edit.replace(document.uri, whole, text.replace('"model"', '"modell"'));
    await vscode.workspace.applyEdit(edit);
    const keys = await eventually('the key that is not known', () => {
      const all = vscode.languages.getDiagnostics(document.uri);
      return all.some(({ message }) => message.includes('"modell"')) ? all : undefined;
    });
    assert.deepEqual(
      keys.slice(0, 2).map(({ message, severity }) => [message, severity]),
      [
        ['"model" is missing: add it.', vscode.DiagnosticSeverity.Error],
        [
          '"modell" is not known here (did you mean "model"?): correct its name or remove it.',
          vscode.DiagnosticSeverity.Error,
        ],
      ],
    );
    assert.ok(
      keys.some(({ message }) => message.includes('no-such.jsonl')),
      'what else is wrong is said as well',
    );
    const gone = text.replace(/"model": "[^"]*"/, '"model": "no-such-model"');
    const changed = new vscode.WorkspaceEdit();
    changed.replace(document.uri, new vscode.Range(0, 0, document.lineCount, 0), gone);
    await vscode.workspace.applyEdit(changed);
    const ofModel = await eventually('the model that is not there', () =>
      vscode.languages
        .getDiagnostics(document.uri)
        .find(({ range }) => document.getText(range).includes('no-such-model')),
    );
    assert.equal(ofModel.severity, vscode.DiagnosticSeverity.Error);
    await vscode.commands.executeCommand('workbench.action.files.revert');
  });

  it('completes paths from the disk, and hovers say more than a line', async () => {
    const { config } = writeConfig({ name: 'completed', steps: 10 });
    mkdirSync(join(workspaceFolder(), '.adept'), { recursive: true });
    const text = readFileSync(config, 'utf8').replace(/"model": "[^"]*"/, '"model": "."');
    writeFileSync(config, text);
    const document = await vscode.workspace.openTextDocument(vscode.Uri.file(config));
    await vscode.window.showTextDocument(document);
    const inModel = document.positionAt(text.indexOf('"model": "."') + '"model": "'.length);
    const list = await vscode.commands.executeCommand<vscode.CompletionList>(
      'vscode.executeCompletionItemProvider',
      document.uri,
      inModel,
    );
    assert.deepEqual(
      list.items.filter(({ kind }) => kind === vscode.CompletionItemKind.Text),
      [],
      'no word of the document is a path',
    );
    const folders = list.items.filter(({ kind }) => kind === vscode.CompletionItemKind.Folder);
    assert.ok(
      folders.some(({ label }) => label === '.adept/'),
      JSON.stringify(list.items.map(({ label }) => label)),
    );
    const onSteps = document.positionAt(text.indexOf('"updateEvery"') + 3);
    const hovers = await eventually('the hover', async () => {
      const found = await vscode.commands.executeCommand<vscode.Hover[]>(
        'vscode.executeHoverProvider',
        document.uri,
        onSteps,
      );
      return found.length > 0 ? found : undefined;
    });
    const said = hovers
      .flatMap(({ contents }) => contents)
      .map((content) => (content instanceof vscode.MarkdownString ? content.value : ''))
      .join('\n');
    assert.match(said, /Steps between refreshes[\s\S]*Default: `500`[\s\S]*resumed[\s\S]*--update-every/);
  });
});
