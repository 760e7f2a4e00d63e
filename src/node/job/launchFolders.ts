import { existsSync, readdirSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Localizer } from '../../shared/common/localizer';
import { messageOf } from '../../shared/common/errors';
import { configName, type LaunchFolders } from '../../shared/launch/launchConfig';
import { checkCorpusForm, corpusFilesOf } from '../texts/corpusFiles';

/** The *.adept.json of a launch. */
export function configPath(folders: LaunchFolders, name: string): string {
  return join(folders.folder, configName(name));
}

/** The run folder of a launch. */
export function runPath(folders: LaunchFolders, name: string): string {
  return join(resolve(folders.folder, folders.runs), name);
}

/** What is wrong with a name for a run, in a sentence; null when nothing is. A file that exists is asked about later. */
export function nameProblem(folders: LaunchFolders, name: string, l10n: Localizer): string | null {
  const run = runPath(folders, name);
  const there = name === '' ? undefined : statSync(run, { throwIfNoEntry: false });
  const free = there === undefined || (there.isDirectory() && readdirSync(run).length === 0);
  return free ? null : l10n.t('{0} exists already: choose another name.', run);
}

/** The first of NAME-1, NAME-2, … that neither a file nor a run has. */
export function freeName(folders: LaunchFolders, name: string): string {
  for (let number = 1; ; number++) {
    const candidate = `${name}-${number}`;
    if (!existsSync(configPath(folders, candidate)) && !existsSync(runPath(folders, candidate))) {
      return candidate;
    }
  }
}

/** What is wrong with a corpus file, a folder of them or a pattern, in a sentence; null when nothing is. */
export function corpusProblem(folder: string, path: string): string | null {
  try {
    for (const file of corpusFilesOf(resolve(folder, path), '')) {
      checkCorpusForm(file, file);
    }
    return null;
  } catch (error) {
    return messageOf(error);
  }
}
