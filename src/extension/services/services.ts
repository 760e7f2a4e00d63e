import type * as vscode from 'vscode';
import type { CheckpointsView } from '../checkpoints/checkpointsView';
import type { ContextKeys } from '../window/contextKeys';
import type { Models } from '../models/models';
import type { Children } from '../process/children';
import type { Jobs } from '../process/jobs';
import type { WindowQueue } from '../queue/windowQueue';
import type { Runs } from '../runs/runs';

/** What commands, trees and panels share; made once by `activate`. */
export interface Services {
  readonly context: vscode.ExtensionContext;
  readonly log: vscode.LogOutputChannel;
  readonly contextKeys: ContextKeys;
  /** How processes are started. */
  readonly children: Children;
  /** Short commands: analyze, expand, export, setup. */
  readonly jobs: Jobs;
  readonly runs: Runs;
  /** Runs that start one after the other. */
  readonly queue: WindowQueue;
  readonly checkpoints: CheckpointsView;
  readonly models: Models;
  /** Fires when an engine was set up. */
  readonly enginesChanged: vscode.EventEmitter<void>;
}
