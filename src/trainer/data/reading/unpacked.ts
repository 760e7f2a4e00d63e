import { createGunzip } from 'node:zlib';
import type { CorpusForm } from '../../../node/texts/corpusFiles';
import { errorCode } from '../../../node/files/fileError';
import { AdeptError, inputError, messageOf } from '../../../shared/common/errors';
import { throughStream } from './throughStream';
import { unpackZstd } from './zstd';

/** Bytes that the decompressor gives at once. */
const OUTPUT = 2 ** 18;

/**
 * The unpacked bytes of a file; several gzip members or zstd frames follow each other.
 * @param packed the bytes of the file
 * @param where names the file in errors
 * @throws AdeptError (input) if the archive is damaged or ends too early.
 */
export async function* unpacked(
  packed: AsyncGenerator<Uint8Array<ArrayBuffer>>,
  compression: CorpusForm['compression'],
  where: string,
): AsyncGenerator<Uint8Array> {
  if (compression === 'none') {
    yield* packed;
    return;
  }
  try {
    yield* compression === 'gzip'
      ? throughStream(packed, createGunzip({ chunkSize: OUTPUT }))
      : unpackZstd(packed, where);
  } catch (error) {
    throw error instanceof AdeptError ? error : archiveError(error, compression, where);
  }
}

function archiveError(error: unknown, compression: 'gzip' | 'zstd', where: string): AdeptError {
  const code = errorCode(error);
  return code === 'Z_BUF_ERROR'
    ? inputError(`${where}: the archive ends in the middle: download it again.`, error)
    : inputError(
        `${where}: is not a complete ${compression} archive (${messageOf(error)}): download it again.`,
        error,
      );
}
