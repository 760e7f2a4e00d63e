import { writeFileSync } from 'node:fs';

/** A safetensors file put together by hand, so that it can be wrong in every way. */
export function rawSafetensors(header: unknown, data: Uint8Array = new Uint8Array()): Buffer {
  const json = Buffer.from(typeof header === 'string' ? header : JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length));
  return Buffer.concat([length, json, data]);
}

/** Writes a file that holds F32 tensors of the given values, in order. */
export function writeRaw(file: string, tensors: Readonly<Record<string, readonly number[]>>): void {
  const header: Record<string, object> = {};
  const values: number[] = [];
  for (const [name, numbers] of Object.entries(tensors)) {
    const begin = values.length * 4;
    values.push(...numbers);
    header[name] = { dtype: 'F32', shape: [numbers.length], data_offsets: [begin, values.length * 4] };
  }
  writeFileSync(file, rawSafetensors(header, new Uint8Array(Float32Array.from(values).buffer)));
}
