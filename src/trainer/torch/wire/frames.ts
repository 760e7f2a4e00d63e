import * as v from 'valibot';
import { failure, messageOf } from '../../../shared/common/errors';
import { WireError } from './wireError';

/** Bytes of a header, and of a frame with its arrays: what is longer ends the connection. */
const HEADER_LIMIT = 2 ** 20;
const FRAME_LIMIT = 2 ** 30;
const PREFIX_BYTES = 4;

const TYPES = { int32: Int32Array, float32: Float32Array, float64: Float64Array } as const;
export type Dtype = keyof typeof TYPES;

/** Numbers in row-major order. */
export interface WireArray {
  readonly values: Int32Array | Float32Array | Float64Array;
  readonly shape: readonly number[];
}

/** A message: a JSON object, and arrays by name. */
export interface Frame {
  readonly header: Readonly<Record<string, unknown>>;
  readonly arrays: ReadonlyMap<string, WireArray>;
}

const count = v.pipe(v.number(), v.integer(), v.minValue(0));
const ArrayEntry = v.strictObject({
  name: v.string(),
  dtype: v.picklist(['int32', 'float32', 'float64']),
  shape: v.array(count),
});
type ArrayEntry = v.InferOutput<typeof ArrayEntry>;
const Header = v.looseObject({ arrays: v.array(ArrayEntry) });

export function dtypeOf(values: WireArray['values']): Dtype {
  return values instanceof Int32Array ? 'int32' : values instanceof Float32Array ? 'float32' : 'float64';
}

/**
 * The bytes of a frame, in pieces. The pieces of arrays are views of their values.
 * @throws AdeptError (failure) when the frame is longer than the protocol allows
 */
export function encodeFrame(
  header: Readonly<Record<string, unknown>>,
  arrays: Readonly<Record<string, WireArray>> = {},
): Uint8Array[] {
  const described = Object.entries(arrays).map(([name, { values, shape }]) => ({
    ...{ name, dtype: dtypeOf(values), shape },
  }));
  const text = Buffer.from(JSON.stringify({ ...header, arrays: described }), 'utf8');
  const prefix = Buffer.alloc(PREFIX_BYTES);
  prefix.writeUInt32LE(text.length);
  const data = Object.values(arrays).map(
    ({ values }) => new Uint8Array(values.buffer, values.byteOffset, values.byteLength),
  );
  const pieces = [prefix, text, ...data];
  const bytes = pieces.reduce((sum, { length }) => sum + length, 0);
  if (text.length > HEADER_LIMIT || bytes > FRAME_LIMIT) {
    throw failure(
      `A message of ${bytes} bytes, ${text.length} of them its header, is longer than the torch executor takes: use a smaller batch.`,
    );
  }
  return pieces;
}

/** Puts frames together from whatever pieces the bytes come in. */
export class FrameReader {
  private stage: 'length' | 'header' | 'arrays' = 'length';
  private target = Buffer.alloc(PREFIX_BYTES);
  private filled = 0;
  private header: v.InferOutput<typeof Header> = { arrays: [] };

  /**
   * Takes the next bytes, and returns the frames that they complete.
   * @throws WireError on what is too long or no frame
   */
  read(bytes: Uint8Array): Frame[] {
    const frames: Frame[] = [];
    let at = 0;
    for (;;) {
      const taken = Math.min(bytes.length - at, this.target.length - this.filled);
      this.target.set(bytes.subarray(at, at + taken), this.filled);
      at += taken;
      this.filled += taken;
      if (this.filled < this.target.length) {
        return frames;
      }
      const frame = this.complete();
      if (frame !== undefined) {
        frames.push(frame);
      }
    }
  }

  /** What was to be filled is full. */
  private complete(): Frame | undefined {
    switch (this.stage) {
      case 'length': {
        const length = this.target.readUInt32LE();
        if (length > HEADER_LIMIT) {
          throw new WireError(`a header of ${length} bytes, where ${HEADER_LIMIT} are allowed`);
        }
        this.expect('header', length);
        return undefined;
      }
      case 'header': {
        this.header = parseHeader(this.target);
        const bytes = this.header.arrays.reduce((sum, entry) => sum + bytesOf(entry), 0);
        if (!(PREFIX_BYTES + this.target.length + bytes <= FRAME_LIMIT)) {
          throw new WireError(`a frame with ${bytes} bytes of arrays, where ${FRAME_LIMIT} are allowed`);
        }
        this.expect('arrays', bytes);
        return undefined;
      }
      case 'arrays': {
        const { arrays: entries, ...header } = this.header;
        const arrays = arraysOf(entries, this.target);
        this.expect('length', PREFIX_BYTES);
        return { header, arrays };
      }
    }
  }

  private expect(stage: typeof this.stage, bytes: number): void {
    this.stage = stage;
    this.target = Buffer.allocUnsafe(bytes);
    this.filled = 0;
  }
}

function parseHeader(bytes: Buffer): v.InferOutput<typeof Header> {
  let value: unknown;
  try {
    value = JSON.parse(bytes.toString('utf8'));
  } catch (error) {
    throw new WireError(`a header that is not JSON (${messageOf(error)})`);
  }
  const parsed = v.safeParse(Header, value);
  if (!parsed.success) {
    const [issue] = parsed.issues;
    throw new WireError(`a header whose ${v.getDotPath(issue) ?? 'content'} is wrong (${issue.message})`);
  }
  const names = parsed.output.arrays.map(({ name }) => name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) {
    throw new WireError(`a frame with the array "${twice}" twice`);
  }
  return parsed.output;
}

function sizeOf(shape: readonly number[]): number {
  return shape.reduce((a, b) => a * b, 1);
}

function bytesOf({ dtype, shape }: ArrayEntry): number {
  return sizeOf(shape) * TYPES[dtype].BYTES_PER_ELEMENT;
}

function arraysOf(entries: readonly ArrayEntry[], data: Buffer): Map<string, WireArray> {
  let at = data.byteOffset;
  return new Map(
    entries.map((entry) => {
      const { name, dtype, shape } = entry;
      const end = at + bytesOf(entry);
      // A copy of its own: what follows a frame's other arrays need not be aligned.
      const values = new TYPES[dtype](data.buffer.slice(at, end) as ArrayBuffer);
      at = end;
      return [name, { values, shape }];
    }),
  );
}
