import { lstatSync, readlinkSync } from 'node:fs';
import { type AdeptError, inputError, messageOf } from '../../shared/common/errors';

/** The code of a file system error (`ENOENT`, …), or undefined for anything else that was thrown. */
export function errorCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}

/**
 * A file or folder that cannot be read, as one sentence.
 * @param path what was read; it opens the sentence
 * @param wanted what it should be, for example "a model folder"
 */
export function readError(path: string, wanted: string, error: unknown): AdeptError {
  switch (errorCode(error) ?? '') {
    case 'ENOENT': {
      const target = linkTarget(path);
      return inputError(
        target === undefined
          ? `${path}: there is no such file or folder: give the path of ${wanted}.`
          : `${path}: is a link to ${target}, which is not there: download the file again, or give the path of ${wanted}.`,
        error,
      );
    }
    case 'ENOTDIR':
      return inputError(
        `${path}: a part of this path is a file, not a folder: give the path of ${wanted}.`,
        error,
      );
    case 'EISDIR':
      return inputError(`${path}: this is a folder, not a file: give the path of ${wanted}.`, error);
    case 'EACCES':
    case 'EPERM':
      return inputError(`${path}: cannot be read (permission denied): change its permissions.`, error);
    default:
      return inputError(`${path}: cannot be read (${messageOf(error)}): give the path of ${wanted}.`, error);
  }
}

/** What a link leads to, there or not; undefined for anything else. A pruned Hub cache has links that lead nowhere. */
export function linkTarget(path: string): string | undefined {
  return lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() === true
    ? readlinkSync(path)
    : undefined;
}

/**
 * A file or folder that cannot be written, as one sentence.
 * @param bytes how much was to be written, where that is known
 */
export function writeError(path: string, error: unknown, bytes?: number): AdeptError {
  const need = bytes === undefined ? '' : ` for its ${bytes} bytes`;
  switch (errorCode(error) ?? '') {
    case 'ENOSPC':
    case 'EDQUOT':
      return inputError(
        `${path}: no space left${need}: free space on that disk or name a folder on another one.`,
        error,
      );
    case 'EFBIG':
      return inputError(
        `${path}: file too large${need}: name a folder on a file system that allows it.`,
        error,
      );
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return inputError(
        `${path}: cannot be written (permission denied): name a folder that you can write to.`,
        error,
      );
    case 'ENOENT':
    case 'ENOTDIR':
      return inputError(`${path}: its folder does not exist: create it or name another.`, error);
    default:
      return inputError(`${path}: cannot be written (${messageOf(error)}): name another path.`, error);
  }
}
