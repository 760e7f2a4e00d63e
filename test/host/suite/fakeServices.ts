import * as vscode from 'vscode';
import { ContextKeys } from '../../../src/extension/window/contextKeys';
import type { Services } from '../../../src/extension/services/services';
import { extension } from './support';

/** What a panel needs of the extension, and what it wrote into the log. */
export function fakeServices(): Services & { readonly lines: readonly string[] } {
  const lines: string[] = [];
  const add = (line: unknown): void => {
    lines.push(String(line));
  };
  const kept = new Map<string, unknown>();
  const workspaceState = {
    get: (key: string) => kept.get(key),
    update: (key: string, value: unknown) => Promise.resolve(kept.set(key, value)),
  };
  // A panel uses no more of the context and of the log, where texts are kept, and none of the other services.
  const services: Partial<Services> & { readonly lines: readonly string[] } = {
    context: { extensionUri: extension().extensionUri, workspaceState } as unknown as vscode.ExtensionContext,
    log: { debug: add, info: add, warn: add, error: add } as unknown as vscode.LogOutputChannel,
    contextKeys: new ContextKeys(),
    enginesChanged: new vscode.EventEmitter<void>(),
    lines,
  };
  return services as Services & { readonly lines: readonly string[] };
}
