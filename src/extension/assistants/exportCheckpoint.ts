import { existsSync, realpathSync } from 'node:fs';
import { dirname } from 'node:path';
import * as vscode from 'vscode';
import { requireCheckpoint } from '../../node/run/checkpointState';
import { RunFolder } from '../../node/run/runFolder';
import { ActionResult } from '../../shared/assistants/toolResults';
import { inputError } from '../../shared/common/errors';
import { exportCheckpoint, exportFolder } from '../commands/exportModel';
import { usableCheckpoints } from '../checkpoints/checkpointItem';
import { nameOf, type RunEntry } from '../runs/runEntry';
import { freePath, isFree } from '../window/freePath';
import { folderPaths } from './analyses';
import type { AssistantTool } from './assistantTool';
import { confirmAction, DECLINED } from './confirmAction';
import { knownRun, pathInWorkspace } from './known';

export const tool: AssistantTool<'adept_export_checkpoint'> = {
  result: ActionResult,
  doing: ({ run }) => vscode.l10n.t('Exporting the run {0}', run),
  answer: async (services, { run: called, step: wanted, alpha, dtype = 'auto', out: named }, token) => {
    const { l10n } = vscode;
    const run = knownRun(services.runs.list.entries, called, folderPaths());
    const step = checkpointOf(run, wanted);
    const choice = { run: run.path, step, dtype, ...(alpha === undefined ? {} : { alpha }) };
    const out = newFolder(named, exportFolder(services, choice));
    const answer = l10n.t('Export');
    const chosen = await confirmAction(
      {
        question: l10n.t('Export step {0} of {1}?', step, nameOf(run)),
        facts: [
          l10n.t('Run folder: {0}', run.path),
          l10n.t('New folder: {0}', out),
          l10n.t('Data type: {0}', dtype === 'auto' ? l10n.t('As the source') : dtype),
          ...(alpha === undefined ? [] : [l10n.t('Strength (α): {0}', alpha)]),
        ],
        answers: [answer],
      },
      token,
    );
    if (chosen !== answer) {
      return DECLINED;
    }
    if (!isFree(out)) {
      throw inputError(
        `${out} was made while the person was asked: nothing was exported; call the tool again.`,
      );
    }
    await exportCheckpoint(services, { ...choice, out }, token);
    return {
      done: true,
      folder: out,
      message: `Step ${step} of ${nameOf(run)} was exported.`,
    } satisfies ActionResult;
  },
};

/** @throws AdeptError (input) saying which there are */
function checkpointOf({ path }: RunEntry, wanted: number | undefined): number {
  if (wanted !== undefined) {
    requireCheckpoint(RunFolder.at(path), wanted);
    return wanted;
  }
  const [last] = usableCheckpoints(path);
  if (last === undefined) {
    throw inputError(`${nameOf({ path })} has no checkpoint yet: save one first.`);
  }
  return last.point.step;
}

/** @throws AdeptError (input) where it is taken, or leads out of the workspace */
function newFolder(named: string | undefined, proposal: string): string {
  if (named === undefined) {
    return freePath(proposal);
  }
  const folders = folderPaths();
  const out = pathInWorkspace(named, folders);
  // A link in the workspace may lead out of it.
  pathInWorkspace(realPath(out), [...folders, ...folders.map(realPath)]);
  if (!isFree(out)) {
    throw inputError(`${out} is not empty: name a new folder.`);
  }
  return out;
}

/** Where the nearest folder that is there really lies. */
function realPath(path: string): string {
  return existsSync(path) || dirname(path) === path ? realpathSync(path) : realPath(dirname(path));
}
