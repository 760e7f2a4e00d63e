import { existsSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import * as vscode from 'vscode';
import { duplicateConfig } from '../../node/run/duplicateConfig';
import { configName } from '../../shared/launch/launchConfig';
import { JOB_FILES } from '../../shared/run/job';
import { runNameProblem } from '../../shared/runs/runName';
import { pickRun } from '../control/pickRun';
import { changedConfig } from '../runs/changedConfig';
import { nameOf, type RunEntry } from '../runs/runEntry';
import type { Services } from '../services/services';
import { workspaceFolderOf } from '../window/folders';
import { isFree } from '../window/freePath';
import { askText } from '../window/questions';

/** Writes the configuration of a run once more, for a new run, and opens it. Checkpoints are not copied. @returns the file */
export async function run(services: Services, argument?: unknown): Promise<string> {
  const { l10n } = vscode;
  const configOf = (path: string): string | undefined => services.runs.configOf(path);
  const chosen = await pickRun(services, argument, {
    prompt: l10n.t('Select the run to duplicate'),
    fits: ({ path }) => configOf(path) !== undefined || existsSync(join(path, JOB_FILES.job)),
    none: l10n.t('No run was started from a *.adept.json, so there is none to duplicate.'),
  });
  const known = configOf(chosen.path);
  const file = known !== undefined && existsSync(known) ? known : undefined;
  const folder = file === undefined ? workspaceFolderOf(chosen.path, services.context) : dirname(file);
  const agrees = file !== undefined && changedConfig(chosen.path, file) === undefined;
  const name = await askName(chosen, folder);
  const copy = duplicateConfig({ run: chosen.path, file: agrees ? file : undefined, folder }, name);
  await vscode.window.showTextDocument(vscode.Uri.file(copy));
  return copy;
}

async function askName(run: RunEntry, folder: string): Promise<string> {
  const { l10n } = vscode;
  const taken = (name: string): string | undefined =>
    [join(folder, configName(name)), join(dirname(run.path), name)].find((path) => !isFree(path));
  const name = await askText({
    title: l10n.t('Duplicate Run'),
    prompt: l10n.t('The name of the new run: its configuration is copied, without checkpoints'),
    value: freeName(nameOf(run), taken),
    validateInput: (text) => {
      const path = taken(text);
      return (
        runNameProblem(text, l10n) ??
        (path === undefined ? undefined : l10n.t('{0} exists already: choose another name.', basename(path)))
      );
    },
  });
  if (name === undefined) {
    throw new vscode.CancellationError();
  }
  return name;
}

/** `tune-2` of `tune`, `tune-3` of `tune-2`, and so on to one that is free. */
function freeName(name: string, taken: (name: string) => string | undefined): string {
  const [, stem = name, number = '1'] = /^(.+)-(\d+)$/.exec(name) ?? [];
  for (let next = Number(number) + 1; ; next += 1) {
    const candidate = `${stem}-${next}`;
    if (taken(candidate) === undefined) {
      return candidate;
    }
  }
}
