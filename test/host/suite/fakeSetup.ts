import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import * as vscode from 'vscode';
import { workspaceFolder } from './support';

/** Stands in for Node.js: notes how it was started, and does as `adept setup` would. What it is to run else ends at once. */
const SOURCE = `
const { appendFileSync, mkdirSync, renameSync, writeFileSync } = require('node:fs');
const args = process.argv.slice(2);
const { ADEPT_HOME: home, TMPDIR: folder } = process.env;
// A test reads these files while this writes them, so each appears whole.
const write = (file, value) => {
  writeFileSync(file + '.part', JSON.stringify(value));
  renameSync(file + '.part', file);
};
write(folder + '/started.json', { args, home: home ?? null });
const emit = (event) => appendFileSync(args.at(-1), JSON.stringify({ time: new Date().toISOString(), ...event }) + '\\n');
const facts = { python: '3.12.1', versions: { torch: '2.9.0', transformers: '5.1.0' }, device: 'NVIDIA H200', gpus: 2, cuda: '12.8', metal: false, bfloat16: true };
if (args[0] === 'setup') {
  emit({ type: 'started', pid: process.pid, command: 'setup' });
  emit({ type: 'log', message: 'download: 12 MB of 300 MB (4%)' });
  if (args.includes('--gpu')) {
    process.once('SIGTERM', () => {
      emit({ type: 'error', message: 'Setup was cancelled.', exitStatus: 1 });
      process.exit(1);
    });
    setInterval(() => undefined, 1000);
  } else if (args.includes('/broken/python')) {
    emit({ type: 'error', message: '/broken/python lacks torch 2.8 or newer: choose another Python.', exitStatus: 1 });
  } else if (args.includes('--torch')) {
    mkdirSync(home + '/torch', { recursive: true });
    write(home + '/torch/torch.json', { format: 'adept.torch/2', python: process.execPath, found: facts });
    emit({ type: 'result', value: { ...facts, interpreter: process.execPath, engine: 'torch', library: 'PyTorch 2.9.0' } });
  } else {
    emit({ type: 'result', value: { folder: '/native', library: 'libtensorflow 2.21.0', device: 'CPU' } });
  }
}
`;

const Started = v.object({ args: v.array(v.string()), home: v.nullable(v.string()) });

/** Has the extension start a fake `adept`, in a folder of the workspace with this name. */
export class FakeSetup {
  private readonly configuration = vscode.workspace.getConfiguration();
  readonly folder: string;

  constructor(name: string) {
    this.folder = join(workspaceFolder(), name);
  }

  async install(): Promise<void> {
    mkdirSync(this.folder);
    const script = join(this.folder, 'setup.cjs');
    writeFileSync(script, SOURCE);
    const node = join(this.folder, 'node');
    writeFileSync(
      node,
      `#!/bin/sh\nshift\nTMPDIR='${this.folder}' exec '${process.execPath}' '${script}' "$@"\n`,
    );
    chmodSync(node, 0o755);
    await this.configuration.update('adept.nodePath', node, vscode.ConfigurationTarget.Global);
  }

  async remove(): Promise<void> {
    await this.configuration.update('adept.nodePath', undefined, vscode.ConfigurationTarget.Global);
  }

  /** How it was started last. */
  started(): v.InferOutput<typeof Started> {
    return v.parse(Started, JSON.parse(readFileSync(join(this.folder, 'started.json'), 'utf8')));
  }
}
