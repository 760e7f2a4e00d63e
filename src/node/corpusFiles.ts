import { basename } from 'node:path';
import { inputError } from '../shared/errors';

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

/**
 * The form that the name of a corpus file says it has.
 * @param where names the file in errors
 * @throws AdeptError (input) that names the known endings.
 */
export function corpusForm(file: string, where: string = file): CorpusForm {
  const form = knownForm(file);
  if (form === undefined) {
    const ending = /(?:\.[^.]+)?\.[^.]+$/.exec(basename(file))?.[0] ?? '';
    throw inputError(`${where}: a corpus file ends in ${KNOWN}, not "${ending}": convert or rename it.`);
  }
  return form;
}

function knownForm(file: string): CorpusForm | undefined {
  const [, stem = '', last = ''] = /^(.*?)(\.[^.]*)?$/s.exec(basename(file).toLowerCase()) ?? [];
  const binary = BINARY_KINDS.get(last);
  if (binary !== undefined) {
    return { kind: binary, compression: 'none' };
  }
  const compression = COMPRESSIONS.get(last) ?? 'none';
  const inner = compression === 'none' ? last : (/\.[^.]*$/.exec(stem)?.[0] ?? '');
  const kind = TEXT_KINDS.get(inner);
  return kind === undefined ? undefined : { kind, compression };
}

export function corpusFilesOf(path: string, _field: string): string[] {
  return [path];
}
