import { toCsv } from '../../src/shared/heatmap/valueTable';
import { elementCount, type TensorRow } from '../../src/shared/model/tensorTable';

/** Tensors in the order they are shown, sizes in bytes; the shape with × so that it stays one value. */
export function tensorsCsv(rows: readonly TensorRow[]): string {
  return toCsv({
    headings: ['name', 'dtype', 'shape', 'parameters', 'bytes', 'offset', 'added', 'problem'],
    rows: rows.map(({ name, dtype, shape, byteLength, byteOffset, added, problem }) => [
      name,
      dtype,
      shape.join('×'),
      String(elementCount(shape)),
      byteLength === null ? '' : String(byteLength),
      byteOffset === null ? '' : String(byteOffset),
      added ? 'yes' : 'no',
      problem ?? '',
    ]),
  });
}
