import { Decompress } from 'fzstd';
import type { Transform } from 'node:stream';
import * as zlib from 'node:zlib';
import { throughStream } from './throughStream';

/** The parameter of libzstd's decoder that bounds the window, as a power of two; its default is 27. */
const WINDOW_LOG_MAX = 100;
const WIDEST_WINDOW_LOG = 31;
/** Bytes given to the decoder in JavaScript at once: at the highest ratio they unpack to 64 MiB. */
const SMALL_PIECE = 2 ** 11;

/**
 * Unpacks zstd frames, one after the other: natively where Node.js can (22.15), otherwise in JavaScript.
 * @param output bytes to give at once, about
 * @throws Error of the decoder if they are damaged or end too early.
 */
export function unpackZstd(packed: AsyncGenerator<Uint8Array>, output: number): AsyncGenerator<Uint8Array> {
  const native = nativeDecoder(output);
  return native === undefined ? unpackInJavaScript(packed) : throughStream(packed, native);
}

/** Newer than the types of the oldest Node.js that this program runs on. */
interface MaybeZstd extends Pick<typeof zlib, 'createGunzip'> {
  readonly createZstdDecompress?: (options: {
    readonly chunkSize: number;
    readonly params: Readonly<Record<number, number>>;
  }) => Transform;
}

function nativeDecoder(chunkSize: number): Transform | undefined {
  const { createZstdDecompress }: MaybeZstd = zlib;
  return createZstdDecompress?.({ chunkSize, params: { [WINDOW_LOG_MAX]: WIDEST_WINDOW_LOG } });
}

/** The same with fzstd, whose memory is the window and what one small piece unpacks to. */
export async function* unpackInJavaScript(packed: AsyncGenerator<Uint8Array>): AsyncGenerator<Uint8Array> {
  let ready: Uint8Array[] = [];
  const decoder = new Decompress((piece) => {
    ready.push(piece);
  });
  for await (const piece of packed) {
    for (let start = 0; start < piece.length; start += SMALL_PIECE) {
      decoder.push(piece.subarray(start, start + SMALL_PIECE));
      yield* ready;
      ready = [];
    }
  }
  decoder.push(new Uint8Array(0), true);
  yield* ready;
}
