import { inputError } from '../../../shared/common/errors';
import { ByteReader } from './byteReader';

/** Opens every message since Arrow 0.15; before, the length came first. */
const CONTINUATION = 0xffff_ffff;
/** Of the file format, which then goes on as the stream format does. */
const MAGIC = 'ARROW1\0\0';
/** Bytes of a record batch: what a view of memory can hold. */
const LARGEST_BODY = 2 ** 31 - 1;
const LARGEST_METADATA = 2 ** 28;
const ALIGNMENT = 8;

/** A message of an Arrow stream. */
export interface ArrowMessage {
  readonly type: 'schema' | 'dictionary' | 'records' | 'other';
  /** The whole message in a buffer of its own, its body at a multiple of eight bytes. */
  readonly bytes: Uint8Array;
}

/**
 * The messages of an Arrow IPC stream or file, one at a time:
 * https://arrow.apache.org/docs/format/Columnar.html#serialization-and-interprocess-communication-ipc
 * @param where names the file in errors
 * @throws AdeptError (input) if a message is not whole.
 */
export async function* arrowMessages(
  pieces: AsyncGenerator<Uint8Array>,
  where: string,
): AsyncGenerator<ArrowMessage> {
  const bytes = new ByteReader(
    pieces,
    `${where}: the file ends in the middle: download it again, or write it again.`,
  );
  try {
    for (let index = 0; await bytes.hasMore(); index += 1) {
      let first = await bytes.take(4);
      if (index === 0 && Buffer.from(first).toString('latin1') === MAGIC.slice(0, 4)) {
        await bytes.take(MAGIC.length - 4);
        first = await bytes.take(4);
      }
      const word = viewOf(first).getUint32(0, true);
      const length = word === CONTINUATION ? viewOf(await bytes.take(4)).getUint32(0, true) : word;
      if (length === 0) {
        return;
      }
      yield await readMessage(bytes, length, where);
    }
  } finally {
    await pieces.return(undefined);
  }
}

async function readMessage(bytes: ByteReader, length: number, where: string): Promise<ArrowMessage> {
  if (length > LARGEST_METADATA) {
    throw inputError(`${where}: is not a readable Arrow stream: write it again.`);
  }
  const metadata = await bytes.take(length);
  const { type, bodyLength } = headOf(metadata, where);
  if (bodyLength > LARGEST_BODY) {
    throw inputError(
      `${where}: a record batch of ${bodyLength} bytes is more than the ${LARGEST_BODY} that are read: write it in smaller ones.`,
    );
  }
  const body = await bytes.take(bodyLength);
  const padded = Math.ceil(length / ALIGNMENT) * ALIGNMENT;
  const message = new Uint8Array(ALIGNMENT + padded + bodyLength);
  const view = viewOf(message);
  view.setUint32(0, CONTINUATION, true);
  view.setUint32(4, padded, true);
  message.set(metadata, ALIGNMENT);
  message.set(body, ALIGNMENT + padded);
  return { type, bytes: message };
}

/** The kind of a message and the length of what follows it, from its flatbuffer (Message.fbs: version, header type, header, body length). */
function headOf(
  metadata: Uint8Array,
  where: string,
): Pick<ArrowMessage, 'type'> & { readonly bodyLength: number } {
  try {
    const view = viewOf(metadata);
    const table = view.getInt32(0, true);
    const vtable = table - view.getInt32(table, true);
    const slots = view.getUint16(vtable, true);
    const field = (slot: number): number => (slot < slots ? view.getUint16(vtable + slot, true) : 0);
    const [type, body] = [field(6), field(10)];
    const kinds = ['other', 'schema', 'dictionary', 'records'] as const;
    return {
      type: kinds[type === 0 ? 0 : view.getUint8(table + type)] ?? 'other',
      bodyLength: body === 0 ? 0 : Number(view.getBigUint64(table + body, true)),
    };
  } catch (error) {
    throw inputError(`${where}: is not a readable Arrow stream: write it again.`, error);
  }
}

function viewOf({ buffer, byteOffset, byteLength }: Uint8Array): DataView {
  return new DataView(buffer, byteOffset, byteLength);
}
