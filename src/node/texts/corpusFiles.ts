import { existsSync, readdirSync, realpathSync, statSync } from 'node:fs';
import { dirname, join, parse, relative, sep } from 'node:path';
import { globSync } from 'tinyglobby';
import { AdeptError, inputError } from '../../shared/common/errors';
import { endingOf, knownForm } from './corpusForm';
import { readError } from '../files/fileError';
import { savedDatasetFiles, splitsOf } from './savedDataset';

export { type CorpusForm, type CorpusKind, CORPUS_ENDINGS, checkCorpusForm, corpusForm } from './corpusForm';

const GLOB = /[*?[\]{}]/;
/** What lies beside the data of a folder: descriptions, licences, and what datasets keeps for itself. */
const NOT_DATA =
  /^(?:[._].*|(?:readme|licen[cs]e|notice|copying|changelog|citation|contributing|code_of_conduct)(?:[._-].*)?|dataset_infos?\.json|dataset_dict\.json|state\.json|cache-.*\.arrow)$/i;

/** Whether a file of this name, of those in a folder, may hold data. */
export function looksLikeData(name: string): boolean {
  return !NOT_DATA.test(name);
}

/**
 * The files that one entry of a corpus names: a file itself; those that fit a glob; the shards of a folder, in the order of
 * their names; the data files of a folder that datasets' save_to_disk wrote.
 * @param field what names the entry in errors, for example `--domain`; empty where the path says enough
 * @throws AdeptError (input) if there are none, or if it is not clear which are meant.
 */
export function corpusFilesOf(path: string, field: string): string[] {
  const where = `${field} ${path}`.trimStart();
  const status = statOf(path, where);
  if (status === undefined) {
    return globbed(path, where);
  }
  return status.isDirectory() ? folderFiles(path, where) : [path];
}

/** As {@link corpusFilesOf}, with a file that is not there as it is: whoever reads it says so. */
export function listedFiles(path: string, field: string): string[] {
  return GLOB.test(path) || existsSync(path) ? corpusFilesOf(path, field) : [path];
}

/** @returns undefined for a glob, which is no path */
function statOf(path: string, where: string): ReturnType<typeof statSync> {
  try {
    return statSync(path);
  } catch (error) {
    if (GLOB.test(path)) {
      return undefined;
    }
    throw readError(where, 'a corpus file', error);
  }
}

/** The files that fit a glob, in plain order; as much of it as is the path of a folder means that folder. */
function globbed(path: string, where: string): string[] {
  let folder = dirname(path);
  while (!existsSync(folder) && folder !== parse(folder).root && folder !== '.') {
    folder = dirname(folder);
  }
  const pattern = relative(folder, path).split(sep).join('/');
  const found = globSync(pattern, { cwd: folder, expandDirectories: false, onlyFiles: true });
  if (found.length === 0) {
    throw inputError(`${where}: no file matches: correct the pattern.`);
  }
  return found.sort().map((file) => join(folder, file));
}

function folderFiles(folder: string, where: string): string[] {
  const splits = splitsOf(folder, where);
  if (splits !== undefined) {
    const example = join(folder, splits[0] ?? 'train');
    throw inputError(
      `${where}: is a dataset of several splits (${splits.join(', ')}): name one of them, for example ${example}.`,
    );
  }
  return savedDatasetFiles(folder, where) ?? shards(folder, where);
}

/** The data files of a folder and those below it. */
function shards(folder: string, where: string): string[] {
  const files = filesBelow(folder, where).sort();
  const endings = [...new Set(files.map((file) => endingOf(file).toLowerCase()))].sort();
  if (files.length === 0) {
    throw inputError(`${where}: this folder holds no corpus file: name one that does, or a file.`);
  }
  if (endings.length > 1) {
    throw severalKinds(folder, files, endings, where);
  }
  return files.map((file) => join(folder, file));
}

function severalKinds(
  folder: string,
  files: readonly string[],
  endings: readonly string[],
  where: string,
): AdeptError {
  const kinds = endings.map((ending) => {
    const of = files.filter((file) => endingOf(file).toLowerCase() === ending);
    return `${ending}, for example ${of[0] ?? ''}`;
  });
  const glob = join(folder, '**', `*${endings[0] ?? ''}`);
  return inputError(
    `${where}: holds files of several kinds (${kinds.join('; ')}): give a glob, for example ${glob}.`,
  );
}

/** Paths below `folder`, with `/` on every system so that their order is the same. */
function filesBelow(folder: string, where: string, inside = '', above: readonly string[] = []): string[] {
  const here = join(folder, inside);
  try {
    const real = realpathSync(here);
    // A link to a folder around it.
    if (above.includes(real)) {
      return [];
    }
    return readdirSync(here)
      .filter(looksLikeData)
      .flatMap((name) => {
        const path = inside === '' ? name : `${inside}/${name}`;
        if (isFolder(join(folder, path))) {
          return filesBelow(folder, where, path, [...above, real]);
        }
        return knownForm(name) === undefined ? [] : [path];
      });
  } catch (error) {
    throw error instanceof AdeptError ? error : readError(where, 'a folder of corpus files', error);
  }
}

/** @throws AdeptError (input) naming a link to data that leads nowhere, as in a pruned cache; any other is passed over. */
function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch (error) {
    if (knownForm(path) === undefined) {
      return false;
    }
    throw readError(path, 'a corpus file', error);
  }
}
