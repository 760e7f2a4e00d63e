import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as vscode from 'vscode';
import { Dialogs } from './dialogs';
import { services } from './life';
import { eventually, workspaceFolder } from './support';

/** Stands in for Node.js: notes how it was started, and does as `adept setup` would. */
const FAKE_SETUP = `
const { appendFileSync, writeFileSync } = require('node:fs');
const args = process.argv.slice(2);
writeFileSync(process.env.TMPDIR + '/started.json', JSON.stringify({ args, home: process.env.ADEPT_HOME }));
const emit = (event) => appendFileSync(args.at(-1), JSON.stringify({ time: new Date().toISOString(), ...event }) + '\\n');
emit({ type: 'started', pid: process.pid, command: 'setup' });
emit({ type: 'log', message: 'download: 12 MB of 300 MB (4%)' });
if (args.includes('--gpu')) {
  process.once('SIGTERM', () => {
    emit({ type: 'error', message: 'Setup was cancelled.', exitStatus: 1 });
    process.exit(1);
  });
  setInterval(() => undefined, 1000);
} else {
  emit({ type: 'result', value: { folder: '/native', library: 'libtensorflow 2.21.0', device: 'CPU' } });
}
`;

describe('setting up the native engine', () => {
  const configuration = vscode.workspace.getConfiguration();
  let dialogs: Dialogs;
  let folder = '';

  before(async () => {
    folder = join(workspaceFolder(), 'fake-setup');
    mkdirSync(folder);
    writeFileSync(join(folder, 'setup.cjs'), FAKE_SETUP);
    const node = join(folder, 'node');
    writeFileSync(
      node,
      `#!/bin/sh\nshift\nTMPDIR='${folder}' exec '${process.execPath}' '${join(folder, 'setup.cjs')}' "$@"\n`,
    );
    chmodSync(node, 0o755);
    await configuration.update('adept.nodePath', node, vscode.ConfigurationTarget.Global);
  });

  after(async () => {
    await configuration.update('adept.nodePath', undefined, vscode.ConfigurationTarget.Global);
  });

  beforeEach(() => {
    dialogs = new Dialogs();
  });

  afterEach(() => {
    dialogs.dispose();
  });

  it('runs adept setup into the extension’s own storage and says which device computes', async () => {
    await vscode.commands.executeCommand('adept.setUpNative');
    assert.deepEqual(dialogs.errors, []);
    assert.equal(
      dialogs.shown.at(-1)?.text,
      'The native engine is set up (libtensorflow 2.21.0) and computes on the CPU.',
    );
    const started = await vscode.workspace.fs.readFile(vscode.Uri.file(join(folder, 'started.json')));
    const { args, home } = JSON.parse(Buffer.from(started).toString()) as { args: string[]; home: string };
    const { context, children } = await services();
    assert.deepEqual(args.slice(0, 2), ['setup', '--events']);
    assert.equal(home, process.env.ADEPT_HOME ?? context.globalStorageUri.fsPath);
    assert.equal(home, children.home);
  });

  it('is cancelled like every other job', async () => {
    const progress = dialogs.cancelProgress();
    const ended = vscode.commands.executeCommand('adept.setUpNative', { variant: 'gpu' });
    await eventually('its progress', () =>
      progress.messages.find((message) => message.includes('12 MB of 300 MB')),
    );
    progress.cancel();
    await ended;
    assert.deepEqual(dialogs.shown, []);
  });
});
