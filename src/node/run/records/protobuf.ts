/**
 * Fields of a protobuf message, each with its number in the message's definition.
 * @see https://protobuf.dev/programming-guides/encoding
 */

const WIRE = { varint: 0, double: 1, bytes: 2, float: 5 } as const;

function key(field: number, wire: keyof typeof WIRE): Buffer {
  return varint((field << 3) | WIRE[wire]);
}

/** Seven bits a byte, the lowest first; the highest bit says that another byte follows. */
function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  // Not by shifts: those are of 32 bits.
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) {
    bytes.push((rest % 0x80) | 0x80);
  }
  return Buffer.from([...bytes, rest]);
}

/** int64, enum. @param value a whole number, not negative */
export function wholeField(field: number, value: number): Buffer {
  return Buffer.concat([key(field, 'varint'), varint(value)]);
}

export function doubleField(field: number, value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleLE(value);
  return Buffer.concat([key(field, 'double'), bytes]);
}

export function floatField(field: number, value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeFloatLE(value);
  return Buffer.concat([key(field, 'float'), bytes]);
}

/** A text, or another message. */
export function bytesField(field: number, content: string | Buffer): Buffer {
  const bytes = typeof content === 'string' ? Buffer.from(content, 'utf8') : content;
  return Buffer.concat([key(field, 'bytes'), varint(bytes.length), bytes]);
}
