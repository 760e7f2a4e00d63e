import { inputError } from '../../../shared/common/errors';
import type { ByteReader } from './byteReader';

const FRAME = 0xfd2fb528;
const SKIPPABLE = 0x184d2a50;
const SKIPPABLE_MASK = 0xfffffff0;
const DICTIONARY_BYTES = [0, 1, 2, 4] as const;
const CHECKSUM_BYTES = 4;
/** A block that repeats one byte. */
const RUN_LENGTH = 1;

/**
 * Finds where the next zstd frame begins, past frames that hold no data.
 * Format: https://www.rfc-editor.org/rfc/rfc8878#section-3.1
 * @param where names the file in errors
 * @returns false at the end of the file
 * @throws AdeptError (input) if something else follows, or the file ends within a frame.
 */
export async function findFrame(reader: ByteReader, where: string): Promise<boolean> {
  while (await reader.hasMore()) {
    const magic = await word(reader);
    if (magic === FRAME) {
      return true;
    }
    if ((magic & SKIPPABLE_MASK) >>> 0 !== SKIPPABLE) {
      throw inputError(`${where}: is not a complete zstd archive: download it again.`);
    }
    for (let left = await word(reader); left > 0;) {
      left -= (await reader.some(left)).length;
    }
  }
  return false;
}

/**
 * The bytes of one frame whose magic number was read: the decoders of Node.js stop at the end of a frame, and nothing else says
 * where that is.
 */
export async function* frameBytes(reader: ByteReader): AsyncGenerator<Uint8Array> {
  const magic = new Uint8Array(4);
  new DataView(magic.buffer).setUint32(0, FRAME, true);
  const head = await reader.take(1);
  const [descriptor = 0] = head;
  const single = (descriptor >> 5) & 1;
  const sizeFlag = descriptor >> 6;
  const sizeBytes = sizeFlag === 0 ? single : 2 ** sizeFlag;
  const headerBytes = 1 - single + (DICTIONARY_BYTES[descriptor & 3] ?? 0) + sizeBytes;
  yield Buffer.concat([magic, head, await reader.take(headerBytes)]);
  for (let last = false; !last;) {
    const block = await reader.take(3);
    yield block;
    const [low = 0, middle = 0, high = 0] = block;
    last = (low & 1) === 1;
    const size = (low | (middle << 8) | (high << 16)) >> 3;
    for (let left = ((low >> 1) & 3) === RUN_LENGTH ? 1 : size; left > 0;) {
      const part = await reader.some(left);
      left -= part.length;
      yield part;
    }
  }
  if (((descriptor >> 2) & 1) === 1) {
    yield await reader.take(CHECKSUM_BYTES);
  }
}

async function word(reader: ByteReader): Promise<number> {
  return new DataView((await reader.take(4)).buffer).getUint32(0, true);
}
