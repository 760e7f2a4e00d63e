import { Decompress, decompress } from 'fzstd';
import type { Transform } from 'node:stream';
import * as zlib from 'node:zlib';
import { ByteReader } from './byteReader';
import { throughStream } from './throughStream';
import { findFrame, frameBytes } from './zstdFrames';

/** The parameter of libzstd's decoder that bounds the window, as a power of two; its default is 27. */
const WINDOW_LOG_MAX = 100;
const WIDEST_WINDOW_LOG = 31;
/** Bytes that the native decoder gives at once. */
const OUTPUT = 2 ** 18;
/** Bytes given to the decoder in JavaScript at once: at the highest ratio they unpack to 64 MiB. */
const SMALL_PIECE = 2 ** 11;

/** Unpacks one zstd frame. */
export type FrameDecoder = (frame: AsyncGenerator<Uint8Array>) => AsyncGenerator<Uint8Array>;

/** Newer than the types of the oldest Node.js that this program runs on. */
interface MaybeZstd extends Pick<typeof zlib, 'createGunzip'> {
  readonly createZstdDecompress?: (options: {
    readonly chunkSize: number;
    readonly params: Readonly<Record<number, number>>;
  }) => Transform;
  readonly zstdDecompressSync?: (
    input: Uint8Array,
    options: { readonly maxOutputLength: number },
  ) => Uint8Array;
}

/**
 * Unpacks zstd frames, one after the other: natively where Node.js can (22.15), otherwise in JavaScript.
 * @param where names the file in errors
 * @throws AdeptError (input) if the last frame is cut; Error of the decoder if one is damaged.
 */
export async function* unpackZstd(
  packed: AsyncGenerator<Uint8Array>,
  where: string,
  decoder: FrameDecoder = nativeDecoder() ?? decodeInJavaScript,
): AsyncGenerator<Uint8Array> {
  const reader = new ByteReader(packed, `${where}: the archive ends in the middle: download it again.`);
  try {
    while (await findFrame(reader, where)) {
      yield* decoder(frameBytes(reader));
    }
  } finally {
    await packed.return(undefined);
  }
}

function nativeDecoder(): FrameDecoder | undefined {
  const { createZstdDecompress }: MaybeZstd = zlib;
  return createZstdDecompress === undefined
    ? undefined
    : (frame) =>
        throughStream(
          frame,
          createZstdDecompress({ chunkSize: OUTPUT, params: { [WINDOW_LOG_MAX]: WIDEST_WINDOW_LOG } }),
        );
}

/** With fzstd, whose memory is the window and what one small piece unpacks to. */
export async function* decodeInJavaScript(frame: AsyncGenerator<Uint8Array>): AsyncGenerator<Uint8Array> {
  let ready: Uint8Array[] = [];
  const decoder = new Decompress((piece) => {
    ready.push(piece);
  });
  for await (const piece of frame) {
    for (let start = 0; start < piece.length; start += SMALL_PIECE) {
      decoder.push(piece.subarray(start, start + SMALL_PIECE));
      yield* ready;
      ready = [];
    }
  }
  decoder.push(new Uint8Array(0), true);
  yield* ready;
}

/**
 * Unpacks what is in memory already.
 * @param length bytes that it unpacks to
 */
export function unzstd(packed: Uint8Array, length: number): Uint8Array {
  const { zstdDecompressSync }: MaybeZstd = zlib;
  return zstdDecompressSync === undefined
    ? // Without an array to fill, which fzstd would move about for every block.
      decompress(packed)
    : zstdDecompressSync(packed, { maxOutputLength: Math.max(1, length) });
}
