import { accessSync, constants } from 'node:fs';
import { extname } from 'node:path';
import { inputError } from '../shared/errors';
import { readError } from './fileError';

/** How the names of corpus files end, each for one form of text. */
export const CORPUS_ENDINGS = ['.txt', '.jsonl', '.json', '.csv'] as const;
export type CorpusEnding = (typeof CORPUS_ENDINGS)[number];

/** The ending of a corpus file's name. @throws AdeptError (input) unless the file can be read and its name ends as one of the known forms. */
export function checkCorpusFile(file: string, where: string): CorpusEnding {
  try {
    accessSync(file, constants.R_OK);
  } catch (error) {
    throw readError(where, 'a corpus file', error);
  }
  const ending = CORPUS_ENDINGS.find((known) => known === extname(file).toLowerCase());
  if (ending === undefined) {
    throw inputError(
      `${where}: a corpus file ends in ${CORPUS_ENDINGS.slice(0, -1).join(', ')} or ${CORPUS_ENDINGS.slice(-1).join('')}, not "${extname(file)}": convert or rename it.`,
    );
  }
  return ending;
}
