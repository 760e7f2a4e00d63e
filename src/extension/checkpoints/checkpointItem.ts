import * as vscode from 'vscode';
import { type CheckpointInfo, listCheckpoints } from '../../node/run/checkpointList';
import { RunFolder } from '../../node/run/runFolder';
import { checkpointDescription, checkpointName } from './checkpointText';

/** A checkpoint as commands name it. */
export interface CheckpointRef {
  /** The run folder. */
  readonly run: string;
  readonly step: number;
}

/** A checkpoint as it is offered. */
export interface CheckpointItem extends vscode.QuickPickItem {
  readonly point: CheckpointRef;
}

export function checkpointItem(run: string, info: CheckpointInfo): CheckpointItem {
  return {
    label: checkpointName(info, vscode.l10n),
    description: checkpointDescription(info, vscode.l10n),
    point: { run, step: info.step },
  };
}

/** The checkpoints of a run that can be used, as they are offered, the latest first. */
export function usableCheckpoints(run: string): CheckpointItem[] {
  return listCheckpoints(RunFolder.at(run))
    .filter(({ problem }) => problem === null)
    .reverse()
    .map((info) => checkpointItem(run, info));
}
