import { existsSync } from 'node:fs';
import * as vscode from 'vscode';
import { writeFileAtomic } from '../../node/files/atomicFile';
import { configPath, corpusProblem, nameProblem } from '../../node/job/launchFolders';
import { failure, inputError } from '../../shared/common/errors';
import { parseLaunchText, type LaunchFolders } from '../../shared/launch/launchConfig';
import { pathsOf, replayTexts } from '../../shared/texts/texts';

/** Whoever runs *.adept.json files. */
export interface RunStarter {
  /**
   * Starts the job of a file in a process of its own, or puts it into the queue.
   * @throws AdeptError when it cannot be started.
   */
  start(configFile: string, queued: boolean): Promise<unknown>;
}

export interface LaunchRequest {
  readonly folders: LaunchFolders;
  readonly name: string;
  /** What the file is to hold. */
  readonly text: string;
  /** Whether it waits in the queue; it is started at once when left out. */
  readonly queued?: boolean;
}

/**
 * Writes a *.adept.json and starts it. A file that exists is overwritten only when the person says so.
 * @returns the file; undefined when the person changed their mind
 * @throws AdeptError (input) when the text is no configuration, the run folder is taken or a text is missing; (failure) in
 * Restricted Mode.
 */
export async function launch(
  { folders, name, text, queued = false }: LaunchRequest,
  starter: RunStarter,
): Promise<string | undefined> {
  if (!vscode.workspace.isTrusted) {
    throw failure(
      vscode.l10n.t('This workspace is not trusted: trust it with "Workspaces: Manage Workspace Trust".'),
    );
  }
  const file = configPath(folders, name);
  const config = parseLaunchText(text, file);
  const { domain = [], general = [] } = config.eval;
  const replayed = replayTexts(config.replay ?? []).map(({ corpus }) => corpus);
  const problem = [
    nameProblem(folders, name, vscode.l10n),
    ...[config.domain, config.probe, domain, general, ...replayed]
      .flatMap(pathsOf)
      .map((path) => corpusProblem(folders.folder, path)),
  ].find((found) => found !== null);
  if (typeof problem === 'string') {
    throw inputError(problem);
  }
  if (existsSync(file) && !(await mayOverwrite(file))) {
    return undefined;
  }
  writeFileAtomic(file, text);
  await starter.start(file, queued);
  return file;
}

async function mayOverwrite(file: string): Promise<boolean> {
  const overwrite = vscode.l10n.t('Overwrite');
  const answer = await vscode.window.showWarningMessage(
    vscode.l10n.t('{0} exists already.', file),
    { modal: true, detail: vscode.l10n.t('Its content is lost when it is overwritten.') },
    overwrite,
  );
  return answer === overwrite;
}
