import { Readable, type Transform } from 'node:stream';
import { finished, pipeline } from 'node:stream/promises';

/**
 * What a transform makes of bytes, no faster than it is asked for; source and transform are closed when no more is.
 * @typeParam Output what the transform gives
 */
export async function* throughStream<Output>(
  source: AsyncGenerator<Uint8Array>,
  transform: Transform,
): AsyncGenerator<Output> {
  const input = Readable.from(source, { highWaterMark: 1 });
  const flow = pipeline(input, transform);
  // Its failure is met where the transform is read; here only nobody is to be told of it twice.
  flow.catch(() => undefined);
  try {
    for await (const piece of transform) {
      yield piece as Output;
    }
  } finally {
    transform.destroy();
    input.destroy();
    await finished(input).catch(() => undefined);
    await source.return(undefined);
  }
}
