import { type CorpusForm, corpusForm } from '../../../node/texts/corpusFiles';
import { inputError } from '../../../shared/common/errors';
import { arrowBlocks } from './arrowBlocks';
import { csvBlocks } from './csvBlocks';
import { FilePieces } from './filePieces';
import { jsonBlocks } from './jsonBlocks';
import { lineBlocks } from './lineBlocks';
import { parquetBlocks } from './parquetBlocks';
import type { ReadOptions, RowBlock } from './rowBlock';
import { paragraphBlocks, wholeText } from './textBlocks';
import { unpacked } from './unpacked';

/** A block that does not say yet how far the file was read. */
type WithoutPosition<Block> = Block extends Block ? Omit<Block, 'position'> : never;

/**
 * The rows of a corpus file of any form, in blocks of about 1 MiB of text, read as they are asked for: memory does not grow
 * with the file. When no more are asked for, the file is closed.
 * @param where names the file in errors
 * @throws AdeptError (input) if the file cannot be read, is empty, is not a complete archive, or is not of the form that its name says.
 */
export async function* readBlocks(
  file: string,
  options: ReadOptions,
  where: string,
): AsyncGenerator<RowBlock> {
  const { kind, compression } = corpusForm(file, where);
  if (kind === 'parquet') {
    yield* parquetBlocks(file, options, where);
    return;
  }
  const pieces = new FilePieces(file, where);
  const bytes = notEmpty(unpacked(pieces.pieces(), compression, where), where);
  for await (const block of streamedBlocks(kind, bytes, options, where)) {
    yield { ...block, position: pieces.position };
  }
}

async function* streamedBlocks(
  kind: Exclude<CorpusForm['kind'], 'parquet'>,
  bytes: AsyncGenerator<Uint8Array>,
  options: ReadOptions,
  where: string,
): AsyncGenerator<WithoutPosition<RowBlock>> {
  switch (kind) {
    case 'txt':
      for await (const block of paragraphBlocks(bytes, where)) {
        yield { kind: 'texts', ...block };
      }
      return;
    case 'md':
      yield { kind: 'texts', firstRow: 1, texts: [await wholeText(bytes, where)] };
      return;
    case 'jsonl':
      for await (const block of lineBlocks(bytes, where)) {
        yield { kind: 'lines', ...block };
      }
      return;
    case 'json':
      yield* jsonBlocks(bytes, where);
      return;
    case 'csv':
      yield* csvBlocks(bytes, ',', options, where);
      return;
    case 'tsv':
      yield* csvBlocks(bytes, '\t', options, where);
      return;
    case 'arrow':
      yield* arrowBlocks(bytes, options, where);
      return;
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
