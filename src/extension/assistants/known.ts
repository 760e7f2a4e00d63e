import { isAbsolute, relative, resolve, sep } from 'node:path';
import { inputError } from '../../shared/common/errors';
import { modelName } from '../../shared/model/modelName';
import { shortened } from '../../shared/assistants/shortened';
import { nameOf, type RunEntry } from '../runs/runEntry';

const MOST_NAMED = 12;

/** Something that is there, by the name and the path that it can be called. */
interface Named {
  readonly name: string;
  readonly path: string;
}

/**
 * The run that is called so.
 * @param folders those of the workspace, which relative paths start from
 * @throws AdeptError (input) saying which there are
 */
export function knownRun(runs: readonly RunEntry[], called: string, folders: readonly string[]): RunEntry {
  return theOne(
    runs.map((run) => ({ name: nameOf(run), path: run.path, run })),
    called,
    folders,
    'run',
  ).run;
}

/** A model's folder, and its analyses: those that can be read have a summary. */
interface AnalyzedModel {
  readonly path: string;
  readonly analyses: readonly { readonly summary?: unknown }[];
}

/** The model that is called so, or without a name the only one. @throws AdeptError (input) saying which there are */
export function knownModel<M extends AnalyzedModel>(
  models: readonly M[],
  called: string | undefined,
  folders: readonly string[],
): M {
  const analyzed = models
    .filter(({ analyses }) => analyses.some(({ summary }) => summary !== undefined))
    .map((model) => ({ name: modelName(model.path), path: model.path, model }));
  const [first, second] = analyzed;
  if (first === undefined) {
    throw inputError(
      'No model of this workspace was analyzed yet: the person can do that with the command "ADEPT: Analyze Model".',
    );
  }
  if (called === undefined) {
    if (second !== undefined) {
      throw inputError(`Several models were analyzed, name one: ${namesOf(analyzed)}.`);
    }
    return first.model;
  }
  return theOne(analyzed, called, folders, 'analyzed model').model;
}

function theOne<T extends Named>(
  all: readonly T[],
  called: string,
  folders: readonly string[],
  what: string,
): T {
  const paths = [called, ...folders.map((folder) => resolve(folder, called))];
  const byPath = all.find(({ path }) => paths.includes(path));
  const [first, second] = all.filter(({ name }) => name === called);
  if (byPath !== undefined) {
    return byPath;
  }
  if (first !== undefined && second === undefined) {
    return first;
  }
  if (first !== undefined) {
    const same = all.filter(({ name }) => name === called).map(({ path }) => path);
    throw inputError(`Several are called "${called}", give the folder: ${same.join(', ')}.`);
  }
  throw inputError(
    all.length === 0
      ? `There is no ${what} in this workspace: start one first.`
      : `There is no ${what} "${called}"; there are: ${namesOf(all)}.`,
  );
}

function namesOf(all: readonly Named[]): string {
  const { kept, omitted } = shortened(all, MOST_NAMED);
  const isUnique = (name: string): boolean => all.filter((other) => other.name === name).length === 1;
  const names = kept.map(({ name, path }) => (isUnique(name) ? name : path));
  return `${names.join(', ')}${omitted === 0 ? '' : ` and ${omitted} more`}`;
}

/**
 * A path inside the workspace, absolute. A relative one starts from the first folder.
 * @throws AdeptError (input) where it leads out of the workspace, or none is open
 */
export function pathInWorkspace(path: string, folders: readonly string[]): string {
  const [first] = folders;
  if (first === undefined) {
    throw inputError('No folder is open, so there are no paths in a workspace: open one.');
  }
  const absolute = resolve(first, path);
  if (!folders.some((folder) => isWithin(folder, absolute))) {
    throw inputError(`${path} is not in the workspace: give a path in ${folders.join(' or ')}.`);
  }
  return absolute;
}

function isWithin(folder: string, path: string): boolean {
  const inside = relative(folder, path);
  return inside !== '..' && !inside.startsWith(`..${sep}`) && !isAbsolute(inside);
}
