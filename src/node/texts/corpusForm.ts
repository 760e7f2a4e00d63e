import { accessSync, constants } from 'node:fs';
import { basename } from 'node:path';
import { inputError } from '../../shared/common/errors';
import { readError } from '../files/fileError';

/** How a corpus file is laid out once it is unpacked. */
export type CorpusKind = 'txt' | 'md' | 'jsonl' | 'json' | 'csv' | 'tsv' | 'parquet' | 'arrow';

/** What a corpus file holds, by its name. */
export interface CorpusForm {
  readonly kind: CorpusKind;
  readonly compression: 'none' | 'gzip' | 'zstd';
}

const TEXT_KINDS = new Map<string, CorpusKind>([
  ['.txt', 'txt'],
  ['.md', 'md'],
  ['.jsonl', 'jsonl'],
  ['.ndjson', 'jsonl'],
  ['.json', 'json'],
  ['.csv', 'csv'],
  ['.tsv', 'tsv'],
]);
const BINARY_KINDS = new Map<string, CorpusKind>([
  ['.parquet', 'parquet'],
  ['.arrow', 'arrow'],
]);
const COMPRESSIONS = new Map<string, CorpusForm['compression']>([
  ['.gz', 'gzip'],
  ['.zst', 'zstd'],
]);
const KNOWN = `${[...TEXT_KINDS.keys()].join(', ')} (each also ${[...COMPRESSIONS.keys()].join(' or ')}), ${[...BINARY_KINDS.keys()].join(' or ')}`;

/** How the names of corpus files end, for dialogs that filter by the last ending. */
export const CORPUS_ENDINGS = [...TEXT_KINDS.keys(), ...BINARY_KINDS.keys(), ...COMPRESSIONS.keys()];

/**
 * The form that the name of a corpus file says it has.
 * @param where names the file in errors
 * @throws AdeptError (input) that names the known endings.
 */
export function corpusForm(file: string, where: string = file): CorpusForm {
  const form = knownForm(file);
  if (form === undefined) {
    throw inputError(
      `${where}: a corpus file ends in ${KNOWN}, not "${endingOf(file)}": convert or rename it.`,
    );
  }
  return form;
}

/** The form of a corpus file by its name, undefined for any other file. */
export function knownForm(file: string): CorpusForm | undefined {
  const [, inner = '', last = ''] = /((?:\.[^.]*)?)(\.[^.]*)$/.exec(basename(file).toLowerCase()) ?? [];
  const binary = BINARY_KINDS.get(last);
  if (binary !== undefined) {
    return { kind: binary, compression: 'none' };
  }
  const compression = COMPRESSIONS.get(last) ?? 'none';
  const kind = TEXT_KINDS.get(compression === 'none' ? last : inner);
  return kind === undefined ? undefined : { kind, compression };
}

/** How a file's name ends, `.jsonl.gz` for a compressed one. */
export function endingOf(file: string): string {
  const [, inner = '', last = ''] = /((?:\.[^.]*)?)(\.[^.]*)$/.exec(basename(file)) ?? [];
  return COMPRESSIONS.has(last.toLowerCase()) ? inner + last : last;
}

/**
 * The form of a corpus file that is there.
 * @param where names the file in errors
 * @throws AdeptError (input) unless the file can be read and its name ends as one of the known forms.
 */
export function checkCorpusForm(file: string, where: string): CorpusForm {
  try {
    accessSync(file, constants.R_OK);
  } catch (error) {
    throw readError(where, 'a corpus file', error);
  }
  return corpusForm(file, where);
}
