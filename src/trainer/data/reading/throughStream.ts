import { Readable, type Transform } from 'node:stream';
import { finished, pipeline } from 'node:stream/promises';

/** What a transform makes of the bytes, no faster than it is asked for; all is closed when no more is. */
export async function* throughStream(
  source: AsyncGenerator<Uint8Array>,
  transform: Transform,
): AsyncGenerator<Uint8Array> {
  const input = Readable.from(source, { highWaterMark: 1 });
  const flow = pipeline(input, transform);
  // Its failure is met where the transform is read; here only nobody is to be told of it twice.
  flow.catch(() => undefined);
  try {
    for await (const piece of transform) {
      yield piece as Uint8Array;
    }
  } finally {
    transform.destroy();
    input.destroy();
    await finished(input).catch(() => undefined);
    await source.return(undefined);
  }
}
