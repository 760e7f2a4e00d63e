import * as vscode from 'vscode';
import { readSetting } from '../window/settings';
import { requireTrust } from '../window/trust';
import { childEnvironment } from './childEnvironment';
import type { ChildRuntime } from './detachedChild';

/** What every process that the extension starts is started with. */
export class Children {
  constructor(
    private readonly context: vscode.ExtensionContext,
    private readonly log: vscode.LogOutputChannel,
  ) {}

  /** @throws AdeptError in Restricted Mode: whatever starts a process comes through here */
  runtime(doing: string): ChildRuntime {
    requireTrust(doing);
    const own = readSetting('adept.nodePath', this.log).trim();
    return {
      node: own === '' ? process.execPath : own,
      ...(own === '' ? {} : { nodeSetting: 'adept.nodePath' }),
      cli: vscode.Uri.joinPath(this.context.extensionUri, 'out', 'cli.cjs').fsPath,
      environment: childEnvironment(process.env, own === ''),
    };
  }
}
