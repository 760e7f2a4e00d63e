import { corpusForm } from '../../../node/corpusFiles';
import { inputError } from '../../../shared/errors';
import { FilePieces } from './filePieces';
import { lineBlocks } from './lineBlocks';
import type { ReadOptions, RowBlock } from './rowBlock';
import { paragraphBlocks, wholeText } from './textBlocks';
import { unpacked } from './unpacked';

/**
 * The rows of a corpus file of any form, in blocks of about 1 MiB of text, read as they are asked for: memory does not grow
 * with the file. When no more are asked for, the file is closed.
 * @param where names the file in errors
 * @throws AdeptError (input) if the file cannot be read, is empty, is no whole archive, or is not of the form that its name says.
 */
export async function* readBlocks(
  file: string,
  _options: ReadOptions,
  where: string,
): AsyncGenerator<RowBlock> {
  const { kind, compression } = corpusForm(file, where);
  const pieces = new FilePieces(file, where);
  const bytes = (): AsyncGenerator<Uint8Array> =>
    notEmpty(unpacked(pieces.pieces(), compression, where), where);
  switch (kind) {
    case 'txt':
      for await (const block of paragraphBlocks(bytes(), where)) {
        yield { kind: 'texts', ...block, position: pieces.position };
      }
      return;
    case 'md':
      yield {
        kind: 'texts',
        firstRow: 1,
        texts: [await wholeText(bytes(), where)],
        position: pieces.position,
      };
      return;
    case 'jsonl':
      for await (const block of lineBlocks(bytes(), where)) {
        yield { kind: 'lines', ...block, position: pieces.position };
      }
      return;
    case 'json':
    case 'csv':
    case 'tsv':
    case 'parquet':
    case 'arrow':
      throw inputError(`${where}: ${kind} files cannot be read yet: convert it to .jsonl.`);
  }
}

async function* notEmpty(pieces: AsyncGenerator<Uint8Array>, where: string): AsyncGenerator<Uint8Array> {
  let empty = true;
  for await (const piece of pieces) {
    empty &&= piece.length === 0;
    yield piece;
  }
  if (empty) {
    throw inputError(`${where}: the file is empty: name a corpus that holds text.`);
  }
}
