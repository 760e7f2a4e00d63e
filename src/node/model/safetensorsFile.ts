import { closeSync, fstatSync, openSync } from 'node:fs';
import { AdeptError, inputError } from '../../shared/common/errors';
import {
  LARGEST_HEADER,
  parseHeader,
  REFETCH,
  type SafetensorsHeader,
} from '../../shared/model/safetensorsHeader';
import { readError } from '../files/fileError';
import { isLfsPointer, LFS_START_BYTES, lfsPointerText } from '../files/lfsPointer';
import { readFully } from '../files/readFully';

/**
 * Reads and checks the header of a safetensors file that is open; no tensor is read.
 * @param file names it in errors
 * @param refetch what to do about a damaged file; it ends the sentence
 * @throws AdeptError (input) naming the file and the tensor or field.
 */
export function readHeaderOf(handle: number, file: string, refetch = REFETCH): SafetensorsHeader {
  const { size } = fstatSync(handle);
  const start = new Uint8Array(8);
  const got = size < 8 ? 0 : readFully(handle, start, 0);
  const headerBytes = Number(new DataView(start.buffer).getBigUint64(0, true));
  if (got < 8 || headerBytes > LARGEST_HEADER || 8 + headerBytes > size) {
    const first = new Uint8Array(Math.min(size, LFS_START_BYTES));
    readFully(handle, first, 0);
    if (isLfsPointer(first)) {
      throw inputError(lfsPointerText(file, 'the weights'));
    }
    throw inputError(
      `${file}: is not a complete safetensors file (${size} bytes, header of ${got < 8 ? 'unknown' : headerBytes} bytes): ${refetch}`,
    );
  }
  const header = new Uint8Array(headerBytes);
  readFully(handle, header, 8);
  return parseHeader(header, file, size, refetch);
}

/** {@link readHeaderOf} of a file that is opened and closed again. */
export function readSafetensorsHeader(file: string): SafetensorsHeader {
  try {
    const handle = openSync(file, 'r');
    try {
      return readHeaderOf(handle, file);
    } finally {
      closeSync(handle);
    }
  } catch (error) {
    throw error instanceof AdeptError ? error : readError(file, 'a .safetensors file', error);
  }
}
