import type * as vscode from 'vscode';
import type { ContextKeys } from './contextKeys';

/** What commands, trees and panels share; made once by `activate`. */
export interface Services {
  readonly context: vscode.ExtensionContext;
  readonly log: vscode.LogOutputChannel;
  readonly contextKeys: ContextKeys;
}
