import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { inputError, messageOf } from '../../shared/common/errors';
import { parseWith } from '../../shared/common/parse';
import { NO_NOTES, NOTES_FILE, RunNotes, WrittenNotes } from '../../shared/run/runNotes';
import { readJson, writeJson } from '../files/jsonFile';

export function notesFile(run: string): string {
  return join(run, NOTES_FILE);
}

/**
 * What a person wrote about a run; nothing where there is no file.
 * @throws AdeptError (input) when the file cannot be used.
 */
export function readNotes(run: string): WrittenNotes {
  const file = notesFile(run);
  if (!existsSync(file)) {
    return NO_NOTES;
  }
  const { tags, note } = parseWith(RunNotes, readJson(file), file);
  return { tags, note };
}

/**
 * Keeps what a person wrote about a run. Without tags and note there is no file.
 * @throws AdeptError (input) when there is a file that cannot be used, which stays as it is, or it cannot be written.
 */
export function writeNotes(run: string, notes: WrittenNotes): void {
  const file = notesFile(run);
  const { tags, note } = parseWith(WrittenNotes, notes, file);
  try {
    readNotes(run);
  } catch (error) {
    throw inputError(`Not saved, so that nothing in it is lost: ${messageOf(error)}`, error);
  }
  if (!existsSync(run)) {
    throw inputError(`${run} is not there: it was deleted, moved or not made yet.`);
  }
  if (tags.length === 0 && note.trim() === '') {
    rmSync(file, { force: true });
  } else {
    writeJson(file, { format: 'adept.notes/1', tags, note } satisfies RunNotes);
  }
}
