import * as vscode from 'vscode';
import { checkpointInNeed, deleteCheckpoint } from '../../node/run/checkpointChanges';
import { type CheckpointInfo, listCheckpoints } from '../../node/run/checkpointList';
import { requireCheckpoint } from '../../node/run/checkpointState';
import { RunFolder } from '../../node/run/runFolder';
import type { CheckpointRef } from '../checkpoints/checkpointItem';
import { bytesText, checkpointName } from '../checkpoints/checkpointText';
import { nameOf } from '../runs/runEntry';
import type { Services } from '../services/services';
import { namedCheckpoints, oneCheckpoint } from './pickCheckpoint';

interface Doomed extends CheckpointRef {
  readonly info: CheckpointInfo;
  /** Whether a running trainer would need it to be resumed. */
  readonly inNeed: boolean;
}

/** Deletes checkpoints, after the person has seen which and what would be missed. */
export async function run(services: Services, ...args: readonly unknown[]): Promise<void> {
  const named = namedCheckpoints(services, args);
  const chosen =
    named.length > 0 ? named : [await oneCheckpoint(services, args, vscode.l10n.t('Delete Checkpoint'))];
  const doomed = chosen.map(lookUp);
  await confirm(doomed);
  try {
    for (const { run: path, step, inNeed } of doomed) {
      deleteCheckpoint(RunFolder.at(path), step, inNeed);
    }
  } finally {
    services.checkpoints.refresh();
    services.runs.list.scan();
  }
}

function lookUp({ run: path, step }: CheckpointRef): Doomed {
  const folder = RunFolder.at(path);
  requireCheckpoint(folder, step);
  const info = listCheckpoints(folder).find((one) => one.step === step);
  if (info === undefined) {
    throw new Error(`${path}: step ${step} is there and is not listed`);
  }
  return { run: path, step, info, inNeed: checkpointInNeed(folder) === step };
}

async function confirm(doomed: readonly Doomed[]): Promise<void> {
  const { l10n } = vscode;
  const [only, second] = doomed;
  const remove = l10n.t('Delete');
  const question =
    only !== undefined && second === undefined
      ? l10n.t('Delete the checkpoint {0} of {1}?', nameOfCheckpoint(only), nameOf({ path: only.run }))
      : l10n.t('Delete {0} checkpoints?', doomed.length);
  const bytes = doomed.reduce((sum, { info }) => sum + info.bytes, 0);
  const detail = [
    ...doomed.flatMap((one) => lossOf(one, second !== undefined)),
    l10n.t('{0} are freed. This cannot be undone.', bytesText(bytes, vscode.env.language)),
  ].join('\n');
  const chosen = await vscode.window.showWarningMessage(question, { modal: true, detail }, remove);
  if (chosen !== remove) {
    throw new vscode.CancellationError();
  }
}

function nameOfCheckpoint({ info }: Doomed): string {
  const { l10n } = vscode;
  const name = checkpointName(info, l10n);
  return info.label === null ? name : `${name} (${l10n.t('step {0}', info.step)})`;
}

/** What would be missed with a checkpoint. */
function lossOf(one: Doomed, several: boolean): string[] {
  const { l10n } = vscode;
  const { info, inNeed } = one;
  const missed = [
    ...(inNeed ? [l10n.t('the run is active and would resume from it after an interruption')] : []),
    ...(info.bestDomain ? [l10n.t('it has the lowest domain loss of the run')] : []),
    ...(info.bestGeneral ? [l10n.t('it has the lowest general loss of the run')] : []),
  ];
  if (several) {
    return [[nameOfCheckpoint(one), ...missed].join(': ')];
  }
  return missed.map((text) => `${text.charAt(0).toLocaleUpperCase(vscode.env.language)}${text.slice(1)}.`);
}
